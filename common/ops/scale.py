"""A trainable factor, and where wanted an offset, per channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape, Weight
from ..trace import Value, apply
from ..traits import Example, Role, of_vector


@dataclass(frozen=True)
class Scale(Op):
    """y[c] = x[c] * weight[c] + bias[c]."""

    kind: ClassVar[str] = "scale"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.scale(x),
        lambda x, op: op.scale(x, bias=False),
        of_vector(lambda x, op: op.scale(x)),
    )
    role: ClassVar[Role] = "follower"
    inplace: ClassVar[bool] = True
    bias: bool = True

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def flattened(self, *orders: Shape | None) -> None:
        if orders[0] is not None:
            raise SpecError("a flattened map has another order in each framework; scale the map, then flatten")

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        channels = (inputs[0][0],)
        weight = Weight("weight", channels, "C", init="ones")
        return (weight, Weight("bias", channels, "C")) if self.bias else (weight,)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        ones = [1] * (x.ndim - 2)
        y = x * weights["weight"].reshape(-1, *ones)
        return y + weights["bias"].reshape(-1, *ones) if self.bias else y

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        own = list(weights.values())
        if len(g.node.shape) == 3:
            own = [g.add("Unsqueeze", name, g.integers(1, 2)) for name in own]
        scaled = g.add("Mul", *inputs, own[0])
        return g.add("Add", scaled, own[1]) if self.bias else scaled


def scale(x: Value, bias: bool = True, *, name: str | None = None, owner: str = "") -> Value:
    """Multiply each channel of a map, or each number of a vector, by a trainable number, and add another."""
    return apply(Scale(bias), x, name=name, owner=owner)
