"""Average pooling; what a window divides by is a field, because the frameworks disagree about padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ..errors import SpecError
from ..geometry import Padding, Pads, Pair, overhang, padding, pair, resolved, symmetric, windows
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..windows import strided


@dataclass(frozen=True)
class AvgPool(Op):
    """The sum of each window of each channel, divided by its size.

    With `count_include_pad` that is its size within the padded input, else within the input itself; so a window that
    ceil mode lets hang over the end is divided by less than the area of the kernel either way.
    """

    kind: ClassVar[str] = "avg_pool"
    kernel: Pair
    stride: Pair
    pads: Padding = (0, 0, 0, 0)
    ceil_mode: bool = False
    count_include_pad: bool = True

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"pooling takes a map (C, H, W), not a vector of {int(x[0])}")
        if self.pads == "same":
            if self.count_include_pad or self.ceil_mode:
                raise SpecError("'same' leaves padding out and has no ceil mode: say count_include_pad=False")
        elif max(self.pads[:2]) >= self.kernel[0] or max(self.pads[2:]) >= self.kernel[1]:
            raise SpecError(f"the pads {self.pads} must be smaller than the kernel {self.kernel}")
        elif self.ceil_mode and not (symmetric(self.pads) and self.slight):
            raise SpecError(f"ceil mode takes even pads of at most half the kernel {self.kernel}, not {self.pads}")
        return (x[0], *self.size((x[1], x[2])))

    @property
    def slight(self) -> bool:
        """Whether no pad is more than half the kernel, as torch's own `padding` demands."""
        return self.pads != "same" and all(2 * p <= k for p, k in zip(self.pads[::2], self.kernel, strict=True))

    def size(self, size: Pair) -> Pair:
        """(height, width) of the output."""
        top, bottom, left, right = resolved(self.pads, size, self.kernel, self.stride)
        (kh, kw), (sh, sw) = self.kernel, self.stride
        return (
            windows(size[0], kh, sh, top, bottom, ceil=self.ceil_mode),
            windows(size[1], kw, sw, left, right, ceil=self.ceil_mode),
        )

    def explicit(self, size: Pair) -> Pads:
        """The four pads on an input of this size, with what ceil mode hangs over at the end."""
        top, bottom, left, right = resolved(self.pads, size, self.kernel, self.stride)
        (kh, kw), (sh, sw), (h, w) = self.kernel, self.stride, self.size(size)
        below = bottom + overhang(size[0], kh, sh, top, bottom, h)
        return top, below, left, right + overhang(size[1], kw, sw, left, right, w)

    def counted(self, size: Pair) -> Pads:
        """How much of the padding on each side belongs to the mean."""
        return resolved(self.pads, size, self.kernel, self.stride) if self.count_include_pad else (0, 0, 0, 0)

    def window(self) -> tuple[Pair, tuple[float, float]]:
        return self.kernel, (float(self.stride[0]), float(self.stride[1]))

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        size = (x.shape[2], x.shape[3])
        inside = _padded(np.ones((1, 1, *size), x.dtype), self.counted(size), 1)
        rest = tuple(p - c for p, c in zip(self.explicit(size), self.counted(size), strict=True))
        h, w = self.size(size)
        total, count = (
            strided(padded, self.kernel, self.stride)[:, :, :h, :w].sum(axis=(4, 5))
            for padded in (_padded(x, self.explicit(size), 0), _padded(inside, rest, 0))
        )
        return np.asarray(total / count)


def _padded(x: Array, pads: tuple[int, ...], value: int) -> Array:
    top, bottom, left, right = pads
    return np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=value)


def avg_pool(
    x: Value,
    kernel: int | Pair,
    stride: int | Pair | None = None,
    *,
    pad: int | Pair | Pads | Literal["same"] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    name: str | None = None,
) -> Value:
    """Pool a map (C, H, W); the stride is the kernel where none is given; "same" needs count_include_pad=False."""
    strides = pair(kernel if stride is None else stride)
    return apply(AvgPool(pair(kernel), strides, padding(pad), ceil_mode, count_include_pad), x, name=name)
