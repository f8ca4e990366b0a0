"""Adaptive max pooling is PyTorch's own."""

# AdaptiveMax of the Keras twin is nn.AdaptiveMaxPool2d: output i of n is the maximum of the rows
#
#     i * m // n ... ceil((i + 1) * m / n) - 1
#
# of m, and columns likewise. From 5 rows to 3 these are rows 0 and 1, rows 1 to 3, and rows 3 and
# 4: where n does not divide m, neighbouring windows overlap, and differ in size. The maximum of a
# window is that of the maxima of its rows, so that the twin takes the rows first and the columns
# after them, window by window.
#
#
#
#
#
#
