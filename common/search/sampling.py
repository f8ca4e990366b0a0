"""Networks drawn from the probabilities that a search has found, within a budget."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..spec import Array
from .costs import Costs

DRAWS = 4096
"""Networks that are drawn at a time."""
TILTS = 24


def within(
    probabilities: Sequence[Array], costs: Costs, budget: float, count: int, seed: int
) -> tuple[list[tuple[int, ...]], float]:
    """Up to `count` different networks that cost no more than the budget, as the places of their candidates.

    They are drawn from the probabilities. Where thousands of draws give none, these are tilted towards cheap
    candidates, p * exp(-tilt * cost / budget), as little as it takes; the tilt is the second answer, else 0. The
    cheapest network must meet the budget.
    """
    random, tilt = np.random.default_rng([seed, 1]), 0.0
    for turn in range(TILTS):
        tilt = 2.0 ** (turn - 1) if turn else 0.0
        found = _drawn(probabilities, costs, budget, count, tilt, random)
        if found:
            return found, tilt
    return [tuple(int(np.argmin(cost)) for cost in costs.layers)], tilt


def _drawn(
    probabilities: Sequence[Array], costs: Costs, budget: float, count: int, tilt: float, random: np.random.Generator
) -> list[tuple[int, ...]]:
    columns = []
    for p, cost in zip(probabilities, costs.layers, strict=True):
        weight = p * np.exp(-tilt * (cost - cost.min()) / budget)
        columns.append(random.choice(len(p), size=DRAWS, p=weight / weight.sum()))
    rows = np.stack(columns, axis=1)
    spent = costs.fixed + sum(cost[column] for cost, column in zip(costs.layers, columns, strict=True))
    kept = [tuple(map(int, row)) for row in rows[spent <= budget]]
    return list(dict.fromkeys(kept))[:count]
