"""Max pooling; padding is minus infinity, so it never wins, and ceil mode adds a partial window at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ..errors import SpecError
from ..geometry import Pads, Pair, Padding, overhang, padding, pair, resolved, symmetric, windows
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..windows import strided


@dataclass(frozen=True)
class MaxPool(Op):
    """The maximum of each window of each channel."""

    kind: ClassVar[str] = "max_pool"
    kernel: Pair
    stride: Pair
    pads: Padding = (0, 0, 0, 0)
    ceil_mode: bool = False

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"pooling takes a map (C, H, W), not a vector of {int(x[0])}")
        if self.pads != "same" and any(pad >= self.kernel[axis // 2] for axis, pad in enumerate(self.pads)):
            raise SpecError(f"the pads {self.pads} hold whole windows of {self.kernel}, which would have no maximum")
        if self.ceil_mode and not (symmetric(self.pads) and all(2 * p <= k for p, k in zip(self.pads[::2], self.kernel))):
            raise SpecError(f"ceil mode takes even pads of at most half the kernel {self.kernel}, not {self.pads}")
        return (x[0], *self.size((x[1], x[2])))

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

    def window(self) -> tuple[Pair, tuple[float, float]]:
        return self.kernel, (float(self.stride[0]), float(self.stride[1]))

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        top, bottom, left, right = self.explicit((x.shape[2], x.shape[3]))
        x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=-np.inf)
        h, w = self.size((arrays[0].shape[2], arrays[0].shape[3]))
        return np.asarray(strided(x, self.kernel, self.stride)[:, :, :h, :w].max(axis=(4, 5)))


def max_pool(
    x: Value,
    kernel: int | Pair,
    stride: int | Pair | None = None,
    *,
    pad: int | Pair | Pads | Literal["same"] = 0,
    ceil_mode: bool = False,
    name: str | None = None,
) -> Value:
    """Pool a map (C, H, W); the stride is the kernel where none is given."""
    op = MaxPool(pair(kernel), pair(kernel if stride is None else stride), padding(pad), ceil_mode)
    return apply(op, x, name=name)
