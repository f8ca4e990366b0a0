"""Global response normalisation (Woo et al. 2023, section 3.2, ConvNeXt V2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Shape, Weight
from ..trace import Value, apply
from ..traits import Example
from ._normal import Normal, check_eps, wide


@dataclass(frozen=True)
class Grn(Normal):
    """y = x + bias + weight * x * n, with n = g / (mean of g over channels + eps), g[c] = sqrt(sum of x[c]**2)."""

    kind: ClassVar[str] = "grn"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.grn(x),
        lambda x, op: op.grn(op.conv(x, 6, 1), eps=0.1),
    )
    title: ClassVar[str] = "GRN"
    eps: float = 1e-6

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        check_eps(self.eps)
        if len(x) != 3:
            raise SpecError(f"global response normalisation takes a map (C, H, W), not a vector of {int(x[0])}")
        return x

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        channels = inputs[0][:1]
        return Weight("weight", channels, "C"), Weight("bias", channels, "C")

    def window(self, *inputs: Shape) -> None:
        return None

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        g = np.sqrt((x * x).sum(axis=(2, 3), keepdims=True))
        n = g / (g.mean(axis=1, keepdims=True) + self.eps)
        return np.asarray(x + (wide(weights["bias"], x) + wide(weights["weight"], x) * (x * n)))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        (x,) = inputs
        weight, bias = (g.add("Unsqueeze", name, g.integers(1, 2)) for name in weights.values())
        size = g.add("Sqrt", g.add("ReduceSum", g.add("Mul", x, x), g.integers(2, 3), keepdims=1))
        mean = g.add("Add", g.add("ReduceMean", size, g.integers(1), keepdims=1), g.constant(self.eps))
        scaled = g.add("Mul", weight, g.add("Mul", x, g.add("Div", size, mean)))
        return g.add("Add", x, g.add("Add", bias, scaled))


def grn(x: Value, *, eps: float = 1e-6, name: str | None = None, owner: str = "") -> Value:
    """Let the channels of a map compete by their size over all places."""
    return apply(Grn(eps), x, name=name, owner=owner)
