"""What an optimiser of torch keeps, in a checkpoint of training: read as data, like the weights beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.errors import FileError
from ..common.spec import Array
from ..common.text import NAME, printable
from .limits import Budget
from .torch_data import Saved, array, check
from .torch_file import opened
from .torch_values import Tensor

KEYS = ("optimizer", "optimizer_state_dict", "optimizer_state", "optim", "opt", "optimizer_states")
"""Under which trainers keep `optimizer.state_dict()`; Lightning keeps a list of them."""
PARTS = ("state", "param_groups")


@dataclass(frozen=True)
class Kept:
    """The settings of each group of parameters, and of every parameter by its number what is kept."""

    groups: tuple[Mapping[str, Any], ...]
    state: Mapping[int, Mapping[str, Array | float]]


def read(path: Path) -> Kept:
    """The optimiser in a torch checkpoint; raises FileError where there is none."""
    with opened(path) as saved:
        found = _found(saved.value, path)
        groups = tuple(group for group in found["param_groups"] if isinstance(group, dict))
        if not groups or len(groups) != len(found["param_groups"]) or not isinstance(found["state"], dict):
            raise FileError(f"{path}: its optimizer is not what torch.optim's state_dict() gives")
        budget, state = Budget(path.stat().st_size), dict[int, Mapping[str, Array | float]]()
        for number, kept in found["state"].items():
            if type(number) is not int or not isinstance(kept, dict):
                raise FileError(f"{path}: the state of its optimizer is not by the numbers of the parameters")
            state[number] = dict(_values(kept, saved, budget, f"{path}: state {number} of its optimizer"))
        return Kept(groups, state)


def _found(value: Any, path: Path) -> Mapping[str, Any]:
    """The state dict of the optimiser; raises FileError where there is none, or several."""
    inside = value if isinstance(value, dict) else {}
    for key in KEYS:
        one = inside.get(key)
        if isinstance(one, (list, tuple)) and len(one) > 1:
            raise FileError(f"{path} has {len(one)} optimizers under {key!r}; save the one of these weights alone")
        one = one[0] if isinstance(one, (list, tuple)) and one else one
        if isinstance(one, dict) and all(part in one for part in PARTS) and isinstance(one["param_groups"], list):
            return one
    keys = ", ".join(printable(str(key), NAME) for key in list(inside)[:6]) or "no names"
    raise FileError(
        f"{path} has no optimizer beside its weights (it has {keys}); torch.save({{'model': model.state_dict(), "
        "'optimizer': optimizer.state_dict()}, FILE), or leave out --with-optimizer"
    )


def _values(kept: Mapping[Any, Any], saved: Saved, budget: Budget, where: str) -> Iterator[tuple[str, Array | float]]:
    for key, value in kept.items():
        if isinstance(value, Tensor):
            check(value, where)
            budget.take(value.bytes, where)
            yield str(key), array(value, saved, where)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield str(key), float(value)
