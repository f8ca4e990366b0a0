"""A vector becomes a map by layers.Reshape in Keras."""

# UnflattenLast of the PyTorch twin is layers.Reshape((H, W, C)).
#
# A vector becomes a map with its numbers in the order of rows, columns
# and channels, since the channels stand last here. A view of PyTorch
# has the channels first, so that the same vector would be another map:
# the twin takes the order of Keras, and moves the channels to the
# front after it.
#
# Generators and decoders begin like this, after a linear layer.
