"""The fusion of maps by weights that a softmax makes shares of."""

import torch


def softmax_weighted_sum(weights: torch.Tensor, *maps: torch.Tensor) -> torch.Tensor:
    """The sum of maps, each times its share of the softmax of the weights."""
    weights = torch.softmax(weights, -1)[..., None, None, None]
    return sum(x * weight for x, weight in zip(maps, weights.unbind(-4), strict=True))
