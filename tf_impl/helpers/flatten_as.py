"""A map becomes a vector by layers.Flatten in Keras."""

# FlattenAs of the PyTorch twin is layers.Flatten(), after a
# layers.Permute where that is not in the order of Keras.
#
# A flattened map has rows outside, then columns, then channels
# here, and channels outside there. Where a linear layer comes
# next its kernel makes up for that; where anything else does,
# the twin takes the order of Keras.
#
#
