"""Bicubic resizing by PyTorch's cubic, which is not that of TensorFlow.

See `diptych traps`: `bicubic_kernel`.
"""

from keras import layers, ops


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
