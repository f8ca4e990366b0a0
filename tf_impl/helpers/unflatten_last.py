"""A vector becomes a map by layers.Reshape in Keras."""

# UnflattenLast of the PyTorch twin is layers.Reshape((H, W, C)).
