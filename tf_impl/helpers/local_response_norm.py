"""Local response normalisation, written out: TensorFlow's knows neither even sizes nor float64.

See `diptych traps`: `local_response_norm_in_float64`, `local_response_norm_of_even_size`.
"""

from keras import layers, ops


class LocalResponseNorm(layers.Layer):
    """x / (k + alpha / size * sum of x ** 2) ** beta over the channels c - size // 2 ... c + (size - 1) // 2."""

    def __init__(self, size, alpha=1e-4, beta=0.75, k=1.0):
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def call(self, x):
        around = ((0, 0), (0, 0), (0, 0), (self.size // 2, (self.size - 1) // 2))
        squares = ops.pad(ops.square(x), around)
        total = sum(squares[..., i : i + x.shape[-1]] for i in range(self.size))
        return x / ops.power(self.k + self.alpha / self.size * total, self.beta)
