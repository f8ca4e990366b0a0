"""Bilinear resizing to the size of another map, written out: TensorFlow's own is float32 at any dtype."""

from keras import ops


def bilinear_resize_like(x, like, align_corners):
    """Bilinear resizing to the height and width of another map, one axis after the other."""
    for axis in (1, 2):
        sizes = ops.shape(x)[axis], ops.shape(like)[axis]
        m, n = (ops.cast(size, x.dtype) for size in sizes)
        scale, shift = ((m - 1) / ops.maximum(n - 1, 1), 0) if align_corners else (m / n, 0.5)
        at = ops.clip((ops.cast(ops.arange(sizes[1]), x.dtype) + shift) * scale - shift, 0, m - 1)
        low = ops.cast(at, "int32")
        part = ops.reshape(at - ops.cast(low, x.dtype), (-1, *[1] * (3 - axis)))
        x = ops.take(x, low, axis) * (1 - part) + ops.take(x, ops.minimum(low + 1, sizes[0] - 1), axis) * part
    return x
