"""A transposed convolution with PyTorch's pads, output padding and groups."""

from keras import layers, ops


class TransposedConv2D(layers.Layer):
    """A transposed convolution that cuts `padding` off on every side, after zeros for `output_padding` at the end."""

    def __init__(self, inputs, channels, kernel, strides=1, padding=0, output_padding=0, groups=1, bias=True):
        super().__init__()
        pairs = ((value, value) if isinstance(value, int) else value for value in (kernel, strides))
        self.size, self.strides = pairs
        self.weight = self.add_weight((*self.size, channels // groups, inputs), "he_normal")
        self.bias = self.add_weight((channels,), "zeros") if bias else None
        self.padding, self.output_padding, self.groups = padding, output_padding, groups

    def call(self, x):
        y = ops.conv_transpose(x, across_groups(self.weight, self.groups), self.strides, "valid")
        y = cropped(y, x.shape, self.size, self.strides, self.padding, self.output_padding)
        return y if self.bias is None else y + self.bias


def across_groups(kernel, groups):
    """One kernel (H, W, O, I) for all groups, with zeros from each group to the others."""
    inside, outside = kernel.shape[3] // groups, kernel.shape[2]
    own = [[o // outside == i // inside for i in range(inside * groups)] for o in range(outside * groups)]
    return kernel if groups == 1 else ops.tile(kernel, (1, 1, groups, 1)) * ops.convert_to_tensor(own, kernel.dtype)


def cropped(y, shape, kernel, strides, padding, output_padding):
    """A whole transposed convolution `y` of a map of this shape, with zeros at the end, and without its pads."""
    pads, extra = ((value, value) if isinstance(value, int) else value for value in (padding, output_padding))
    sizes = [
        (n - 1) * s + k - 2 * p + e for n, s, k, p, e in zip(shape[1:3], strides, kernel, pads, extra, strict=True)
    ]
    y = ops.pad(y, ((0, 0), (0, extra[0]), (0, extra[1]), (0, 0)))
    return y[:, pads[0] : pads[0] + sizes[0], pads[1] : pads[1] + sizes[1]]
