"""The channels over their Euclidean norm: layers.UnitNormalization has no epsilon to choose."""

from keras import layers, ops


class UnitNorm(layers.Layer):
    """The channels over their Euclidean norm, or over eps where that is larger."""

    def __init__(self, eps):
        super().__init__()
        self.eps = eps

    def call(self, x):
        return ops.normalize(x, epsilon=self.eps)
