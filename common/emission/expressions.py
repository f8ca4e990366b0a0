"""Expressions of emitted source as data, beside those that ops hand over, and what can be asked of them."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from ..expr import Sym
from ..lowering import Operand


@dataclass(frozen=True)
class Block:
    """The construction of a block of the network, whose arguments are those of its function."""

    target: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Star:
    """A list or tuple whose elements stand one by one, `*steps`."""

    of: Any


@dataclass(frozen=True)
class Lambda:
    """A function of one value `name`."""

    name: str
    body: Any


@dataclass(frozen=True)
class Progression:
    """The number `first + step * i` of the counter of a loop."""

    first: int
    step: int


@dataclass(frozen=True)
class Numbered:
    """A text in which numbers follow the counter of a loop."""

    parts: tuple[str | Progression, ...]


def list_of(entries: Sequence[Any]) -> Any:
    """A list of these entries; the comprehension itself, or the list, where they are all of one."""
    if len(entries) == 1 and isinstance(entries[0], Star):
        return entries[0].of
    return list(entries)


def filled(value: Any, operands: Sequence[Any]) -> Any:
    """An expression with operands at the places that it keeps for them."""
    if isinstance(value, Operand):
        return operands[value.place]
    if isinstance(value, tuple | list):
        return type(value)(filled(item, operands) for item in value)
    if isinstance(value, dict):
        return {key: filled(item, operands) for key, item in value.items()}
    if not is_dataclass(value) or isinstance(value, type):
        return value
    return replace(value, **{f.name: filled(getattr(value, f.name), operands) for f in fields(value)})


def parts(value: Any) -> Iterator[Any]:
    """A value and all that is in it: of data, their fields, of lists, their entries."""
    left = [value]
    while left:
        value = left.pop()
        yield value
        if isinstance(value, (tuple, list)):
            left.extend(reversed(value))
        elif isinstance(value, dict):
            left.extend(reversed(value.values()))
        else:
            left.extend(getattr(value, name) for name in reversed(_field_names(value.__class__)))


@functools.cache
def _field_names(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass, in order; none of any other type."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def key(value: Any) -> Any:
    """What makes two values the same source: their types too, and of a symbolic number its expression."""
    if isinstance(value, Sym):
        return (Sym, value.text)
    if isinstance(value, (tuple, list)):
        return (type(value), *map(key, value))
    if isinstance(value, dict):
        return (dict, *((name, key(item)) for name, item in value.items()))
    names = _field_names(value.__class__)
    return (type(value), *(key(getattr(value, name)) for name in names)) if names else (type(value), value)


@functools.cache
def names_in(expression: str) -> frozenset[str]:
    """The parameters that stand in the expression of a symbolic number.

    >>> sorted(names_in("widths[0] // (2 * ratio)"))
    ['ratio', 'widths']
    """
    return frozenset(node.id for node in ast.walk(ast.parse(expression)) if isinstance(node, ast.Name))


def parameters_in(value: Any) -> set[str]:
    """The parameters that a value depends on."""
    symbols = [part for part in parts(value) if isinstance(part, Sym)]
    return {name for symbol in symbols for atom in symbol.atoms for name in names_in(atom)}


def whole(values: tuple[Any, ...]) -> str:
    """The parameter whose entries these are, all in their order; "" where they are anything else."""
    entries = [_entry(value.text) if isinstance(value, Sym) else ("", -1) for value in values]
    name = entries[0][0] if len(entries) > 1 else ""
    return name if entries == [(name, index) for index in range(len(entries))] else ""


@functools.cache
def _entry(expression: str) -> tuple[str, int]:
    """("widths", 0) of `widths[0]`, and ("", -1) of anything else."""
    match ast.parse(expression, mode="eval").body:
        case ast.Subscript(value, ast.Constant(int(index))):
            return ast.unparse(value), index
    return "", -1
