"""Layer normalisation over the channels of a map is Keras's own."""

# LayerNorm2d of the PyTorch twin is layers.LayerNormalization,
# which normalises the last axis unless told otherwise: the
# channels, here. nn.LayerNorm normalises the last axes too, where
# PyTorch has the columns.
#
