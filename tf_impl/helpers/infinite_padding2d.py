"""Padding with minus infinity, as PyTorch's max pooling has it.

See `diptych traps`: `max_pool_pads_with_minus_infinity`.
"""

from keras import layers, ops


class InfinitePadding2D(layers.ZeroPadding2D):
    """Padding with minus infinity, which never wins a maximum; a zero would, where all numbers are negative."""

    def call(self, x):
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=float("-inf"))
