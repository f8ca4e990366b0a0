"""A convolution with a stride and a dilation is PyTorch's own."""

# SkippingPadding2D of the Keras twin stands before a convolution that has both a stride and a dilation in
# nn.Conv2d, which TensorFlow does not take. Where both are 2, all that is read of the padded map are its
# rows and columns 0, 2, 4, ...: the twin takes these, and what is left is a convolution of stride 1 and
# dilation 1. In general it takes off what divides both numbers, on either axis. PyTorch's `padding` is the
# same at both ends; the twin's is (top, bottom, left, right).
#
#     rows          0  1  2  3  4  5  6
#     window 0      x     x     x
#     window 1            x     x     x
