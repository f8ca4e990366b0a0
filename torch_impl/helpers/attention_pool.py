"""The sum of a map over its places, each with a weight."""

import torch


def attention_pool(x: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """The sum over the places of each channel, times weights (N, 1, H, W) that all channels share."""
    return torch.matmul(x.flatten(2).unsqueeze(1), weights.flatten(2).unsqueeze(3)).squeeze(1).unsqueeze(3)
