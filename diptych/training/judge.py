"""The third opinion of an update: what the rule means in NumPy, from the weights and the gradients of one side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..common.spec import Array
from ..common.training.clipping import clipped
from ..common.training.optimisers import Optimiser
from ..common.training.rules import RULES, Slots


@dataclass
class Judge:
    """A rule that is followed along with a side; each update begins at the side's own weights."""

    rule: Optimiser
    spared: frozenset[str] = frozenset()
    batches: int = 0
    updates: int = 0
    _sums: dict[str, Array] = field(default_factory=dict)
    _slots: dict[str, Slots] = field(default_factory=dict)
    averages: dict[str, Array] = field(default_factory=dict)

    def step(self, weights: Mapping[str, Array], gradients: Mapping[str, Array]) -> dict[str, Array]:
        """The weights after a batch of these gradients; those that have none are left out."""
        self.batches += 1
        for name, gradient in gradients.items():
            share = gradient if self.rule.accumulate == 1 else gradient / self.rule.accumulate
            self._sums[name] = self._sums[name] + share if name in self._sums else share
        if self.batches % self.rule.accumulate:
            return {name: weights[name] for name in gradients}
        sums, self._sums = self._sums, {}
        if self.rule.clip is not None:
            sums = dict(zip(sums, clipped(self.rule.clip, list(sums.values())), strict=True))
        rate = self.rule.schedule.at(self.updates)
        self.updates += 1
        return {name: self._one(name, weights[name], gradient, rate) for name, gradient in sums.items()}

    def _one(self, name: str, weight: Array, gradient: Array, rate: float) -> Array:
        first = getattr(self.rule, "first", 0.0)
        begun = {slot: np.full_like(weight, first if slot in ("square", "sum") else 0.0) for slot in self.rule.kept}
        slots, decay = self._slots.get(name, begun), self.rule.decayed_where(name in self.spared)
        update: Any = RULES[type(self.rule)]
        updated: tuple[Array, Slots] = update(self.rule, weight, gradient, slots, rate, self.updates, decay)
        found, self._slots[name] = updated
        if self.rule.average is not None:
            old, decay = self.averages.get(name, found), self.rule.average
            self.averages[name] = decay * old + (1 - decay) * found
        return found
