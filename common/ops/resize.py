"""Resizing of a map; which input coordinate an output pixel reads is a field, as every framework has its own rule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal

import numpy as np

from ..errors import SpecError
from ..geometry import Pair
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example

Mode = Literal["nearest", "bilinear", "bicubic"]
Rule = Literal["half_pixel", "asymmetric", "align_corners"]
SMOOTH = ("half_pixel", "align_corners")
MEANINGS = {"nearest": ("half_pixel", "asymmetric"), "bilinear": SMOOTH, "bicubic": SMOOTH}

CUBIC = -0.75


@dataclass(frozen=True)
class Resize(Op):
    """Output pixel i of n reads the input of m pixels at a coordinate u.

    half_pixel: u = (i + 1/2) * m / n - 1/2; asymmetric: u = i * m / n; align_corners: u = i * (m - 1) / (n - 1).
    Nearest takes pixel floor((i + 1/2) * m / n) (half_pixel; TensorFlow, torch's "nearest-exact") or floor(u)
    (asymmetric; torch's "nearest"); bilinear clips u to the input and interpolates between floor(u) and the pixel after
    it; bicubic weighs the two pixels before u and the two after it by torch's cubic (Keys 1981, with a = -3/4), of
    which those outside are the edge.
    `source` is the (height, width) of the input where a size was asked for. With neither a scale nor a size, the size
    is that of a second input, whose numbers play no part.
    """

    kind: ClassVar[str] = "resize"
    class_note: ClassVar[str] = "it resizes by a helper where the framework would read other pixels at this size"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.resize(x, scale=2),
        lambda x, op: op.resize(x, scale=3, rule="asymmetric"),
        lambda x, op: op.resize(x, size=(10, 4)),
        lambda x, op: op.resize(x, size=(10, 4), rule="asymmetric"),
        lambda x, op: op.resize(x, size=(41, 82)),
        lambda x, op: op.resize(x, size=(82, 74), rule="asymmetric"),
        lambda x, op: op.resize(x, scale=2, mode="bilinear"),
        lambda x, op: op.resize(x, size=(4, 11), mode="bilinear"),
        lambda x, op: op.resize(x, scale=3, mode="bilinear", rule="align_corners"),
        lambda x, op: op.resize(x, size=(1, 11), mode="bilinear", rule="align_corners"),
        lambda x, op: op.resize(x, scale=2, mode="bicubic"),
        lambda x, op: op.resize(x, size=(4, 11), mode="bicubic", rule="align_corners"),
        lambda x, op: op.resize(op.max_pool(x, 2), like=x, rule="asymmetric"),
        lambda x, op: op.resize(op.tanh(x), like=op.max_pool(x, 2)),
        lambda x, op: op.resize(op.adaptive_avg_pool(x, (3, 4)), like=x + op.tanh(x)),
        lambda x, op: op.resize(
            op.adaptive_avg_pool(x, (2, 3)), like=op.pad(x, (0, 82 - x.shape[1], 0, 2)), rule="asymmetric"
        ),
        lambda x, op: op.resize(op.tanh(x), like=op.resize(x, scale=2)),
        lambda x, op: op.resize(op.max_pool(x, 2), like=x, mode="bilinear"),
        lambda x, op: op.resize(op.tanh(x), like=op.max_pool(x, 3), mode="bilinear", rule="align_corners"),
        lambda x, op: op.resize(op.max_pool(x, 2), like=x, mode="bicubic"),
    )
    shape_only: ClassVar[tuple[int, ...]] = (1,)
    scale: int | None = None
    size: Pair | None = None
    source: Pair | None = None
    mode: Mode = "nearest"
    rule: Rule = "half_pixel"

    def shape(self, *inputs: Shape) -> Shape:
        x, *like = inputs
        if any(len(shape) != 3 for shape in inputs):
            raise SpecError(f"resizing takes maps (C, H, W), not {', '.join(str(tuple(map(int, s))) for s in inputs)}")
        if [self.scale is not None, self.size is not None, bool(like)].count(True) != 1:
            got = f"{self.scale} and {self.size}{' and that of another value' if like else ''}"
            raise SpecError(f"resize takes either a scale or a size, or another value to be like, not {got}")
        if self.scale is not None and self.scale < 1:
            raise SpecError(f"a scale is at least 1, not {self.scale}")
        if self.source != (None if self.size is None else x[1:]):
            raise SpecError(f"it resizes a map of {self.source}, not {tuple(map(int, x))}")
        if self.rule not in MEANINGS.get(self.mode, ()):
            raise SpecError(f"{self.mode!r} has no rule {self.rule!r}; there are {MEANINGS}")
        return (x[0], *self.target(*inputs))

    def target(self, x: Shape, *like: Shape) -> Pair:
        """(height, width) of the output."""
        if like:
            return like[0][1], like[0][2]
        return self.size or (x[1] * (self.scale or 1), x[2] * (self.scale or 1))

    def window(self, *inputs: Shape) -> tuple[Pair, tuple[float, float]]:
        extent = {"nearest": (1, 1), "bilinear": (2, 2), "bicubic": (4, 4)}[self.mode]
        if self.scale is not None:
            return extent, (1 / self.scale, 1 / self.scale)
        height, width = self.target(*inputs)
        return extent, (int(inputs[0][1]) / int(height), int(inputs[0][2]) / int(width))

    def class_key(self, *inputs: Shape) -> tuple[Any, ...]:
        if len(inputs) == 2:
            return (self.faithful(*inputs),) if self.mode == "nearest" else ()
        # Twice, four times, ... the nearest pixel: m / n is exact at any size, and no framework needs to know it.
        exact = self.mode == "nearest" and self.scale is not None and self.scale.bit_count() == 1
        return () if exact else inputs[0][1:]

    def faithful(self, *inputs: Shape) -> bool:
        """Whether the nearest pixels are still those of the rule where a framework rounds m / n to a float.

        A whole factor has the same pixels by either rule, and is asked about by that which loses nothing.
        """
        half_pixel = self.rule == "half_pixel" and self.scale is None
        return all(
            _faithful(int(m), int(n), half_pixel) for m, n in zip(inputs[0][1:], self.target(*inputs), strict=True)
        )

    def nearest(self, m: int, n: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The pixel of m that each of n reads."""
        i = np.arange(n)
        return (2 * i + 1) * m // (2 * n) if self.rule == "half_pixel" else i * m // n

    def cubic(self, m: int, n: int) -> Array:
        """The matrix (n, m) whose product with m pixels is their cubic interpolation at n places."""
        matrix, i = np.zeros((n, m)), np.arange(n)
        u = (i + 0.5) * m / n - 0.5 if self.rule == "half_pixel" else i * (m - 1) / max(n - 1, 1)
        for step in range(-1, 3):
            away = np.abs(np.floor(u) + step - u)
            near = ((CUBIC + 2) * away - (CUBIC + 3)) * away**2 + 1
            far = ((away - 5) * away + 8) * away * CUBIC - 4 * CUBIC
            np.add.at(matrix, (i, np.clip(np.floor(u).astype(int) + step, 0, m - 1)), np.where(away <= 1, near, far))
        return matrix

    def run(self, *arrays: Array, **weights: Array) -> Array:
        x = arrays[0]
        sizes = self.target(*(array.shape[1:] for array in arrays))
        for axis, n in zip((2, 3), sizes, strict=True):
            m, i = x.shape[axis], np.arange(n)
            if self.mode == "nearest":
                x = x.take(self.nearest(m, n), axis)
                continue
            if self.mode == "bicubic":
                x = np.moveaxis(np.moveaxis(x, axis, -1) @ self.cubic(m, n).astype(x.dtype).T, -1, axis)
                continue
            u = (i + 0.5) * m / n - 0.5 if self.rule == "half_pixel" else i * (m - 1) / max(n - 1, 1)
            u = np.clip(u, 0, m - 1)
            low = np.floor(u).astype(int)
            part = (u - low).astype(x.dtype).reshape(-1, *[1] * (3 - axis))
            x = x.take(low, axis) * (1 - part) + x.take(np.minimum(low + 1, m - 1), axis) * part
        return x

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        shapes = g.node.in_shapes
        sizes = list(zip(shapes[0][1:], self.target(*shapes), strict=True))
        if self.mode == "nearest" and not self._doubles(sizes):
            # Where m / n is rounded, runtimes disagree about the nearest pixel: say which it is.
            rows, columns = (self.nearest(m, n) for m, n in sizes)
            found = g.add("Gather", inputs[0], g.integers(*rows), axis=2)
            return g.add("Gather", found, g.integers(*columns), axis=3)
        if self.mode == "bicubic":  # of which ONNX knows `a` in float32, and runtimes some sizes
            above, beside = (self.cubic(m, n) for m, n in sizes)
            return g.add("MatMul", g.constant(above), g.add("MatMul", inputs[0], g.constant(beside.T)))
        rounding = "round_prefer_ceil" if self.rule == "half_pixel" else "floor"
        how: dict[str, Any] = (
            {"mode": "linear"} if self.mode == "bilinear" else {"mode": "nearest", "nearest_mode": rounding}
        )
        how |= {"coordinate_transformation_mode": self.rule, "axes": (2, 3)}
        if self.scale is not None:
            return g.add("Resize", inputs[0], "", g.scales(self.scale, self.scale), **how)
        size = g.integers(*self.size) if self.size else g.add("Shape", inputs[1], start=2)
        return g.add("Resize", inputs[0], "", "", size, **how)

    def _doubles(self, sizes: list[Pair]) -> bool:
        """Whether the output is the input, or twice, four times, ... as high and as wide, by a scale or a value."""
        return self.size is None and all(n % m == 0 and (n // m).bit_count() == 1 for m, n in sizes)


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


def resize(
    x: Value,
    *,
    scale: int | None = None,
    size: Pair | None = None,
    like: Value | None = None,
    mode: Mode = "nearest",
    rule: Rule = "half_pixel",
    name: str | None = None,
) -> Value:
    """Resize a map (C, H, W) by a whole factor, to (height, width), or to the height and width of another map."""
    source = (x.shape[1], x.shape[2]) if size is not None and len(x.shape) == 3 else None
    inputs = (x,) if like is None else (x, like)
    return apply(Resize(scale, size, source, mode, rule), *inputs, name=name)
