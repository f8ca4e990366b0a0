"""Adaptive max pooling, written out: Keras's own cannot run in a graph at every size."""

from keras import layers, ops


class AdaptiveMax(layers.Layer):
    """The maximum of rows i * m // n ... ceil((i + 1) * m / n) - 1 for each i of n, and so for columns."""

    def __init__(self, size):
        super().__init__()
        self.size = (size, size) if isinstance(size, int) else size

    def call(self, x):
        for axis in (1, 2):
            m, n = x.shape[axis], self.size[axis - 1]
            windows = [list(range(i * m // n, -(-(i + 1) * m // n))) for i in range(n)]
            parts = [ops.max(ops.take(x, window, axis), axis, keepdims=True) for window in windows]
            x = ops.concatenate(parts, axis)
        return x
