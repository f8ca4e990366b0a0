"""A fully connected layer; after a flatten, its input axis is (C H W) in torch's order and (H W C) in Keras's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape, Weight
from ..trace import Value, apply
from ..traits import Example, Role


@dataclass(frozen=True)
class Linear(Op):
    """y = W x + b; `folded` is the (C, H, W) that the input was flattened from, where its order matters."""

    kind: ClassVar[str] = "linear"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.linear(op.global_avg_pool(x), 3),
        lambda x, op: op.linear(op.flatten(x), 5, bias=False),
    )
    role: ClassVar[Role] = "weighted"
    deepens: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True
    takes_factors: ClassVar[bool] = True
    features: int
    bias: bool = True
    folded: Shape | None = None

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 1:
            raise SpecError(f"a linear layer takes a vector, not a map {tuple(map(int, x))}; flatten it first")
        return (self.features,)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (x,) = inputs
        axes = "O I" if self.folded is None else "O (C H W)"
        sizes = tuple(zip("CHW", map(int, self.folded or ()), strict=False))
        weight = Weight("weight", (self.features, x[0]), axes, init="lecun", fan_in=int(x[0]), sizes=sizes)
        return (weight, Weight("bias", (self.features,), "O")) if self.bias else (weight,)

    def macs(self, inputs: tuple[Shape, ...], output: Shape) -> int:
        return int(inputs[0][0]) * int(self.features)

    def flattened(self, *orders: Shape | None) -> Shape | None:
        if self.folded != orders[0]:
            got = orders[0] and tuple(map(int, orders[0]))
            raise SpecError(f"its weights are for a vector flattened from {self.folded}, and it takes one from {got}")
        return None

    def window(self, *inputs: Shape) -> None:
        return None

    def run(self, *arrays: Array, **weights: Array) -> Array:
        y = arrays[0] @ weights["weight"].T
        return y + weights["bias"] if self.bias else y

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Gemm", *inputs, *weights.values(), transB=1)


def linear(x: Value, features: int, *, bias: bool = True, name: str | None = None, owner: str = "") -> Value:
    """Map a vector (F,) to (features,)."""
    return apply(Linear(features, bias, x.flattened), x, name=name, owner=owner)
