"""The sum of what the candidates of a layer make, in a network that is searched for."""

from keras import layers, ops


class MixedSum(layers.Layer):
    """The sum of maps, each times its share: the softmax of (theta + gumbel) / temperature."""

    def __init__(self, candidates):
        super().__init__()
        self.theta = self.add_weight((candidates,), "zeros")
        self.gumbel = self.add_weight((candidates,), "zeros", trainable=False)
        self.temperature = self.add_weight((1,), "ones", trainable=False)

    def call(self, *maps):
        return mixed_sum(maps, self.theta, self.gumbel, self.temperature)


def mixed_sum(maps, theta, gumbel, temperature):
    """The same, with the weights given."""
    shares = ops.softmax((theta + gumbel) / temperature, -1)
    return sum(x * share for x, share in zip(maps, ops.unstack(shares, axis=-1), strict=True))
