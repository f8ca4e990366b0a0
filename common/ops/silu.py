"""Sigmoid linear unit, also called Swish (Ramachandran, Zoph & Le 2017)."""

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
class Silu(Elementwise):
    """x * sigmoid(x)."""

    kind: ClassVar[str] = "silu"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.silu(x),
        of_vector(lambda x, op: op.silu(x)),
    )
    title: ClassVar[str] = "SiLU"
    overwrites: ClassVar[bool] = True

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        return np.asarray(x * np.exp(-np.logaddexp(0, -x)))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Mul", *inputs, g.add("Sigmoid", *inputs))


def silu(x: Value, *, name: str | None = None) -> Value:
    """Multiply each number by its own sigmoid."""
    return apply(Silu(), x, name=name)
