"""Average pooling after uneven padding is two layers in Keras."""

# AvgPool2dPadded of the PyTorch twin is layers.ZeroPadding2D and
# layers.AveragePooling2D, one after the other, or where the padding
# does not count, CountedAveragePooling2D.
#
# The `padding` of nn.AvgPool2d takes one number for both ends of an
# axis, of at most half the kernel; for other pads the twin pads by
# itself. PyTorch writes pads as (left, right, top, bottom), the last
# axis first, where Keras writes ((top, bottom), (left, right)).
# Where the padding does not count, the twin divides by the mean of
# an image of ones, padded in the same way: the share of the window
# that lies inside.
#
