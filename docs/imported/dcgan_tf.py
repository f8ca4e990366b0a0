"""Generator in Keras, line for line the twin of its PyTorch file."""

import keras
from keras import Sequential, layers, ops


class Generator(keras.Model):
    def __init__(self, in_channels=3):
        super().__init__()
        main = [
            TransposedConv2D(in_channels, 8, 4, bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
            TransposedConv2D(8, 8, 4, strides=2, padding=1, bias=False),
            layers.GroupNormalization(8, epsilon=1e-5),
            layers.ELU(1.0),
            OwnPadding2D((1, 1, 1, 1), "reflect"),
            layers.Conv2D(8, 3),
            PixelShuffle(2),
            layers.Activation("tanh"),
        ]
        self.main = Sequential(main)
        self.crop = layers.Cropping2D(((1, 2), (3, 0)))
        self.resize = BicubicResize(274, False)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.main(x)
        return self.resize(self.crop(x))


class BicubicResize(layers.Layer):
    """Bicubic resizing to (height, width), one axis after the other."""

    def __init__(self, size, align_corners):
        super().__init__()
        self.size = (size, size) if isinstance(size, int) else size
        self.align_corners = align_corners

    def call(self, x):
        for axis, equation in ((1, "nm,bmwc->bnwc"), (2, "nm,bhmc->bhnc")):
            matrix = cubic(x.shape[axis], self.size[axis - 1], self.align_corners)
            x = ops.einsum(equation, ops.convert_to_tensor(matrix, x.dtype), x)
        return x


def bicubic_resize_like(x, like, align_corners):
    """Bicubic resizing to the height and width of another map."""
    return BicubicResize(like.shape[1:3], align_corners).call(x)


def cubic(m, n, align_corners, a=-0.75):
    """The weights of m pixels at each of n places: of two pixels before it and two after it, or of the edge."""
    rows = [[0.0] * m for _ in range(n)]
    for i, row in enumerate(rows):
        at = i * (m - 1) / max(n - 1, 1) if align_corners else (i + 0.5) * m / n - 0.5
        for step in range(-1, 3):
            away = abs(at // 1 + step - at)
            near, far = ((a + 2) * away - (a + 3)) * away**2 + 1, ((away - 5) * away + 8) * away * a - 4 * a
            row[min(max(int(at // 1) + step, 0), m - 1)] += near if away <= 1 else far
    return rows


class OwnPadding2D(layers.Layer):
    """A frame (top, bottom, left, right) of numbers that are reflected, repeated or taken from the other end."""

    def __init__(self, pads, mode):
        super().__init__()
        self.pads, self.mode = (pads[:2], pads[2:]), mode

    def call(self, x):
        for axis in (1, 2):
            (before, after), n = self.pads[axis - 1], x.shape[axis]
            places = range(-before, n + after)
            last = n - 1
            reflected = [last - abs(last - abs(i)) for i in places]
            repeated = [min(max(i, 0), last) for i in places]
            around = [i % n for i in places]
            x = ops.take(x, {"reflect": reflected, "replicate": repeated, "circular": around}[self.mode], axis)
        return x


class PixelShuffle(layers.Layer):
    """Channels that stand side by side as squares of block x block numbers."""

    def __init__(self, block):
        super().__init__()
        self.block = block

    def call(self, x):
        (_, h, w, c), b = x.shape, self.block
        squares = ops.reshape(x, (-1, h, w, c // (b * b), b, b))
        return ops.reshape(ops.transpose(squares, (0, 1, 4, 2, 5, 3)), (-1, h * b, w * b, c // (b * b)))


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
