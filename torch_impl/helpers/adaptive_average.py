"""Adaptive average pooling is PyTorch's own."""

# AdaptiveAverage of the Keras twin is nn.AdaptiveAvgPool2d: output i of n is the mean over the rows i * m // n ...
# ceil((i + 1) * m / n) - 1 of m, and columns likewise.
#
# Keras has layers.AdaptiveAveragePooling2D, which cannot run in a graph where an output size is 1; the twin takes it
# for other sizes. Here it multiplies the map by a matrix of shares for each axis.
#
#
#
#
#
#
#
#
#
