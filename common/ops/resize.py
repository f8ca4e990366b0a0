"""Resizing of a map; which input coordinate an output pixel reads is a field, as every framework has its own rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from ..errors import SpecError
from ..geometry import Pair
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply

Mode = Literal["nearest", "bilinear"]
Rule = Literal["half_pixel", "asymmetric", "align_corners"]
MEANINGS = {"nearest": ("half_pixel", "asymmetric"), "bilinear": ("half_pixel", "align_corners")}


@dataclass(frozen=True)
class Resize(Op):
    """Output pixel i of n reads the input of m pixels at a coordinate u, clipped to the input.

    half_pixel: u = (i + 1/2) * m / n - 1/2; asymmetric: u = i * m / n; align_corners: u = i * (m - 1) / (n - 1).
    Nearest takes pixel floor((i + 1/2) * m / n) (half_pixel; TensorFlow, torch's "nearest-exact") or floor(u)
    (asymmetric; torch's "nearest"); bilinear interpolates between floor(u) and the pixel after it.
    `source` is the (height, width) of the input where a size was asked for.
    """

    kind: ClassVar[str] = "resize"
    scale: int | None = None
    size: Pair | None = None
    source: Pair | None = None
    mode: Mode = "nearest"
    rule: Rule = "half_pixel"

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"resizing takes a map (C, H, W), not a vector of {int(x[0])}")
        if (self.scale is None) == (self.size is None):
            raise SpecError(f"resize takes either a scale or a size, not {self.scale} and {self.size}")
        if self.rule not in MEANINGS.get(self.mode, ()):
            raise SpecError(f"{self.mode!r} has no rule {self.rule!r}; there are {MEANINGS}")
        return (x[0], *self.target((x[1], x[2])))

    def target(self, size: Pair) -> Pair:
        """(height, width) of the output."""
        return self.size or (size[0] * (self.scale or 1), size[1] * (self.scale or 1))

    def window(self) -> tuple[Pair, tuple[float, float]]:
        extent = (1, 1) if self.mode == "nearest" else (2, 2)
        if self.size is None or self.source is None:
            return extent, (1 / (self.scale or 1), 1 / (self.scale or 1))
        return extent, (self.source[0] / self.size[0], self.source[1] / self.size[1])

    def class_key(self, *inputs: Shape) -> Shape:
        # Twice, four times, ... the nearest pixel: m / n is exact at any size, and no framework needs to know it.
        exact = self.mode == "nearest" and self.scale is not None and self.scale.bit_count() == 1
        return () if exact else inputs[0][1:]

    def nearest(self, m: int, n: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The pixel of m that each of n reads."""
        i = np.arange(n)
        return (2 * i + 1) * m // (2 * n) if self.rule == "half_pixel" else i * m // n

    def run(self, *arrays: Array, **weights: Array) -> Array:
        x = arrays[0]
        sizes = self.target((x.shape[2], x.shape[3]))
        for axis, n in zip((2, 3), sizes, strict=True):
            m, i = x.shape[axis], np.arange(n)
            if self.mode == "nearest":
                x = x.take(self.nearest(m, n), axis)
                continue
            u = (i + 0.5) * m / n - 0.5 if self.rule == "half_pixel" else i * (m - 1) / max(n - 1, 1)
            u = np.clip(u, 0, m - 1)
            low = np.floor(u).astype(int)
            part = (u - low).astype(x.dtype).reshape(-1, *[1] * (3 - axis))
            x = x.take(low, axis) * (1 - part) + x.take(np.minimum(low + 1, m - 1), axis) * part
        return x

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        _, height, width = g.node.in_shapes[0]
        size = height, width
        if self.mode == "nearest" and self.class_key(*g.node.in_shapes):
            # Where m / n is rounded, runtimes disagree about the nearest pixel: say which it is.
            rows, columns = (self.nearest(m, n) for m, n in zip(size, self.target(size), strict=True))
            return g.add("Gather", g.add("Gather", *inputs, g.integers(*rows), axis=2), g.integers(*columns), axis=3)
        rounding = "round_prefer_ceil" if self.rule == "half_pixel" else "floor"
        how: dict[str, Any] = (
            {"mode": "linear"} if self.mode == "bilinear" else {"mode": "nearest", "nearest_mode": rounding}
        )
        how |= {"coordinate_transformation_mode": self.rule, "axes": (2, 3)}
        if self.size is None:
            return g.add("Resize", *inputs, "", g.scales(self.scale or 1, self.scale or 1), **how)
        return g.add("Resize", *inputs, "", "", g.integers(*self.size), **how)


def resize(
    x: Value,
    *,
    scale: int | None = None,
    size: Pair | None = None,
    mode: Mode = "nearest",
    rule: Rule = "half_pixel",
    name: str | None = None,
) -> Value:
    """Resize a map (C, H, W) by a whole factor or to (height, width)."""
    source = (x.shape[1], x.shape[2]) if size is not None and len(x.shape) == 3 else None
    return apply(Resize(scale, size, source, mode, rule), x, name=name)
