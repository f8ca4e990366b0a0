"""What is computed on a network's outputs, in NumPy; the twins stand in the folders of the same name."""
