"""The ops, one per file: fields, shape rule, weights with their axes, MACs, receptive field and NumPy meaning.

The file name is the kind of the op; the files of the same name in `torch_impl/ops` and `tf_impl/ops` are its twins.
Every difference between the frameworks is a field of an op, never a default: pads are four numbers or TensorFlow's
SAME, which both builders honour; so are ceil mode, what a pool counts, and the epsilon and momentum of batch
normalisation.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import SpecError
from ..spec import Op, near

if TYPE_CHECKING:
    from ..trace import Value
    from ..traits import Example


def kinds() -> list[str]:
    """The names of all ops, as their files are named."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def op_class(kind: str) -> type[Op]:
    """The class of an op by its kind; raises SpecError naming near matches."""
    if kind != "input":
        if kind not in kinds():
            raise SpecError(f"there is no op {kind!r}; {near(kind, kinds())}; an op is a file of common/ops")
        importlib.import_module(f".{kind}", __name__)
    return Op.classes[kind]


class Calls:
    """The functions of all ops by their kinds, each imported when it is asked for: ops give examples of one another."""

    def __getattr__(self, kind: str) -> Callable[..., Value]:
        op_class(kind)
        function: Callable[..., Value] = getattr(importlib.import_module(f".{kind}", __name__), kind)
        return function


def examples(kind: str) -> tuple[Callable[[Value], Value], ...]:
    """The examples of an op, as networks of a map (4, H, W)."""
    return tuple(map(_network, op_class(kind).examples))


def _network(example: Example) -> Callable[[Value], Value]:
    return lambda x: example(x, Calls())
