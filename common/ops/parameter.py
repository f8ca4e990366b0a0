"""A weight that a block owns directly, such as the factors of layer scale or the weights of a fusion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape, Weight
from ..trace import Value, apply
from ..traits import Example

Start = Literal["zeros", "ones"]


@dataclass(frozen=True)
class Parameter(Op):
    """A map (C, H, W), where each may be 1, or a vector (F,) of trainable numbers: the same for every image.

    It takes no input, and its weight has no name but the path of the node. Its value has no batch axis in PyTorch and
    one of length 1 in NumPy and ONNX: it is spread over the maps that it is added to or multiplied by.
    """

    kind: ClassVar[str] = "parameter"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: x * op.parameter((x.channels, 1, 1)),
        lambda x, op: op.add(op.parameter((1, *x.shape[1:]), "zeros"), op.tanh(x)),
        lambda x, op: op.multiply(op.sigmoid(op.parameter(x.shape, name="gamma")), x),
        lambda x, op: op.weighted_sum([x, op.tanh(x), op.relu(x)], op.parameter((3,))),
        lambda x, op: op.weighted_sum([x, op.tanh(x)], op.relu(op.parameter((2,), name="w")), mode="softmax"),
        lambda x, op: x * op.parameter((x.channels, 1, 1), name="gamma") + op.parameter((1, 1, 1)),
    )
    size: Shape
    init: Start = "ones"

    def shape(self, *inputs: Shape) -> Shape:
        if len(self.size) not in (1, 3):
            raise SpecError(f"a parameter is a map (C, H, W) or a vector (F,), not {tuple(map(int, self.size))}")
        if self.init not in get_args(Start):
            raise SpecError(f"a parameter starts as one of {', '.join(get_args(Start))}, not {self.init!r}")
        return self.size

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        letters = ("C", "H", "W")[: len(self.size)]
        sizes = tuple(zip(letters, map(int, self.size), strict=True))
        return (Weight("", self.size, " ".join(letters), init=self.init, sizes=sizes),)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (weight,) = weights.values()
        return weight[None]

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Unsqueeze", *weights.values(), g.integers(0))


def parameter(shape: Shape, init: Start = "ones", *, name: str | None = None, owner: str = "") -> Value:
    """A trainable value of the shape (C, H, W), (C, 1, 1), (1, H, W) or (F,), which starts as zeros or ones."""
    return apply(Parameter(tuple(shape), init), name=name, owner=owner)
