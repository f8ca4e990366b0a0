"""The state of an optimiser in Keras; see `common.training.state`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...common.errors import DiptychError
from ...common.layouts import to_canonical, to_framework
from ...common.spec import Array, Net
from ...common.training.optimisers import Optimiser
from ...common.training.state import State, checked_state, scaled
from ..state import variables
from .known import kept_rule
from .optimiser import Twin

SLOTS = {
    "SGD": {"velocity": "momentums"},
    "Adam": {"mean": "_momentums", "square": "_velocities", "largest": "_velocity_hats"},
    "RMSprop": {"square": "_velocities", "mean": "_average_gradients", "velocity": "_momentums"},
    "Adagrad": {"sum": "_accumulators"},
    "LAMB": {"mean": "_momentums", "square": "_velocities"},
}
"""Where Keras's optimisers have the slots."""


def read_state(optimizer: Any, model: Any, net: Net, scheduler: Any = None) -> State:
    """What an optimiser of a model that diptych built keeps; Keras has no scheduler beside it."""
    rule, slots = _rule(optimizer, scheduler), dict[str, dict[str, Array]]()
    step = int(optimizer.iterations)
    for slot, name, weight, variable, axes in _variables(optimizer, rule, model, net):
        factor = scaled(rule, step) if slot == "velocity" else 1.0
        slots.setdefault(slot, {})[name] = to_canonical(variable.numpy(), weight, axes) / factor
    return State(step, slots)


def write_state(optimizer: Any, model: Any, net: Net, state: State, scheduler: Any = None) -> None:
    """Give an optimiser of a model that diptych built a state; raises DiptychError where it does not fit."""
    rule = _rule(optimizer, scheduler)
    checked_state(rule, state, {name: tuple(map(int, weight.shape)) for name, weight in net.weights.items()})
    for slot, name, weight, variable, axes in _variables(optimizer, rule, model, net):
        if name in state.slots.get(slot, {}):
            factor = scaled(rule, state.step) if slot == "velocity" else 1.0
            variable.assign(to_framework(state.slots[slot][name] * factor, weight, axes))
    optimizer._iterations.assign(state.step * rule.accumulate)


def _variables(optimizer: Any, rule: Optimiser, model: Any, net: Net) -> Iterator[tuple[str, str, Any, Any, str]]:
    """(slot, canonical name, weight, the optimiser's variable, its axes) of all that it keeps."""
    if not optimizer.built:
        raise DiptychError("the optimiser has no variables yet; make it with diptych.training.optimiser")
    names = {slot: slot for slot in rule.kept} if isinstance(optimizer, Twin) else SLOTS[type(rule).__name__]
    for slot in rule.kept:
        own = optimizer._kept[slot] if isinstance(optimizer, Twin) else getattr(optimizer, names[slot])
        for name, weight, variable, axes in variables(model, net):
            if weight.kind == "trainable" and optimizer._var_key(variable) in optimizer._trainable_variables_indices:
                yield slot, name, weight, own[optimizer._get_variable_index(variable)], axes


def _rule(optimizer: Any, scheduler: Any) -> Optimiser:
    rule = kept_rule(optimizer, scheduler)
    if rule is None:
        raise DiptychError(f"{type(optimizer).__name__} is no optimiser whose state is known")
    return rule
