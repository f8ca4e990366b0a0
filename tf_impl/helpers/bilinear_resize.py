"""Bilinear resizing, written out: TensorFlow's own is float32 at any dtype.

See `diptych traps`: `bilinear_in_float64`.
"""

from keras import layers, ops


class BilinearResize(layers.Layer):
    """Bilinear resizing to (height, width), one axis after the other."""

    def __init__(self, size, align_corners):
        super().__init__()
        self.size = (size, size) if isinstance(size, int) else size
        self.align_corners = align_corners

    def call(self, x):
        for axis, n in ((1, self.size[0]), (2, self.size[1])):
            m = x.shape[axis]
            scale, shift = ((m - 1) / max(n - 1, 1), 0) if self.align_corners else (m / n, 0.5)
            at = [min(max((i + shift) * scale - shift, 0), m - 1) for i in range(n)]
            part = ops.reshape(ops.convert_to_tensor([u - int(u) for u in at], x.dtype), (-1, *[1] * (3 - axis)))
            after = ops.take(x, [min(int(u) + 1, m - 1) for u in at], axis)
            x = ops.take(x, [int(u) for u in at], axis) * (1 - part) + after * part
        return x
