"""What is computed on a network's outputs, in TensorFlow."""
