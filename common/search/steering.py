"""How a budget steers the loss of FBNet, which has none: beta follows the expected cost."""

from __future__ import annotations

import math
from dataclasses import replace

from .setting import Objective

REACH = 16.0
"""By how much beta may grow or shrink, as a factor."""
RISE, FALL = 2.0, 0.25
"""The factors by which it may do so in one epoch: it falls faster, lest the cost fall far below the budget."""


def steered(objective: Objective, first: Objective, expected: float, budget: float) -> Objective:
    """The loss of the next epoch: beta times the square of the expected cost over the budget, within bounds.

    alpha goes the other way, so that the loss of a network of the expected cost stays what it was with the first beta:
    what is moved is what latency weighs against cross-entropy, and no rate.

    >>> steered(Objective(), Objective(), 120.0, 100.0).beta
    0.864
    """
    pull = min(max((expected / budget) ** 2, FALL), RISE)
    beta = min(max(objective.beta * pull, first.beta / REACH), first.beta * REACH)
    return replace(objective, beta=beta, alpha=first.alpha * math.log(expected) ** (first.beta - beta))
