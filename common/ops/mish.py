"""Mish (Misra 2019)."""

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
class Mish(Elementwise):
    """x * tanh(log(1 + exp(x)))."""

    kind: ClassVar[str] = "mish"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.mish(x),
        lambda x, op: op.mish(op.rescale(x, 20.0)),
        of_vector(lambda x, op: op.mish(x)),
    )
    overwrites: ClassVar[bool] = True

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        return np.asarray(x * np.tanh(np.logaddexp(0, x)))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Mish", *inputs)


def mish(x: Value, *, name: str | None = None) -> Value:
    """Multiply each number by the tanh of its softplus."""
    return apply(Mish(), x, name=name)
