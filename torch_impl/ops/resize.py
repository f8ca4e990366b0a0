"""Resizing as nn.Upsample, whose "nearest" is asymmetric and whose "nearest-exact" is half-pixel."""

from __future__ import annotations

from typing import Any

from ...common.lowering import Attribute, Function, Item, Lowering, Make, X, Y
from ...common.ops.resize import Resize
from ...common.spec import Shape


def resize(op: Resize, x: Shape, *like: Shape) -> Lowering:
    """nn.Upsample(scale_factor=...) or nn.Upsample(size=...) with the mode of the spec's rule."""
    if like:
        return _like(op, x, *like)
    rest: dict[str, Any] = {"scale_factor": op.scale} if op.size is None else {"size": op.size}
    if op.mode != "nearest":
        rest |= {"mode": op.mode, "align_corners": op.rule == "align_corners"}
        return Lowering((Make("nn.Upsample", (), rest),))
    half_pixel = op.rule == "half_pixel" and op.size is not None
    if not op.faithful(x):
        return Lowering((Make("NearestResize", (op.target(x), half_pixel)),), helpers=("nearest_resize",))
    return Lowering((Make("nn.Upsample", (), rest | ({"mode": "nearest-exact"} if half_pixel else {})),))


def _like(op: Resize, x: Shape, like: Shape) -> Lowering:
    """nn.functional.interpolate to the size of another map, or a helper where it would miss a pixel."""
    half_pixel = op.rule == "half_pixel"
    if op.mode == "nearest" and not op.faithful(x, like):
        make = Make("nearest_resize_like", layer=False)
        function = Function("nearest_resize_like", (X, Y, half_pixel))
        return Lowering((make,), function=function, helpers=("nearest_resize_like",))
    how = {"mode": "nearest-exact" if half_pixel else "nearest"}
    rest = how if op.mode == "nearest" else {"mode": op.mode, "align_corners": op.rule == "align_corners"}
    size = Item(Attribute(Y, "shape"), slice(2, None))
    return Lowering((), function=Function("nn.functional.interpolate", (X,), {"size": size} | rest))
