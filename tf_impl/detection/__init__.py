"""From a detector's raw maps to boxes, in TensorFlow."""
