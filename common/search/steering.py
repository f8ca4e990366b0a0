"""How a budget steers the loss of FBNet, which has none: beta follows the expected cost."""

from __future__ import annotations

import math
from dataclasses import replace

from .setting import Objective

REACH = 32.0
"""By how much beta may grow or shrink, as a factor."""
FASTEST = 2.0
"""By how much it may in one epoch."""


def steered(objective: Objective, first: Objective, expected: float, budget: float) -> Objective:
    """The loss of the next epoch: beta times the expected cost over the budget, within bounds.

    alpha goes the other way, so that the loss of a network of the expected cost stays what it was with the first beta:
    what is moved is what latency weighs against cross-entropy, and no rate.

    >>> steered(Objective(), Objective(), 150.0, 100.0).beta
    0.9
    """
    pull = min(max(expected / budget, 1 / FASTEST), FASTEST)
    beta = min(max(objective.beta * pull, first.beta / REACH), first.beta * REACH)
    return replace(objective, beta=beta, alpha=first.alpha * math.log(expected) ** (first.beta - beta))
