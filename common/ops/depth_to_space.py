"""Channels become squares of a map; the frameworks take them in different orders of equal shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example

Order = Literal["torch", "tf"]


@dataclass(frozen=True)
class DepthToSpace(Op):
    """(C * block**2, H, W) -> (C, H * block, W * block).

    Row i and column j of a square of output channel c is input channel c * block**2 + i * block + j ("torch", as
    nn.PixelShuffle) or (i * block + j) * C + c ("tf", as tf.nn.depth_to_space).
    """

    kind: ClassVar[str] = "depth_to_space"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.depth_to_space(x),
        lambda x, op: op.depth_to_space(op.conv(x, 8, 1)),
        lambda x, op: op.depth_to_space(op.conv(x, 18, 1), 3, "tf"),
    )
    block: int = 2
    order: Order = "torch"

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"depth to space takes a map (C, H, W), not a vector of {int(x[0])}")
        if self.order not in get_args(Order):
            raise SpecError(f"the order is {' or '.join(get_args(Order))}, not {self.order!r}")
        if self.block < 1 or x[0] % (self.block * self.block):
            raise SpecError(f"{int(x[0])} channels make no squares of {self.block}")
        return (x[0] // (self.block * self.block), x[1] * self.block, x[2] * self.block)

    def window(self, *inputs: Shape) -> tuple[tuple[int, int], tuple[float, float]]:
        return (1, 1), (1 / self.block, 1 / self.block)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,), b = arrays, self.block
        n, c, h, w = x.shape
        if self.order == "torch":
            squares = x.reshape(n, -1, b, b, h, w).transpose(0, 1, 4, 2, 5, 3)  # N C H i W j
        else:
            squares = x.reshape(n, b, b, -1, h, w).transpose(0, 3, 4, 1, 5, 2)
        return squares.reshape(n, c // (b * b), h * b, w * b)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("DepthToSpace", *inputs, blocksize=self.block, mode="CRD" if self.order == "torch" else "DCR")


def depth_to_space(x: Value, block: int = 2, order: Order = "torch", *, name: str | None = None) -> Value:
    """Turn the channels of a map into squares of block x block numbers."""
    return apply(DepthToSpace(block, order), x, name=name)
