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
    one of length 1 in NumPy and ONNX: it is spread over the maps that it is added to or multiplied by. `stored` is the
    shape that its weight has in a state dict, where that is another one with the same numbers in the same order: () of
    a single number, (C,) of layer scale, (1, C, 1, 1).
    """

    kind: ClassVar[str] = "parameter"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: x * op.parameter((x.channels, 1, 1)),
        lambda x, op: op.add(op.parameter((1, *x.shape[1:]), "zeros"), op.tanh(x)),
        lambda x, op: op.multiply(op.sigmoid(op.parameter(x.shape, name="gamma")), x),
        lambda x, op: op.weighted_sum([x, op.tanh(x), op.relu(x)], op.parameter((3,))),
        lambda x, op: op.weighted_sum([x, op.tanh(x)], op.relu(op.parameter((2,), name="w")), mode="softmax"),
        lambda x, op: x * op.parameter((x.channels, 1, 1), name="gamma") + op.parameter((1, 1, 1)),
        lambda x, op: x * op.parameter((4, 1, 1), stored=(4,)) + op.parameter((4, 1, 1), stored=(1, 4, 1, 1)),
        lambda x, op: op.tanh(x) * op.parameter((1, 1, 1), stored=()) + op.parameter((1, 1, 1), stored=(1,)),
    )
    size: Shape
    init: Start = "ones"
    stored: Shape | None = None

    def shape(self, *inputs: Shape) -> Shape:
        if len(self.size) not in (1, 3):
            raise SpecError(f"a parameter is a map (C, H, W) or a vector (F,), not {tuple(map(int, self.size))}")
        if self.init not in get_args(Start):
            raise SpecError(f"a parameter starts as one of {', '.join(get_args(Start))}, not {self.init!r}")
        if self.stored is not None and (
            [n for n in self.stored if n != 1] != [n for n in self.size if n != 1] or min(self.stored, default=1) < 1
        ):
            got = f"{tuple(map(int, self.stored))} and {tuple(map(int, self.size))}"
            raise SpecError(f"a parameter is stored in the shape of its value but for lengths of 1, not in {got}")
        return self.size

    @property
    def letters(self) -> list[str]:
        """What each axis of the value is called: "1" for one of a parameter that is stored without it."""
        letters = ["C", "H", "W"][: len(self.size)]
        if self.stored is None:
            return letters
        return [letter if n != 1 else "1" for letter, n in zip(letters, self.size, strict=True)]

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        if self.stored is not None:
            names = iter([letter for letter in self.letters if letter != "1"])
            axes = " ".join("1" if n == 1 else next(names) for n in self.stored)
            return (Weight("", self.stored, axes, init=self.init),)
        letters = ("C", "H", "W")[: len(self.size)]
        sizes = tuple(zip(letters, map(int, self.size), strict=True))
        return (Weight("", self.size, " ".join(letters), init=self.init, sizes=sizes),)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (weight,) = weights.values()
        return weight.reshape(1, *map(int, self.size))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        if self.stored is not None:
            return g.add("Reshape", *weights.values(), g.integers(1, *self.size))
        return g.add("Unsqueeze", *weights.values(), g.integers(0))


def parameter(
    shape: Shape, init: Start = "ones", *, stored: Shape | None = None, name: str | None = None, owner: str = ""
) -> Value:
    """A trainable value of the shape (C, H, W), (C, 1, 1), (1, H, W) or (F,), which starts as zeros or ones.

    `stored` is the shape of its weight, where that has other axes of length 1.
    """
    own = None if stored is None or tuple(stored) == tuple(shape) else tuple(stored)
    return apply(Parameter(tuple(shape), init, own), name=name, owner=owner)
