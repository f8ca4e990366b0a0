"""Piecewise linear sigmoid of MobileNetV3 (Howard et al. 2019); Keras 2 had clip(0.2 * x + 0.5) under this name."""

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
class HardSigmoid(Elementwise):
    """relu6(x + 3) / 6."""

    kind: ClassVar[str] = "hard_sigmoid"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.hard_sigmoid(x),
        of_vector(lambda x, op: op.hard_sigmoid(x)),
    )
    rounded_gradient: ClassVar[float] = 1e-6

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return np.clip(arrays[0] + 3, 0, 6) / 6

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        if not g.double:
            return g.add("HardSigmoid", *inputs, alpha=1 / 6, beta=0.5)
        clipped = g.add("Clip", g.add("Add", *inputs, g.constant(3)), g.constant(0), g.constant(6))
        return g.add("Div", clipped, g.constant(6))


def hard_sigmoid(x: Value, *, name: str | None = None) -> Value:
    """Squash a map or a vector to 0 ... 1, linearly between -3 and 3."""
    return apply(HardSigmoid(), x, name=name)
