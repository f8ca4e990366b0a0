"""The state of an optimiser in PyTorch; see `common.training.state`."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ...common.errors import DiptychError
from ...common.spec import Array, Net
from ...common.training.optimisers import Optimiser
from ...common.training.state import State, checked_state, scaled
from .known import kept_rule
from .optimiser import Twin

SLOTS = {
    "momentum_buffer": "velocity",
    "exp_avg": "mean",
    "exp_avg_sq": "square",
    "max_exp_avg_sq": "largest",
    "square_avg": "square",
    "grad_avg": "mean",
    "sum": "sum",
}
"""What torch.optim calls the slots."""


def read_state(optimizer: Any, model: Any, net: Net, scheduler: Any = None) -> State:
    """What an optimiser of a module that diptych built keeps; SGD counts no steps, so that its scheduler says them."""
    rule = _rule(optimizer, scheduler)
    own = {name: optimizer.state.get(p, {}) for name, p in model.named_parameters() if name in net.weights}
    counted = [int(float(state["step"])) for state in own.values() if "step" in state]
    step = max(counted, default=0 if scheduler is None else int(scheduler.last_epoch))
    slots: dict[str, dict[str, Array]] = {}
    for name, state in own.items():
        for key, value in state.items():
            slot = SLOTS.get(key, key)
            if slot in rule.kept and isinstance(value, torch.Tensor):
                factor = scaled(rule, step) if slot == "velocity" else 1.0
                slots.setdefault(slot, {})[name] = value.detach().cpu().numpy() / factor
    return State(step, slots)


def write_state(optimizer: Any, model: Any, net: Net, state: State, scheduler: Any = None) -> None:
    """Give an optimiser of a module that diptych built a state; raises DiptychError where it does not fit."""
    rule = _rule(optimizer, scheduler)
    weights = {name: p for name, p in model.named_parameters() if name in net.weights}
    checked_state(rule, state, {name: tuple(p.shape) for name, p in weights.items()})
    back = {slot: key for key, slot in SLOTS.items() if type(optimizer) is not Twin and key in _keys(optimizer)}
    for name, parameter in weights.items():
        found = {slot: state.slots[slot][name] for slot in rule.kept if name in state.slots.get(slot, {})}
        if not found:
            continue
        kept: dict[str, Any] = {"step": state.step if type(optimizer) is Twin else torch.tensor(float(state.step))}
        for slot, array in found.items():
            factor = scaled(rule, state.step) if slot == "velocity" else 1.0
            value = torch.from_numpy(np.ascontiguousarray(array * factor)).to(parameter)
            kept[back.get(slot, slot)] = value
        if isinstance(optimizer, torch.optim.SGD):
            del kept["step"]
        optimizer.state[parameter] = kept
    if scheduler is not None:
        scheduler.load_state_dict(scheduler.state_dict() | {"last_epoch": state.step})
        for group in optimizer.param_groups:
            group["lr"] = rule.schedule.at(state.step)


def _keys(optimizer: Any) -> tuple[str, ...]:
    """The names of this class, of which two are called alike in another."""
    if isinstance(optimizer, torch.optim.Adam):
        return ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")
    if isinstance(optimizer, torch.optim.RMSprop):
        return ("square_avg", "grad_avg", "momentum_buffer")
    return ("momentum_buffer", "sum")


def _rule(optimizer: Any, scheduler: Any) -> Optimiser:
    rule = kept_rule(optimizer, scheduler)
    if rule is None:
        raise DiptychError(f"{type(optimizer).__name__} is no optimiser whose state is known")
    return rule
