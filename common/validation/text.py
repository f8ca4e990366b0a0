"""JSON from outside as plain data: bounded in size and depth, of finite numbers, with each key once."""

from __future__ import annotations

import json
import math
from typing import Any, Never

from ..errors import SpecError
from ..text import printable

LONGEST = 32 << 20
"""Characters of the text of a net: that of the largest registered network has half a million."""
DIGITS = 18
"""Digits of a whole number: what both frameworks hold in 64 bits."""


def parsed(text: str) -> Any:
    """The data of a JSON text; raises SpecError for what is no JSON, too long, too deep, or has a number too large.

    >>> parsed('{"a": [1, 2.5, null]}')
    {'a': [1, 2.5, None]}
    """
    if not isinstance(text, str):
        raise SpecError(f"a net is read from text, not from a {type(text).__name__}; decode it as UTF-8 first")
    if len(text) > LONGEST:
        raise SpecError(f"this text has {len(text):,} characters, and that of a net has at most {LONGEST:,}")
    hooks: dict[str, Any] = {"parse_int": _integer, "parse_float": _number, "parse_constant": _no_number}
    try:
        return json.loads(text, object_pairs_hook=_object, **hooks)
    except RecursionError:
        raise SpecError("this text is not a trace of diptych: its lists stand too deep in one another") from None
    except ValueError as error:
        raise SpecError(f"this text is not a trace of diptych: it is no JSON ({error})") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen = set[str]()
        double = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise SpecError(f"this text is not a trace of diptych: an object has the key {printable(double, 100)!r} twice")
    return found


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > DIGITS:
        raise SpecError(f"the number {printable(text, 60)} has {len(text)} digits, and at most {DIGITS} are read")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise SpecError(f"the number {printable(text, 60)} is larger than any float64")
    return value


def _no_number(text: str) -> Never:
    raise SpecError(f"{text} is no number that a net may have; all are finite")
