"""Bicubic resizing is PyTorch's own."""

# BicubicResize of the Keras twin is nn.Upsample with mode="bicubic", and bicubic_resize_like is
# nn.functional.interpolate with the size of the other map. Pixel i of n reads the m pixels of a row at the place
#
#     (i + 0.5) * m / n - 0.5
#     i * (m - 1) / (n - 1)              with align_corners=True
#
# and mixes two pixels before that place with two after it. The weight of a pixel depends on how far away it is:
#
#     (a + 2) d^3 - (a + 3) d^2 + 1             up to 1
#     a d^3 - 5 a d^2 + 8 a d - 4 a             from 1 to 2
#
# with a = -0.75, as OpenCV has it. TensorFlow and Keras have a = -0.5, and at the edge they leave out pixels that do
# not exist, where PyTorch repeats the last one. Half way between two pixels the weights are
#
#     -0.09375   0.59375   0.59375   -0.09375          with a = -0.75
#     -0.0625    0.5625    0.5625    -0.0625           with a = -0.5
#
# The cubic of Keys (1981) is exact for parabolas with a = -0.5 alone; a = -0.75 makes edges sharper, and rings more.
#
# So the twin writes the weights out, as a matrix of n rows of m numbers for each axis, of which at most four in a row
# are not zero, and multiplies the map by both. Where a row would read a pixel before the first or after the last, the
# weight is added to that of the edge. The rows come first and the columns after them; the order makes no difference
# but for rounding.
#
# The sum of the weights is 1 wherever the place is: a map of one colour stays as it is. Weights below zero can take
# a pixel beyond the darkest and the brightest of those around it.
#
# No number here is trained, and none depends on the image: the matrices follow from the two sizes and the rule.
#
#
