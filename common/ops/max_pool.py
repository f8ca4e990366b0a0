"""Max pooling; padding is minus infinity, so it never wins, and ceil mode adds a partial window at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ..geometry import Pads, Pair, padding, pair
from ..onnx_graph import Graph, attributes
from ..spec import Array
from ..trace import Value, apply
from ..traits import Example
from ._pooling import Pool
from ._windows import strided


@dataclass(frozen=True)
class MaxPool(Pool):
    """The maximum of each window of each channel."""

    kind: ClassVar[str] = "max_pool"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.max_pool(x, 2),
        lambda x, op: op.max_pool(x, 3, 2, pad=1),
        lambda x, op: op.max_pool(x, 3, 2, ceil_mode=True),
        lambda x, op: op.max_pool(x, (3, 2), (2, 3), pad=1, ceil_mode=True),
        lambda x, op: op.max_pool(x, 3, 2, pad=(0, 1, 2, 1)),
        lambda x, op: op.max_pool(x, 2, 1, pad=(0, 1, 0, 1)),
        lambda x, op: op.max_pool(x, 3, 2, pad="same"),
    )
    joins_pads: ClassVar[Literal["never", "of positive values", "always"]] = "of positive values"

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        top, bottom, left, right = self.explicit((x.shape[2], x.shape[3]))
        x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=-np.inf)
        h, w = self.size((arrays[0].shape[2], arrays[0].shape[3]))
        return np.asarray(strided(x, self.kernel, self.stride)[:, :, :h, :w].max(axis=(4, 5)))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add(
            "MaxPool", *inputs, **attributes(self.pads, self.kernel, self.stride), ceil_mode=int(self.ceil_mode)
        )


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
