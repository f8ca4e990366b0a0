"""The expressions of numbers: sums and products of a block's own parameters, and of nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..atoms import value_of
from ..errors import SpecError
from ..expr import Sym


def check_symbols(where: str, value: Any, known: Mapping[str, int]) -> None:
    """Raise SpecError for a number whose expression is not one of these parameters, or has another value.

    >>> check_symbols("here", (Sym.atom("width", 8), 3), {"width": 8})
    >>> check_symbols("here", Sym.atom("height", 8), {"width": 8})
    Traceback (most recent call last):
        ...
    diptych.common.errors.SpecError: here: 'height' is no parameter of the block; there are width
    """
    if isinstance(value, tuple):
        for item in value:
            check_symbols(where, item, known)
    if not isinstance(value, Sym):
        return
    try:
        found = sum(factor * math.prod(value_of(atom, known) for atom in term) for term, factor in value.poly.items())
    except SpecError as error:
        raise SpecError(f"{where}: {error}") from None
    if found != int(value):
        raise SpecError(f"{where}: got {int(value)} for {value.text}, which is {found} with {_said(known)}")


def _said(known: Mapping[str, int]) -> str:
    return ", ".join(f"{name}={int(number)}" for name, number in list(known.items())[:8])
