"""The sum of a map over its places, each with a weight: the context of global context blocks (Cao et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example, Role


@dataclass(frozen=True)
class AttentionPool(Op):
    """y[c] = sum over places of x[c] * weights: of maps (C, H, W) and (1, H, W), a map (C, 1, 1)."""

    kind: ClassVar[str] = "attention_pool"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.attention_pool(x, op.softmax(op.conv(x, 1, 1, bias=False), "places")),
        lambda x, op: x * op.sigmoid(op.attention_pool(op.tanh(x), op.conv(x, 1, 1))),
    )
    title: ClassVar[str] = "attention pool"
    role: ClassVar[Role] = "join"

    def shape(self, *inputs: Shape) -> Shape:
        x, weights = inputs
        if len(x) != 3 or weights != (1, *x[1:]):
            got = f"{tuple(map(int, x))} and {tuple(map(int, weights))}"
            raise SpecError(f"an attention pool takes a map (C, H, W) and one of weights (1, H, W), not {got}")
        return (x[0], 1, 1)

    def window(self, *inputs: Shape) -> None:
        return None

    def run(self, *arrays: Array, **weights: Array) -> Array:
        x, shares = arrays
        return np.asarray((x * shares).sum(axis=(2, 3), keepdims=True))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("ReduceSum", g.add("Mul", *inputs), g.integers(2, 3), keepdims=1)


def attention_pool(x: Value, weights: Value, *, name: str | None = None) -> Value:
    """Sum a map (C, H, W) over its places, each times its weight, to (C, 1, 1)."""
    return apply(AttentionPool(), x, weights, name=name)
