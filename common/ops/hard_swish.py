"""Piecewise quadratic Swish (Howard et al. 2019, Searching for MobileNetV3, section 5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..onnx_graph import Graph
from ..spec import Array
from ..trace import Value, apply
from ..traits import Example, of_vector
from ._elementwise import Elementwise


@dataclass(frozen=True)
class HardSwish(Elementwise):
    """x * relu6(x + 3) / 6."""

    kind: ClassVar[str] = "hard_swish"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.hard_swish(x),
        of_vector(lambda x, op: op.hard_swish(x)),
    )
    overwrites: ClassVar[bool] = True

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        return x * np.clip(x + 3, 0, 6) / 6

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        if not g.double:
            return g.add("HardSwish", *inputs)
        clipped = g.add("Clip", g.add("Add", *inputs, g.constant(3)), g.constant(0), g.constant(6))
        return g.add("Div", g.add("Mul", *inputs, clipped), g.constant(6))


def hard_swish(x: Value, *, name: str | None = None) -> Value:
    """Multiply each number by its own hard sigmoid."""
    return apply(HardSwish(), x, name=name)
