"""From a detector's raw maps to boxes, in NumPy; the twins stand in the folders of the same name."""
