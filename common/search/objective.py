"""The loss of FBNet's search (Wu et al. 2018, equations 2, 3 and 5) in NumPy, the meaning that both frameworks have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..spec import Array


def shares(theta: Array, gumbel: Array, temperature: float) -> Array:
    """The share of each candidate of a layer: softmax((theta + gumbel) / temperature)."""
    warm = (theta + gumbel) / temperature
    found = np.exp(warm - np.max(warm))
    return np.asarray(found / found.sum())


def latency(
    thetas: Sequence[Array], draws: Sequence[Array], temperature: float, costs: Sequence[Array], fixed: float
) -> float:
    """What the mixed network costs: the fixed part, and over all layers the shares times the costs of the candidates.

    The unit is that of the costs; `value` takes a number above 1.
    """
    found = fixed
    for theta, draw, cost in zip(thetas, draws, costs, strict=True):
        found = found + np.sum(shares(theta, draw, temperature) * cost)
    return found


def value(cross_entropy: float, latency: float, alpha: float, beta: float) -> float:
    """The loss: cross_entropy * alpha * ln(latency)**beta."""
    return float(cross_entropy * alpha * np.log(latency) ** beta)
