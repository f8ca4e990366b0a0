"""Padded in Keras, line for line the twin of its PyTorch file."""

import keras
from keras import Sequential, layers, ops


class Padded(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = padded(((0, 1), (1, 2)), layers.Conv2D(4, 3, strides=2))
        self.pad = ConstantPadding2D(((1, 0), (0, 1)), 0.5)
        self.max_pool = layers.MaxPooling2D(3, 2, padding="same")
        self.down = layers.Conv2D(4, 3, strides=2, padding="same")
        self.even = layers.Conv2D(4, (2, 4), padding="same")

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.max_pool(self.pad(self.conv(x)))
        x = ops.hard_silu(self.down(x))
        return self.even(x)


class ConstantPadding2D(layers.ZeroPadding2D):
    """A frame of one number."""

    def __init__(self, padding, value):
        super().__init__(padding)
        self.value = value

    def call(self, x):
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=self.value)


# Conv2dPadded of the PyTorch twin is layers.ZeroPadding2D and a convolution without
# padding, one after the other.
#
# Uneven zeros, such as ((0, 1), (0, 1)) for rows and columns, are what SAME means for
# a kernel of 3 at stride 2 on an even size. Written out as numbers they stay the same
# at an odd size, where SAME would ask for ((1, 1), (1, 1)). PyTorch writes pads as
# (left, right, top, bottom), the last axis first, where Keras writes ((top, bottom),
# (left, right)); the `padding` of nn.Conv2d takes one number for both ends of an
# axis.


# Conv2dSame of the PyTorch twin is layers.Conv2D, or layers.DepthwiseConv2D, with padding="same". A window of kernel k
# and dilation d extends over (k - 1) * d + 1 rows.
#
# At stride 1 and an odd extent SAME puts (extent - 1) / 2 zeros on every side, as PyTorch's `padding` would do; at
# stride 2 an even size makes the difference: a kernel of 3 gets no zero above and one below, a kernel of 7 gets two
# above and three below.


# MaxPool2dSame of the PyTorch twin is layers.MaxPooling2D with padding="same".
#
# The places that SAME adds never win a maximum, whatever the sign of the numbers: the
# twin pads with minus infinity. nn.MaxPool2d pads with it too, but the same number of
# places at both ends, so that at an even size and stride 2 its windows stand one pixel
# off.


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])


# SAME padding is built into Keras, and its PyTorch twin writes it out here: n rows under a stride become ceil(n /
# stride), and what the last window of `extent` rows lacks is added,
#
#     total = max((ceil(n / stride) - 1) * stride + extent - n, 0)
#
# half of it above and half below, the odd one below; columns likewise. The `padding` of PyTorch's layers is the same at
# both ends, so that wherever `total` is odd its windows would stand one pixel off. What is added counts as zero in a
# convolution, and not at all in a pool.
