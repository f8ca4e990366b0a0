"""Concatenation of maps, or of vectors, along their channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example, Role, of_vector


@dataclass(frozen=True)
class Concat(Op):
    """The channels of the first value, then those of the second, and so on."""

    kind: ClassVar[str] = "concat"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.concat([x, op.tanh(x)]),
        lambda x, op: op.concat([op.relu(x), op.conv(x, 3, 1), op.tanh(x)]),
        of_vector(lambda x, op: op.concat([op.tanh(x), x])),
    )
    role: ClassVar[Role] = "join"

    def shape(self, *inputs: Shape) -> Shape:
        if len(inputs) < 2:
            raise SpecError(f"concatenation takes at least two values, not {len(inputs)}")
        if len({shape[1:] for shape in inputs}) != 1:
            got = ", ".join(str(tuple(map(int, shape))) for shape in inputs)
            raise SpecError(f"cannot concatenate {got}: all but the channels must be equal")
        return (sum(shape[0] for shape in inputs), *inputs[0][1:])

    def flattened(self, *orders: Shape | None) -> None:
        if any(order is not None for order in orders):
            raise SpecError("flattened maps have another order in each framework; concatenate the maps, then flatten")

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return np.concatenate(arrays, axis=1)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Concat", *inputs, axis=1)


def concat(values: Sequence[Value], *, name: str | None = None) -> Value:
    """Concatenate maps of equal height and width, or vectors, along their channels."""
    return apply(Concat(), *values, name=name)
