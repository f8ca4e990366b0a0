"""The fast normalised fusion of BiFPN."""

from keras import ops


def fast_weighted_sum(weights, *maps, eps):
    """The sum of maps, each times the share of its weight, of which none counts as less than zero."""
    weights = ops.relu(weights)[..., None, None, None]
    total = ops.sum(weights, -4) + eps
    return sum(x * weight / total for x, weight in zip(maps, ops.unstack(weights, axis=-4), strict=True))
