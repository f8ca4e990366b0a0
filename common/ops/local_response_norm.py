"""Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3), in torch's convention."""

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
class LocalResponseNorm(Op):
    """x / (k + alpha / size * sum of x**2)**beta over channels c - size // 2 ... c + (size - 1) // 2.

    Alpha is divided by the size, as in torch and Caffe; the paper and TensorFlow do not divide it.
    """

    kind: ClassVar[str] = "local_response_norm"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.local_response_norm(x),
        lambda x, op: op.local_response_norm(x, 3, 0.5, 0.6, 2.0),
        lambda x, op: op.local_response_norm(x, 2, alpha=0.4),
        lambda x, op: op.local_response_norm(x, 4, alpha=0.4),
        lambda x, op: op.local_response_norm(x, 9, alpha=2.0),
    )
    title: ClassVar[str] = "response norm"
    role: ClassVar[Role] = "follower"
    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"local response normalisation takes a map (C, H, W), not a vector of {int(x[0])}")
        if self.size < 1:
            raise SpecError(f"the size of the channel window is at least 1, not {int(self.size)}")
        return x

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        channels = x.shape[1]
        squares = np.pad(x * x, ((0, 0), (self.size // 2, (self.size - 1) // 2), (0, 0), (0, 0)))
        total = np.sum([squares[:, i : i + channels] for i in range(self.size)], axis=0)
        return np.asarray(x / (self.k + self.alpha / self.size * total) ** self.beta)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        if self.size % 2 and not g.double:
            return g.add("LRN", *inputs, size=self.size, alpha=self.alpha, beta=self.beta, bias=self.k)
        # LRN's windows of even sizes reach further forward than ours, which reach further back.
        squares = g.add("Mul", *inputs, *inputs)
        pads = g.integers(self.size // 2, (self.size - 1) // 2)
        squares = g.add("Pad", squares, pads, g.constant(0), g.integers(1), mode="constant")
        channels = g.node.in_shapes[0][0]
        windows = [
            g.add("Slice", squares, g.integers(i), g.integers(i + channels), g.integers(1)) for i in range(self.size)
        ]
        part = g.add("Mul", g.add("Sum", *windows), g.constant(self.alpha / self.size))
        power = g.add("Pow", g.add("Add", part, g.constant(self.k)), g.constant(self.beta))
        return g.add("Div", *inputs, power)


def local_response_norm(
    x: Value,
    size: int = 5,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 1.0,
    *,
    name: str | None = None,
) -> Value:
    """Divide each number by a power of the mean square of its neighbours in other channels."""
    return apply(LocalResponseNorm(size, alpha, beta, k), x, name=name)
