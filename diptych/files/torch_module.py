"""Weights inside a whole module that was pickled: found in the states that its pickle sets, and nothing is made of it.

A module of torch keeps its tensors in three dicts of its state: its own parameters, its own buffers, and the modules
below it. Names of a state dict are the keys on the way, with full stops between them. What else a module is, its class
and its attributes, stays inert: it is data that nobody asks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..common.errors import FileError
from .pickle_values import Stub

PARAMETERS, BUFFERS, MODULES, LEFT_OUT = "_parameters", "_buffers", "_modules", "_non_persistent_buffers_set"
DEPTH, VISITED = 64, 100_000
"""Modules in each other, and modules and tensors in all: a shared one counts as often as it has names."""


def is_module(value: Any) -> bool:
    """Whether an object that was not made has the state of a module of torch."""
    state = value.state if isinstance(value, Stub) else None
    return isinstance(state, dict) and all(isinstance(state.get(key), dict) for key in (PARAMETERS, BUFFERS, MODULES))


def state_dict(module: Stub, path: Path) -> dict[str, Any]:
    """What a module's own state dict would hold: tensors by name, in its order; raises FileError for an endless one."""
    found: dict[str, Any] = {}
    waiting: list[tuple[int, str, Any]] = [(0, "", module)]
    visited = 0
    while waiting:
        depth, prefix, value = waiting.pop()
        state = value.state
        own = {**state[PARAMETERS], **_persistent(state)}
        below = list(state[MODULES].items())
        visited += 1 + len(own) + len(below)
        if depth > DEPTH or visited > VISITED:
            raise FileError(f"{path}: its module {module.name} has more in it than any network; refused")
        found |= {f"{prefix}{name}": tensor for name, tensor in own.items() if tensor is not None}
        for name, item in reversed(below):
            if is_module(item):
                waiting.append((depth + 1, f"{prefix}{name}.", item))
            elif item is not None:
                found[f"{prefix}{name}"] = item  # no tensor, and refused as such
    return found


def _persistent(state: dict[str, Any]) -> dict[Any, Any]:
    """The buffers that a state dict holds."""
    left = state.get(LEFT_OUT)
    return {name: item for name, item in state[BUFFERS].items() if not isinstance(left, set) or name not in left}
