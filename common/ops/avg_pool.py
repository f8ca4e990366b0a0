"""Average pooling; what a window divides by is a field, because the frameworks disagree about padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ..geometry import Pads, Pair, padding, pair, resolved
from ..onnx_graph import Graph, attributes
from ..spec import Array, Shape
from ..trace import Value, apply
from ..traits import Example
from ._pooling import Pool
from ._windows import strided


@dataclass(frozen=True)
class AvgPool(Pool):
    """The sum of each window of each channel, divided by its size.

    With `count_include_pad` that is its size within the padded input, else within the input itself; so a window that
    ceil mode lets hang over the end is divided by less than the area of the kernel either way.
    """

    kind: ClassVar[str] = "avg_pool"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.avg_pool(x, 2),
        lambda x, op: op.avg_pool(x, 3, 2, pad=1),
        lambda x, op: op.avg_pool(x, 3, 1, pad=1, count_include_pad=False),
        lambda x, op: op.avg_pool(x, (3, 2), (2, 3), pad=1, ceil_mode=True),
        lambda x, op: op.avg_pool(x, 3, 2, pad=1, ceil_mode=True, count_include_pad=False),
        lambda x, op: op.avg_pool(x, 3, 2, pad=(0, 1, 2, 1)),
        lambda x, op: op.avg_pool(x, 3, 2, pad=(0, 1, 2, 1), count_include_pad=False),
        lambda x, op: op.avg_pool(x, 3, 2, pad="same", count_include_pad=False),
        lambda x, op: op.avg_pool(x, 3, 2, pad="same"),
        lambda x, op: op.avg_pool(x, (2, 3), (1, 3), pad="same"),
    )
    title: ClassVar[str] = "average pool"
    count_include_pad: bool = True

    def class_key(self, *inputs: Shape) -> tuple[Pads, ...]:
        # Keras pads by zeros that count where its size says so.
        counted = self.pads == "same" and self.count_include_pad
        return (self.explicit((inputs[0][1], inputs[0][2])),) if counted else super().class_key(*inputs)

    def counted(self, size: Pair) -> Pads:
        """How much of the padding on each side belongs to the mean."""
        return resolved(self.pads, size, self.kernel, self.stride) if self.count_include_pad else (0, 0, 0, 0)

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

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        where = attributes(self.pads, self.kernel, self.stride)
        counted = int(self.count_include_pad)
        return g.add("AveragePool", *inputs, **where, ceil_mode=int(self.ceil_mode), count_include_pad=counted)


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
    """Pool a map (C, H, W); the stride is the kernel where none is given; Keras's own "same" counts no padding."""
    strides = pair(kernel if stride is None else stride)
    return apply(AvgPool(pair(kernel), strides, padding(pad), ceil_mode, count_include_pad), x, name=name)
