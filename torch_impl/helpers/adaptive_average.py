"""Adaptive average pooling is PyTorch's own."""

# AdaptiveAverage of the Keras twin is nn.AdaptiveAvgPool2d: output i of n is the mean over the rows
#
#     i * m // n ... ceil((i + 1) * m / n) - 1
#
# of m, and columns likewise. From 5 rows to 3 these are rows 0 and 1, rows 1 to 3, and rows 3 and 4:
# where n does not divide m, neighbouring windows overlap, and differ in size.
#
# Keras has layers.AdaptiveAveragePooling2D, which does the same, but cannot run in a graph where an
# output size is 1. The twin takes it for other sizes, and layers.GlobalAveragePooling2D where both
# are 1. Here it multiplies the map by a matrix of shares for each axis: row i of it has 1 / length at
# the places of window i, and zeros elsewhere:
#     1/2  1/2  0    0    0
#     0    1/3  1/3  1/3  0
#     0    0    0    1/2  1/2
