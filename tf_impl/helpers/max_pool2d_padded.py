"""Max pooling after uneven padding is two layers in Keras."""

# MaxPool2dPadded of the PyTorch twin is InfinitePadding2D and
# layers.MaxPooling2D, one after the other.
#
# The `padding` of nn.MaxPool2d takes one number for both ends of an
# axis, of at most half the kernel; for other pads the twin pads by
# itself, also with minus infinity. PyTorch writes pads as (left,
# right, top, bottom), the last axis first, where Keras writes ((top,
# bottom), (left, right)).
#
