"""Expressions as Python source. Nothing is decided here but spelling, and where parentheses stand."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Mapping
from types import EllipsisType
from typing import Any

from ..atoms import parsed
from ..errors import SpecError
from ..expr import Sym, text
from ..lowering import Attribute, Comprehension, Function, Item, Make, Name, Operator
from .docs import in_docstring
from .expressions import Block, Lambda, Numbered, Progression, Star, whole
from .names import word

BINDING = {"+": 1, "*": 2, "/": 2}


@functools.singledispatch
def printed(value: Any) -> str:
    """An expression, or a value of Python's own, as source.

    >>> printed(Make("nn.Conv2d", (3, 8, (3, 3)), {"bias": False}))
    'nn.Conv2d(3, 8, 3, bias=False)'
    >>> printed((2, 2)), printed("same"), printed(1e-05)
    ('(2, 2)', '"same"', '1e-5')
    >>> printed(Operator("*", Operator("+", Name("x"), Name("y")), 2))
    '(x + y) * 2'
    """
    return repr(value)


@printed.register
def _(value: Name) -> str:
    return word(value.name) if value.name else ""


@printed.register
def _(value: bool) -> str:  # which is an int
    return repr(value)


@printed.register
def _(value: int) -> str:
    for atom in value.atoms if isinstance(value, Sym) else ():
        parsed(atom)  # which raises for what is no expression
    return text(value)


@printed.register
def _(value: float) -> str:
    if not math.isfinite(value):
        raise SpecError(f"{value} has no form in source; the numbers of a net are finite")
    return repr(value).replace("e-0", "e-")


@printed.register
def _(value: str) -> str:
    return f'"{value}"' if value.isprintable() and '"' not in value and "\\" not in value else repr(value)


@printed.register
def _(value: tuple) -> str:  # type: ignore[type-arg]  # a class to dispatch on
    name = whole(value)
    return name or f"({listed(value)}{',' if len(value) == 1 else ''})"


@printed.register
def _(value: list) -> str:  # type: ignore[type-arg]  # a class to dispatch on
    return f"[{listed(value)}]"


@printed.register
def _(value: dict) -> str:  # type: ignore[type-arg]  # a class to dispatch on
    return f"{{{', '.join(f'{printed(name)}: {printed(item)}' for name, item in value.items())}}}"


@printed.register
def _(value: slice) -> str:
    return ":".join("" if end is None else printed(end) for end in (value.start, value.stop))


@printed.register
def _(value: EllipsisType) -> str:
    return "..."


@printed.register
def _(value: Attribute) -> str:
    return f"{_operand(value.of)}.{word(value.name)}"


@printed.register
def _(value: Item) -> str:
    index = value.index if isinstance(value.index, tuple) else (value.index,)
    return f"{_operand(value.of)}[{listed(index)}]"


@printed.register
def _(value: Operator) -> str:
    binding = BINDING[value.sign]
    left, right = value.left, value.right
    first = f"({printed(left)})" if _binding(left) < binding else printed(left)
    # What stands on the right is grouped as it is computed: floats are not associative.
    second = f"({printed(right)})" if _binding(right) <= binding else printed(right)
    return f"{first} {value.sign} {second}"


@printed.register
def _(value: Make) -> str:
    return _call(word(value.target), value.args, value.kwargs, _short)


@printed.register
def _(value: Block) -> str:
    return _call(word(value.target), value.args, value.kwargs)


@printed.register
def _(value: Function) -> str:
    target = value.target if isinstance(value.target, str) else _operand(value.target)
    return _call(_called(target) if isinstance(value.target, str) else target, value.args, value.kwargs)


@printed.register
def _(value: Star) -> str:
    return f"*{_operand(value.of)}"


@printed.register
def _(value: Comprehension) -> str:
    return f"[{printed(value.element)} for {word(value.name)} in {printed(value.over)}]"


@printed.register
def _(value: Lambda) -> str:
    return f"lambda {word(value.name)}: {printed(value.body)}"


@printed.register
def _(value: Progression) -> str:
    if value.step == 1:
        return f"i + {value.first}" if value.first else "i"
    return f"{value.first} + {value.step} * i"


@printed.register
def _(value: Numbered) -> str:
    parts = (f"{{{printed(part)}}}" if isinstance(part, Progression) else _inside(part) for part in value.parts)
    return f'f"{"".join(parts)}"'


def _inside(part: str) -> str:
    """A text between the numbers of a formatted one, where braces count twice and quotes end it."""
    return in_docstring(part).replace('\\"', '"').replace('"', '\\"').replace("{", "{{").replace("}", "}}")


def listed(values: Iterable[Any]) -> str:
    """Expressions with commas between them."""
    return ", ".join(map(printed, values))


def _binding(value: Any) -> int:
    """How tightly an expression keeps together."""
    if isinstance(value, Lambda):
        return 0
    return BINDING[value.sign] if isinstance(value, Operator) else 9


def _called(target: str) -> str:
    """The name of a function, or a method of the class above."""
    return f"super().{word(above)}" if (above := target.removeprefix("super().")) != target else word(target)


def _operand(value: Any) -> str:
    """An expression that keeps together beside a point or a bracket."""
    return f"({printed(value)})" if _binding(value) < 9 else printed(value)


def _call(target: str, args: Iterable[Any], kwargs: Mapping[str, Any], spelled: Callable[[Any], str] = printed) -> str:
    named = (f"{word(name)}={spelled(value)}" for name, value in kwargs.items())
    return f"{target}({', '.join([*map(spelled, args), *named])})"


def _short(value: Any) -> str:
    """An argument of a layer: an equal pair as one number."""
    if not isinstance(value, tuple) or whole(value):
        return printed(value)
    parts = [_short(item) for item in value]
    if len(value) == 2 and isinstance(value[0], int) and parts[0] == parts[1]:
        return parts[0]
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
