"""What plain data from a file must look like: small checks that are put together, and say where it does not fit."""

from __future__ import annotations

import json
import re
import reprlib
from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any, str], None]
"""Takes a value and its place; raises Misfit."""

SHORT = reprlib.Repr()
SHORT.maxstring = SHORT.maxother = SHORT.maxlong = 80


class Misfit(ValueError):
    """Data that is not what it must be: where, what was got, what was expected."""


def parsed(data: bytes) -> Any:
    """The value of a JSON text in UTF-8; raises Misfit where it is none, too deep, or says one name twice.

    >>> parsed(b'{"a": [1, 2.5, null]}')
    {'a': [1, 2.5, None]}
    """
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_once)
    except RecursionError:
        raise Misfit("it is nested too deeply for JSON that was written by diptych") from None
    except Misfit:
        raise
    except ValueError as error:
        raise Misfit(f"it is not JSON ({error})") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise Misfit(f"{SHORT.repr(twice)} is there twice")
    return found


def short(value: Any) -> str:
    """A value as text, cut where it is long.

    >>> short("a" * 1000)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'"
    """
    return SHORT.repr(value)


def _expect(right: bool, where: str, value: Any, expected: str) -> None:
    if not right:
        raise Misfit(f"{where or 'it'} is {short(value)}, expected {expected}")


def text(most: int, pattern: str = "", what: str = "") -> Check:
    """A text of up to so many characters that fits a pattern; `what` is that in words."""
    fits = re.compile(pattern or ".*", re.DOTALL)
    expected = what or f"a text of at most {most} characters"

    def check(value: Any, where: str) -> None:
        right = isinstance(value, str) and len(value) <= most and fits.fullmatch(value) is not None
        _expect(right, where, value, expected)

    return check


def whole(low: int, high: int) -> Check:
    """A whole number from low to high.

    >>> whole(1, 9)(True, "count")
    Traceback (most recent call last):
    diptych.common.schema.Misfit: count is True, expected a whole number from 1 to 9
    """

    def check(value: Any, where: str) -> None:
        right = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        _expect(right, where, value, f"a whole number from {low} to {high}")

    return check


def number(low: float, high: float) -> Check:
    """A number from low to high, which NaN is not."""

    def check(value: Any, where: str) -> None:
        right = isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high
        _expect(right, where, value, f"a number from {low:g} to {high:g}")

    return check


def one_of(*values: Any) -> Check:
    """One of some values, with its type: 1 is not True."""

    def check(value: Any, where: str) -> None:
        right = any(type(value) is type(known) and value == known for known in values)
        _expect(right, where, value, " or ".join(map(repr, values)))

    return check


flag = one_of(True, False)


def nullable(inner: Check) -> Check:
    """None, or what `inner` lets through."""

    def check(value: Any, where: str) -> None:
        if value is not None:
            inner(value, where)

    return check


def sequence(item: Check, low: int, high: int) -> Check:
    """A list of low to high items."""

    def check(value: Any, where: str) -> None:
        right = isinstance(value, list) and low <= len(value) <= high
        _expect(right, where, value, f"a list of {low}{f' to {high}' if high > low else ''} entries")
        for index, entry in enumerate(value):
            item(entry, f"{where}[{index}]")

    return check


def table(key: Check, item: Check, most: int) -> Check:
    """An object with up to so many names, all of one kind, as are its values."""

    def check(value: Any, where: str) -> None:
        _expect(isinstance(value, dict) and len(value) <= most, where, value, f"an object of at most {most} entries")
        for name, entry in value.items():
            key(name, f"a name in {where}")
            item(entry, f"{where}.{name}")

    return check


def record(fields: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with exactly these fields, and perhaps the optional ones."""
    known = {**fields, **(optional or {})}

    def check(value: Any, where: str) -> None:
        _expect(isinstance(value, dict), where, value, "an object")
        strange = [name for name in value if name not in known]
        missing = [name for name in fields if name not in value]
        if strange or missing:
            what = f"an unknown field {short(strange[0])}" if strange else f"no field {missing[0]!r}"
            raise Misfit(f"{where or 'it'} has {what}, expected {', '.join(fields)}")
        for name, entry in value.items():
            known[name](entry, f"{where}.{name}" if where else name)

    return check
