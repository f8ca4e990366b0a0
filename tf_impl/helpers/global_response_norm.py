"""Global response normalisation."""

from keras import layers, ops


class GlobalResponseNorm(layers.Layer):
    """x + bias + weight * x * n, with n the size of each channel over all places, divided by the mean of the sizes."""

    def __init__(self, channels, eps=1e-6):
        super().__init__()
        self.weight = self.add_weight((channels,), "zeros")
        self.bias = self.add_weight((channels,), "zeros")
        self.eps = eps

    def call(self, x):
        return global_response_norm(x, self.weight, self.bias, self.eps)


def global_response_norm(x, weight, bias, eps):
    """The same, with the weights given."""
    size = ops.sqrt(ops.sum(ops.square(x), (1, 2), keepdims=True))
    share = size / (ops.mean(size, -1, keepdims=True) + eps)
    return x + (x * share * weight + bias)
