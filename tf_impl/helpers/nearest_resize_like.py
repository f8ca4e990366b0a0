"""Nearest resizing to the size of another map, in whole numbers."""

from keras import ops


def nearest_resize_like(x, like, half_pixel):
    """Nearest resizing: pixel i of n reads pixel i * m // n of m, or the one under its middle."""
    for axis in (1, 2):
        m, n = ops.shape(x)[axis], ops.shape(like)[axis]
        i = ops.arange(n)
        x = ops.take(x, (2 * i + 1) * m // (2 * n) if half_pixel else i * m // n, axis)
    return x
