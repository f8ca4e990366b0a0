"""Average pooling whose divisor is not the area of the window, written out.

See `diptych traps`: `average_pool_ceil_mode_divisor`, `average_pool_leaves_padding_out`.
"""

from keras import layers, ops


class CountedAveragePooling2D(layers.Layer):
    """Average pooling whose divisor counts the padding (top, bottom, left, right) or not, and never what hangs over."""

    def __init__(self, kernel, stride, pads=(0, 0, 0, 0), ceil_mode=False, include_pad=True):
        super().__init__()
        self.kernel, self.stride = ((size, size) if isinstance(size, int) else size for size in (kernel, stride))
        self.pads, self.ceil_mode, self.include_pad = (pads[:2], pads[2:]), ceil_mode, include_pad

    def call(self, x):
        beyond = [self.overhang(axis, x.shape[1 + axis]) if self.ceil_mode else 0 for axis in (0, 1)]
        inside = ops.pad(
            ops.ones((1, *x.shape[1:3], 1), x.dtype), ((0, 0), *self.pads, (0, 0)), "constant", self.include_pad
        )
        share = ops.average_pool(
            ops.pad(inside, ((0, 0), (0, beyond[0]), (0, beyond[1]), (0, 0))), self.kernel, self.stride
        )
        around = [(before, after + more) for (before, after), more in zip(self.pads, beyond, strict=True)]
        return ops.average_pool(ops.pad(x, ((0, 0), *around, (0, 0))), self.kernel, self.stride) / share

    def overhang(self, axis, size):
        """How far the last window reaches beyond the padded rows or columns."""
        (before, after), kernel, stride = self.pads[axis], self.kernel[axis], self.stride[axis]
        count = -(-(size + before + after - kernel) // stride) + 1
        count -= (count - 1) * stride >= size + before
        return max((count - 1) * stride + kernel - (size + before + after), 0)
