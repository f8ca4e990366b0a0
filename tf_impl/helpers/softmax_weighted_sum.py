"""The fusion of maps by weights that a softmax makes shares of."""

from keras import ops


def softmax_weighted_sum(weights, *maps):
    """The sum of maps, each times its share of the softmax of the weights."""
    weights = ops.softmax(weights, -1)[..., None, None, None]
    return sum(x * weight for x, weight in zip(maps, ops.unstack(weights, axis=-4), strict=True))
