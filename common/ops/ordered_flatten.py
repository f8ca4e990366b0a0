"""Flatten a map to a vector whose numbers stand in one order in both frameworks.

A plain flatten leaves each framework its own order, and the next linear layer's kernel makes up for it. Where something
else comes next (a normalisation of the vector, another vector beside it), the order itself has to be the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example, Role


@dataclass(frozen=True)
class OrderedFlatten(Op):
    """(C, H, W) -> (C * H * W,), the last letter of the order running fastest: "HWC" as Keras, "CHW" as PyTorch."""

    kind: ClassVar[str] = "ordered_flatten"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.linear(op.batch_norm(op.ordered_flatten(x)), 3),
        lambda x, op: op.concat([op.ordered_flatten(x, "CHW"), op.ordered_flatten(op.conv(x, 2, 1), "WCH")]),
        lambda x, op: op.softmax(op.ordered_flatten(x, "HCW")),
    )
    title: ClassVar[str] = "flatten"
    role: ClassVar[Role] = "head"
    order: str = "HWC"

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if sorted(self.order) != ["C", "H", "W"]:
            raise SpecError(f"the order of a flattened map has the letters C, H and W once each, not {self.order!r}")
        if len(x) != 3:
            raise SpecError(f"flatten takes a map (C, H, W), not a vector of {int(x[0])}")
        return (x[0] * (x[1] * x[2]),)

    def flattened(self, *orders: Shape | None) -> None:
        return None

    def window(self, *inputs: Shape) -> None:
        return None

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        return x.transpose(0, *self.axes("NCHW")).reshape(len(x), -1)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Flatten", g.add("Transpose", *inputs, perm=(0, *self.axes("NCHW"))), axis=1)

    def axes(self, layout: str) -> tuple[int, ...]:
        """The places of the order's axes in a layout, with the batch.

        >>> OrderedFlatten("HWC").axes("NCHW"), OrderedFlatten("CHW").axes("NHWC")
        ((2, 3, 1), (3, 1, 2))
        """
        return tuple(layout.index(letter) for letter in self.order)


def ordered_flatten(x: Value, order: str = "HWC", *, name: str | None = None) -> Value:
    """Flatten a map (C, H, W) to a vector (C * H * W,) in the order of these letters."""
    return apply(OrderedFlatten(order), x, name=name)
