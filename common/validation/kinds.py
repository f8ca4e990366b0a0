"""Values against the annotations of the dataclasses that hold them: no class needs code of its own to be read."""

from __future__ import annotations

import dataclasses
import functools
import sys
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, Union

from ..errors import SpecError
from ..expr import Sym
from ..text import printable

LONGEST = 10_000
"""Characters of a text: a title, a paper, the line that a block says of itself."""
TERMS, FACTORS, ATOM = 500, 16, 2000
"""The terms of the expression of a number, the factors of one, and the characters of each."""
DEEPEST = 8
"""How deep tuples stand in one another."""
PLAIN: tuple[type, ...] = (bool, int, float, str, type(None))
SHOWN = 60
NAMED: Mapping[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text of Unicode, of at most 10,000 characters",
    type(None): "null",
}


class _Misfit(Exception):
    """A value that is not of its kind."""


def wrong(where: str, got: Any, expected: str) -> SpecError:
    """The error for a value at a place."""
    return SpecError(f"{where}: got {printable(repr(got), SHOWN)}, expected {expected}")


def entries(where: str, data: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """An object with these keys, and no others; raises SpecError for anything else."""
    if not isinstance(data, dict):
        raise wrong(where, data, f"an object with the keys {', '.join(names)}")
    missing = [name for name in names if name not in data]
    extra = [name for name in data if name not in names]
    if missing or extra:
        said = [f"it lacks {', '.join(missing[:5])}"] * bool(missing)
        said += [f"it has {', '.join(repr(printable(name, SHOWN)) for name in extra[:5])} besides"] * bool(extra)
        raise SpecError(f"{where}: expected an object with the keys {', '.join(names)}, and {' and '.join(said)}")
    return data


def listed(where: str, data: Any, most: int) -> list[Any]:
    """A list of at most so many entries; raises SpecError for anything else."""
    if not isinstance(data, list) or len(data) > most:
        got = f"a list of {len(data):,}" if isinstance(data, list) else data
        raise wrong(where, got, f"a list of at most {most:,}")
    return data


def fitted(where: str, data: Any, hint: Any, symbols: bool = False) -> Any:
    """A value of the kind that an annotation names, lists as tuples; raises SpecError naming the place.

    With `symbols` a whole number may have an expression, `{"int": 8, "poly": [[2, ["width"]]]}`.
    """
    try:
        return _fitted(data, hint, symbols)
    except _Misfit:
        raise wrong(where, data, described(hint)) from None


@functools.cache
def hints(cls: type) -> dict[str, Any]:
    """Field -> annotation of a dataclass, each in the terms of the module that wrote it."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(cls):
        home = next(base for base in cls.__mro__ if field.name in vars(base).get("__annotations__", ()))
        alone = types.SimpleNamespace(__annotations__={field.name: home.__annotations__[field.name]})
        found |= typing.get_type_hints(alone, vars(sys.modules[home.__module__]))
    return found


def described(hint: Any) -> str:
    """What an annotation asks for, in words.

    >>> described(tuple[int, int] | Literal["same"]), described(tuple[float, ...])
    ("a list of 2, each a whole number, or 'same'", 'a list, each a number')
    """
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return " or ".join(map(repr, args))
    if origin in (Union, types.UnionType):
        return ", or ".join(map(described, args))
    if origin is tuple:
        return f"a list, each {described(args[0])}" if Ellipsis in args else _fixed(args)
    return NAMED.get(hint, "plain data")


def _fixed(args: tuple[Any, ...]) -> str:
    each = list(dict.fromkeys(map(described, args)))
    return f"a list of {len(args)}, each {each[0]}" if len(each) == 1 else f"a list of {', '.join(each)}"


def _fitted(data: Any, hint: Any, symbols: bool) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return _one_of(data, args)
    if origin in (Union, types.UnionType):
        return _either(data, args, symbols)
    if origin is tuple:
        return _tuple(data, args, symbols)
    if symbols and isinstance(data, dict) and hint in (int, float, Any):
        return _symbol(data)
    if hint is float and type(data) is int:
        return data
    if hint in PLAIN or hint is type(None):
        return _plain(data) if type(data) is hint else _misfit()
    return _data(data, symbols, DEEPEST)


def _misfit() -> Any:
    raise _Misfit


def _one_of(data: Any, args: tuple[Any, ...]) -> Any:
    return data if any(type(arg) is type(data) and arg == data for arg in args) else _misfit()


def _either(data: Any, args: tuple[Any, ...], symbols: bool) -> Any:
    for hint in args:
        try:
            return _fitted(data, hint, symbols)
        except _Misfit:
            continue
    raise _Misfit


def _tuple(data: Any, args: tuple[Any, ...], symbols: bool) -> tuple[Any, ...]:
    if not isinstance(data, list) or (Ellipsis not in args and len(data) != len(args)):
        raise _Misfit
    kinds = [args[0]] * len(data) if Ellipsis in args else args
    return tuple(_fitted(item, kind, symbols) for item, kind in zip(data, kinds, strict=True))


def _plain(data: Any) -> Any:
    if isinstance(data, str) and (len(data) > LONGEST or any("\ud800" <= c <= "\udfff" for c in data)):
        raise _Misfit
    return data


def _data(data: Any, symbols: bool, deepest: int) -> Any:
    """Plain data of any kind: what a block or a network was called with."""
    if isinstance(data, list) and deepest:
        return tuple(_data(item, symbols, deepest - 1) for item in data)
    if isinstance(data, dict) and symbols:
        return _symbol(data)
    return _plain(data) if isinstance(data, PLAIN) else _misfit()


def _symbol(data: dict[str, Any]) -> Sym:
    """A number with its expression; that this is one of parameters, and has this value, is looked at elsewhere."""
    value, poly = data.get("int"), data.get("poly")
    if set(data) != {"int", "poly"} or type(value) is not int or not isinstance(poly, list) or len(poly) > TERMS:
        raise _Misfit
    terms = dict(map(_term, poly))
    if len(terms) < len(poly) or not any(terms):
        raise _Misfit
    return Sym(value, terms)


def _term(data: Any) -> tuple[tuple[str, ...], int]:
    if not isinstance(data, list) or len(data) != 2 or type(data[0]) is not int or not data[0]:
        raise _Misfit
    factor, atoms = data
    if not isinstance(atoms, list) or len(atoms) > FACTORS or not all(isinstance(a, str) for a in atoms):
        raise _Misfit
    if any(not 0 < len(atom) <= ATOM for atom in atoms) or atoms != sorted(atoms):
        raise _Misfit
    return tuple(atoms), factor
