"""A convolution after uneven padding is two layers in Keras."""

# Conv2dPadded of the PyTorch twin is layers.ZeroPadding2D and a convolution without
# padding, one after the other.
#
# Uneven zeros, such as ((0, 1), (0, 1)) for rows and columns, are what SAME means for
# a kernel of 3 at stride 2 on an even size. Written out as numbers they stay the same
# at an odd size, where SAME would ask for ((1, 1), (1, 1)). PyTorch writes pads as
# (left, right, top, bottom), the last axis first, where Keras writes ((top, bottom),
# (left, right)); the `padding` of nn.Conv2d takes one number for both ends of an
# axis.
