"""What an optimiser keeps of each weight, so that a run that was begun in one framework goes on in the other.

Slots have the names of `optimisers` and canonical weight names and axes. A velocity is kept without its rate, as
PyTorch has it: `v = m v + g`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import DiptychError
from ..spec import Array
from .optimisers import SGD, Optimiser, RMSprop


@dataclass(frozen=True)
class State:
    """How many updates were made, and slot -> canonical name -> array."""

    step: int
    slots: Mapping[str, Mapping[str, Array]]


def scaled(rule: Optimiser, step: int) -> float:
    """What a velocity of this rule is multiplied with: 1, or the rate of the last update where it stands inside."""
    if not isinstance(rule, (SGD, RMSprop)) or rule.velocity == "outside":
        return 1.0
    rate = rule.schedule.at(max(step - 1, 0))
    return -rate if isinstance(rule, SGD) else rate


def checked_state(rule: Optimiser, state: State, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise DiptychError where a state does not fit a rule and its weights."""
    missing = [slot for slot in rule.kept if slot not in state.slots]
    if missing and state.step:
        raise DiptychError(
            f"the state has {', '.join(state.slots) or 'nothing'} and no {missing[0]!r}, which "
            f"{type(rule).__name__} keeps"
        )
    for slot in rule.kept:
        for name, array in state.slots.get(slot, {}).items():
            if name not in shapes:
                raise DiptychError(f"the state has a {slot} of {name}, which the optimiser does not have")
            if tuple(np.shape(array)) != tuple(shapes[name]):
                raise DiptychError(f"the {slot} of {name} has the shape {np.shape(array)}, expected {shapes[name]}")
