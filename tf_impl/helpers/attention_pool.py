"""The sum of a map over its places, each with a weight."""

from keras import ops


def attention_pool(x, weights):
    """The sum over the places of each channel, times weights (N, H, W, 1) that all channels share."""
    return ops.sum(x * weights, (1, 2), keepdims=True)
