"""Adaptive average pooling, written out for the sizes that Keras's own cannot run in a graph."""

from keras import layers, ops


class AdaptiveAverage(layers.Layer):
    """The mean over rows i * m // n ... ceil((i + 1) * m / n) - 1 for each i of n, and so for columns."""

    def __init__(self, size):
        super().__init__()
        self.size = (size, size) if isinstance(size, int) else size

    def call(self, x):
        for axis, equation in ((1, "nm,bmwc->bnwc"), (2, "nm,bhmc->bhnc")):
            m, n = x.shape[axis], self.size[axis - 1]
            counted = [[i * m // n <= row < -(-(i + 1) * m // n) for row in range(m)] for i in range(n)]
            shares = [[inside / sum(row) for inside in row] for row in counted]
            x = ops.einsum(equation, ops.convert_to_tensor(shares, x.dtype), x)
        return x
