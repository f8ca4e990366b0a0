"""Average pooling that counts what lies inside is PyTorch's own."""

# CountedAveragePooling2D of the Keras twin is nn.AvgPool2d with ceil_mode=True or count_include_pad=False.
#
# Both change what a mean is divided by. In ceil mode a last window may reach beyond the padded image; what it reaches
# there adds nothing, and does not count either. Of the padding itself, count_include_pad says whether it counts. A row
# of eight numbers under a kernel of 3 and a stride of 2, in ceil mode:
#
#     padding                0                    1                    1
#     count_include_pad      -                    True                 False
#     windows                123 345 567 78       .12 234 456 678 8.   .12 234 456 678 8.
#     means                  2   4   6   7.5      1   3   5   7   4    1.5 3   5   7   8
#
# A point stands for a place of the padding. A window that would start after the last number of the image is left out,
# so that no mean is ever taken over padding alone.
#
# layers.AveragePooling2D has no ceil mode, and it never counts what its "same" adds; zeros of layers.ZeroPadding2D
# always count. So the twin writes the rule out:
#
#     the mean of the image with zeros all around
#     -------------------------------------------
#     the same mean of an image of ones
#
# with ones in the padding as well where it counts, and zeros in what a last window reaches beyond it. How far that is
# depends on the size of the image, which the twin looks up when it runs:
#
#     (windows - 1) * stride + kernel - (before + size + after)
