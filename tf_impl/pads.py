"""Padding before a layer that has none of its own."""

from __future__ import annotations

from ..common.expr import Sym
from ..common.geometry import Padding, Pads
from ..common.lowering import Make, symbolic

Sides = int | tuple[int, int] | tuple[tuple[int, int], tuple[int, int]]


def sides(pads: Pads) -> Sides:
    """Keras's writing of (top, bottom, left, right): one number, (rows, columns), or ((top, bottom), (left, right))."""
    top, bottom, left, right = pads
    if (_said(top), _said(left)) != (_said(bottom), _said(right)):
        return ((top, bottom), (left, right))
    return top if _said(top) == _said(left) else (top, left)


def zero_padding(pads: Padding) -> tuple[Make, ...]:
    """layers.ZeroPadding2D for (top, bottom, left, right), or nothing where there is nothing to pad."""
    if pads == "same" or (pads == (0, 0, 0, 0) and not symbolic(pads)):
        return ()
    return (Make("layers.ZeroPadding2D", (sides(pads),)),)


def infinite_padding(pads: Padding) -> tuple[Make, ...]:
    """InfinitePadding2D, whose minus infinity never wins a maximum, where zeros would."""
    if pads == "same" or (pads == (0, 0, 0, 0) and not symbolic(pads)):
        return ()
    return (Make("InfinitePadding2D", (sides(pads),), layer=False),)


def _said(value: int) -> str | int:
    return value.text if isinstance(value, Sym) else value
