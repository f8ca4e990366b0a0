"""Where the weights are in what a torch file holds: out of the usual wrappers, with a note of what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..common.errors import FileError
from ..common.text import NAME, printable
from .pickle_values import Global, Stub, described, kind_of
from .torch_module import is_module, state_dict
from .torch_values import Tensor

WRAPPERS = ("state_dict", "model", "model_state_dict", "net", "network", "module", "params", "weights")
AVERAGED = ("ema", "state_dict_ema", "model_ema", "params_ema", "ema_state_dict")
"""Means of the weights over the steps of training, which trainers keep beside them."""

DEPTH = 3
LISTED, LOOKED_INTO = 6, 50
"""What was left out is named up to the first number, and looked into up to the second."""


class Unwrapped(NamedTuple):
    """The state dict itself, the keys that lead to it, and notes of what was left out beside it.

    `parts` are the keys of several state dicts that were made one, by the names that their tensors have in it.
    """

    state: Mapping[Any, Any]
    keys: tuple[str, ...]
    notes: tuple[str, ...]
    parts: Mapping[str, tuple[str, str]]


def unwrap(loaded: Any, path: Path) -> Unwrapped:
    """The state dict in what a file holds, out of the usual wrappers; raises FileError where there is none."""
    if isinstance(loaded, Stub | Global) and not is_module(loaded):
        raise FileError(refusal(path, loaded.name))
    if not isinstance(loaded, dict | Stub):
        raise FileError(f"{path} holds an object of type {kind_of(loaded)}, not a state dict (names and tensors)")
    found: Any = loaded
    keys, notes = [], []
    for _ in range(DEPTH):
        key = _wrapper(found, path) if isinstance(found, dict) else ""
        if not key:
            break
        averaged = [other for other in AVERAGED if other != key and _holds(found.get(other))]
        notes.append(f"the weights are under {key!r}{_left_out(found, (key, *averaged))}")
        notes += [f"averaged weights, under {other!r}, were left out" for other in averaged]
        found = found[key]
        keys.append(key)
    if isinstance(found, Stub):
        notes.append(f"the weights are those inside an object of {printable(found.name, NAME)}, which was not made")
        found = state_dict(found, path)
    state: Mapping[Any, Any] = found
    for value in state.values():
        if isinstance(value, Stub | Global):
            raise FileError(refusal(path, value.name))
    joined, parts, more = _joined(state)
    return Unwrapped(joined, tuple(keys), (*notes, *more), parts)


def _joined(state: Mapping[Any, Any]) -> tuple[Mapping[Any, Any], Mapping[str, tuple[str, str]], tuple[str, ...]]:
    """One state dict of those under keys of somebody's own, such as a student's and a teacher's: "student.conv.weight".

    (the state dict, where its tensors are, notes); the same one where a tensor lies beside them.
    """
    inside = {key: value for key, value in state.items() if isinstance(key, str) and _is_state(value)}
    if not inside or any(isinstance(value, Tensor) for value in state.values()):
        return state, {}, ()
    parts = {f"{key}.{name}": (key, str(name)) for key, part in inside.items() for name in part}
    found = {f"{key}.{name}": value for key, part in inside.items() for name, value in part.items()}
    listed = ", ".join(repr(printable(key, NAME)) for key in inside)
    return found, parts, (f"the weights are under {listed}{_left_out(state, tuple(inside))}",)


def _is_state(value: Any) -> bool:
    """Whether a value is a dict of tensors by name, and of nothing else."""
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(name, str) and isinstance(item, Tensor) for name, item in value.items())
    )


def refusal(path: Path, name: str) -> str:
    """The error for an object where weights should be."""
    return (
        f"{path} holds more than tensors ({printable(name, NAME)}), which may run code when it is loaded; nothing of "
        "it was run. Save the model's state_dict() instead"
    )


def _left_out(state: Mapping[Any, Any], known: tuple[str, ...]) -> str:
    """What is left out beside the weights; objects that were not made go first, with the name of their class."""
    rest = [(key, value) for key, value in state.items() if key not in known]
    left = [(str(key), described(value, deep=place < LOOKED_INTO)) for place, (key, value) in enumerate(rest)]
    left.sort(key=lambda pair: not pair[1])
    texts = [printable(key, NAME) + (f" ({printable(what, NAME)})" if what else "") for key, what in left[:LISTED]]
    return f"; left out: {', '.join(texts)}{' ...' if len(left) > LISTED else ''}" if left else ""


def _wrapper(state: Mapping[Any, Any], path: Path) -> str:
    """The key under which the weights are, "" where they are not wrapped.

    Plain weights go before averaged ones, and names with tensors before a whole module.
    """
    for keys in (WRAPPERS, AVERAGED):
        inside = [key for key in keys if isinstance(state.get(key), dict)]
        inside = inside or [key for key in keys if is_module(state.get(key))]
        full = [key for key in inside if _holds_tensors(state[key])] if len(inside) > 1 else inside
        if len(full) > 1:
            raise FileError(f"{path} holds several state dicts ({', '.join(full)}); save the one to convert by itself")
        if inside:
            return (full or inside)[0]
    return ""


def _holds(value: Any) -> bool:
    """Whether a value is a dict, or a whole module."""
    return isinstance(value, dict) or is_module(value)


def _holds_tensors(value: Any) -> bool:
    """Whether a dict holds a tensor, in itself or some dicts below; each is looked into once, whoever shares it.

    A module is taken for one that does.
    """
    if isinstance(value, Stub):
        return True
    level: list[Mapping[Any, Any]] = [value]
    seen = {id(value)}
    for _ in range(DEPTH + 1):
        below: list[Mapping[Any, Any]] = []
        for found in level:
            for item in found.values():
                if isinstance(item, Tensor):
                    return True
                if isinstance(item, dict) and id(item) not in seen:
                    seen.add(id(item))
                    below.append(item)
        level = below
    return False
