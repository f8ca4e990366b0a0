"""Resizing as nn.Upsample, whose "nearest" is asymmetric and whose "nearest-exact" is half-pixel."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ...common.lowering import Lowering, Make
from ...common.ops.resize import Resize
from ...common.spec import Shape


def resize(op: Resize, x: Shape) -> Lowering:
    """nn.Upsample(scale_factor=...) or nn.Upsample(size=...) with the mode of the spec's rule."""
    rest: dict[str, Any] = {"scale_factor": op.scale} if op.size is None else {"size": op.size}
    if op.mode == "bilinear":
        rest |= {"mode": "bilinear", "align_corners": op.rule == "align_corners"}
        return Lowering((Make("nn.Upsample", (), rest),))
    half_pixel = op.rule == "half_pixel" and op.size is not None
    size = op.target((x[1], x[2]))
    if not all(_faithful(int(m), int(n), half_pixel) for m, n in zip(x[1:], size, strict=True)):
        return Lowering((Make("NearestResize", (size, half_pixel)),), helpers=("nearest_resize",))
    return Lowering((Make("nn.Upsample", (), rest | ({"mode": "nearest-exact"} if half_pixel else {})),))


@cache
def _faithful(m: int, n: int, half_pixel: bool) -> bool:
    """Whether torch resizes m pixels to n by the rule itself.

    It multiplies by a rounded m / n, in float32 or in float64 depending on dtype, layout and direction, and so falls
    short of a coordinate that should be whole: from 2 pixels to 82, the 42nd reads the first.
    """
    i = np.arange(n)
    wanted = (2 * i + 1) * m // (2 * n) if half_pixel else i * m // n
    for real in ("float32", "float64"):
        half = np.array(0.5 if half_pixel else 0, real)
        u = (i.astype(real) + half) * (np.array(m, real) / np.array(n, real))
        rounded_again = u - half + half
        if (np.floor(u) != wanted).any() or (np.floor(rounded_again) != wanted).any():
            return False
    return True
