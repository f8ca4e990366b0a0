"""Nearest resizing in whole numbers."""

from keras import layers, ops


class NearestResize(layers.Layer):
    """Nearest resizing to (height, width): pixel i of n reads pixel i * m // n of m, or the one under its middle."""

    def __init__(self, size, half_pixel):
        super().__init__()
        self.size = (size, size) if isinstance(size, int) else size
        self.half_pixel = half_pixel

    def call(self, x):
        for axis, n in ((1, self.size[0]), (2, self.size[1])):
            m = x.shape[axis]
            x = ops.take(x, [(2 * i + 1) * m // (2 * n) if self.half_pixel else i * m // n for i in range(n)], axis)
        return x
