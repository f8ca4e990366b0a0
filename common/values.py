"""Values: what a network's function computes with while it is traced, and what it and its blocks answer with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import SpecError
from .expr import Sym
from .traits import Shape


@dataclass(frozen=True)
class Value:
    """The result of a node while tracing: its shape is known, its numbers are not."""

    node: int
    shape: Shape
    flattened: Shape | None = None

    @property
    def channels(self) -> int:
        """Length of the channel axis of a map, or of a vector."""
        return self.shape[0]

    def __add__(self, other: Value) -> Value:
        from .ops.add import add

        return add(self, other)

    def __mul__(self, other: Value) -> Value:
        from .ops.multiply import multiply

        return multiply(self, other)


Result = Value | Sequence[Value] | Mapping[str, Value] | Sequence[tuple[str, Value]]
"""What a network may answer with: a value, several, or several with names."""


def answer(where: str, result: Any, named: bool = False) -> tuple[str, tuple[str, ...], tuple[Value, ...]]:
    """(how it answers, the names, the values) of what a block or a network returned; raises SpecError for the rest."""
    if isinstance(result, Value):
        return "value", (), (result,)
    returns = "tuple" if isinstance(result, tuple) else "list"
    if named and isinstance(result, Mapping):
        result = list(result.items())
    if named and isinstance(result, (list, tuple)) and any(isinstance(item, tuple) for item in result):
        names, result = _names(where, result)
    else:
        names = ()
    if result is None:
        raise SpecError(f"{where} returns nothing; end its function with `return x`")
    if not isinstance(result, (list, tuple)) or not result or not all(isinstance(item, Value) for item in result):
        wanted = "a value, or a list or tuple of values" + (", or a dict from names to values" if named else "")
        raise SpecError(f"{where} returns {_kind(result)}; expected {wanted}")
    nodes = [value.node for value in result]
    if named and not names and len(set(nodes)) < len(nodes):
        raise SpecError(f"{where} returns one value twice, and outputs without names are called after their layers; "
                        "return it once, or give the outputs names with a dict")  # fmt: skip
    return returns, names, tuple(result)


def _names(where: str, pairs: Sequence[Any]) -> tuple[tuple[str, ...], list[Value]]:
    if not all(isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) for pair in pairs):
        raise SpecError(f"{where} returns outputs of which some have names; give each a name, or none")
    names = tuple(name for name, _ in pairs)
    for name in names:
        if not name.isidentifier():
            raise SpecError(f"{where}: an output is named {name!r}; a name is a word of letters, digits and _")
        if names.count(name) > 1:
            raise SpecError(f"{where}: two outputs are named {name!r}; give one another name")
    return names, [value for _, value in pairs]


def _kind(result: Any) -> str:
    if isinstance(result, (list, tuple)):
        kinds = sorted({type(item).__name__ for item in result})
        return f"a {type(result).__name__} of {', '.join(kinds)}" if result else f"an empty {type(result).__name__}"
    return f"a {type(result).__name__}"


def symbolic(text: str, value: Any, env: dict[str, int]) -> Any:
    """A value whose integers remember the name that they have inside a block; `env` maps the names to the integers."""
    if isinstance(value, int) and not isinstance(value, bool):
        env[text] = value
        return Sym.atom(text, int(value))
    if isinstance(value, tuple):
        return tuple(symbolic(f"{text}[{i}]", item, env) for i, item in enumerate(value))
    return value


def first_line(function: Callable[..., Any]) -> str:
    """The first line of the docstring of a function."""
    return (inspect.getdoc(function) or "").partition("\n")[0]
