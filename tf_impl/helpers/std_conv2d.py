"""A convolution with standardised weights."""

from keras import layers, ops

from .grouped_conv import grouped_conv


class StdConv2D(layers.Layer):
    """A convolution whose kernel of each output has mean 0 and variance 1, times `gain * factor` where it has a gain.

    It pads by ((top, bottom), (left, right)) or with "same", where `pads` says so.
    """

    def __init__(self, inputs, channels, kernel, groups=1, use_bias=True, gain=False, **how):
        super().__init__()
        kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
        self.weight = self.add_weight((*kernel, inputs // groups, channels), "he_normal")
        self.bias = self.add_weight((channels,), "zeros") if use_bias else None
        self.gain = self.add_weight((channels,), "ones") if gain else None
        self.groups, self.how = groups, how

    def call(self, x):
        return std_conv(x, self.weight, self.bias, self.gain, self.groups, **self.how)


def std_conv(x, kernel, bias, gain, groups, eps, strides=1, pads=None, dilation=1, factor=1.0):
    """The convolution, with a kernel (H, W, I, O)."""
    mean, variance = ops.moments(kernel, (0, 1, 2), keepdims=True)
    kernel = (kernel - mean) / ops.sqrt(variance + eps) * (1 if gain is None else gain * factor)
    if pads not in (None, "same"):
        pads = (pads, pads) if isinstance(pads, int) else pads
        x = ops.pad(x, ((0, 0), *((n, n) if isinstance(n, int) else n for n in pads), (0, 0)))
    y = grouped_conv(x, kernel, strides, "same" if pads == "same" else "valid", dilation, groups)
    return y if bias is None else y + bias
