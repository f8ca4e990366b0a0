"""Softsign (Bergstra et al. 2009), which comes to rest more slowly than the hyperbolic tangent."""

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
class Softsign(Elementwise):
    """x / (1 + |x|)."""

    kind: ClassVar[str] = "softsign"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.softsign(x),
        of_vector(lambda x, op: op.softsign(x)),
    )

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return np.asarray(arrays[0] / (1 + np.abs(arrays[0])))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Softsign", *inputs)


def softsign(x: Value, *, name: str | None = None) -> Value:
    """Squash a map or a vector to -1 ... 1."""
    return apply(Softsign(), x, name=name)
