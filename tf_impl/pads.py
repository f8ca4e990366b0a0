"""Padding before a layer that has none of its own."""

from __future__ import annotations

from ..common.form import Make
from ..common.geometry import Padding


def zero_padding(pads: Padding) -> tuple[Make, ...]:
    """layers.ZeroPadding2D for (top, bottom, left, right), or nothing where there is nothing to pad."""
    if pads == "same" or pads == (0, 0, 0, 0):
        return ()
    top, bottom, left, right = pads
    even = (top, left) if (top, left) == (bottom, right) else ((top, bottom), (left, right))
    return (Make("layers.ZeroPadding2D", (even,)),)


def infinite_padding(pads: Padding) -> tuple[Make, ...]:
    """ops.pad with minus infinity, which never wins a maximum, where zeros would."""
    if pads == "same" or pads == (0, 0, 0, 0):
        return ()
    top, bottom, left, right = pads
    widths = ((0, 0), (top, bottom), (left, right), (0, 0))
    return (Make("ops.pad", (widths,), {"constant_values": float("-inf")}, layer=False),)
