"""Average pooling that counts what lies inside is PyTorch's own."""

# CountedAveragePooling2D of the Keras twin is nn.AvgPool2d with ceil_mode=True or count_include_pad=False.
#
# Both change what a mean is divided by. In ceil mode a last window may reach beyond the padded image; what it reaches
# there adds nothing, and does not count either. Of the padding itself, count_include_pad says whether it counts. In the
# row 1 ... 8 under a kernel of 3 and a stride of 2, the last mean is (7 + 8) / 2 = 7.5.
#
# layers.AveragePooling2D never counts what its "same" adds and has no ceil mode, so the twin takes the mean with zeros
# all around, and divides it by the mean of an image that is one wherever a place counts.
#
#
#
#
#
#
#
#
#
#
#
#
#
#
#
#
#
