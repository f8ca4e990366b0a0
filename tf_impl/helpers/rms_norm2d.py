"""Normalisation by the root mean square of the channels of a map is Keras's own."""

# RMSNorm2d of the PyTorch twin is layers.RMSNormalization, which
# normalises the last axis: the channels, here. nn.RMSNorm
# normalises the last axis too, where PyTorch has the columns; and
# where no eps is given it adds the smallest step of the dtype, which
# is another number in float64.
