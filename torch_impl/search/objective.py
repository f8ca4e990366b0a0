"""The loss of FBNet's search in PyTorch; see `common.search.objective`."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def shares(theta: torch.Tensor, gumbel: torch.Tensor, temperature: torch.Tensor) -> torch.Tensor:
    """The share of each candidate of a layer: softmax((theta + gumbel) / temperature)."""
    return torch.softmax((theta + gumbel) / temperature, dim=-1)


def latency(
    thetas: Sequence[torch.Tensor],
    draws: Sequence[torch.Tensor],
    temperature: torch.Tensor,
    costs: Sequence[torch.Tensor],
    fixed: torch.Tensor,
) -> torch.Tensor:
    """What the mixed network costs: the fixed part, and over all layers the shares times the costs of the candidates.

    The unit is that of the costs; `value` takes a number above 1.
    """
    found = fixed
    for theta, draw, cost in zip(thetas, draws, costs, strict=True):
        found = found + torch.sum(shares(theta, draw, temperature) * cost)
    return found


def value(cross_entropy: torch.Tensor, latency: torch.Tensor, alpha: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
    """The loss: cross_entropy * alpha * ln(latency)**beta."""
    return cross_entropy * alpha * torch.log(latency) ** beta
