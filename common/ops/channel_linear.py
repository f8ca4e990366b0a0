"""A fully connected layer over the channels at each place of a map, whose weight has two axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape, Weight
from ..trace import Value, apply
from ..traits import Example, Role


@dataclass(frozen=True)
class ChannelLinear(Op):
    """y[:, i, j] = W x[:, i, j] + b: a convolution of kernel 1, but for the shape (out, in) of its weight."""

    kind: ClassVar[str] = "channel_linear"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.channel_linear(x, 3),
        lambda x, op: op.channel_linear(op.layer_norm(x), 5, bias=False),
    )
    title: ClassVar[str] = "channel linear"
    role: ClassVar[Role] = "weighted"
    deepens: ClassVar[bool] = True
    features: int
    bias: bool = True

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"a linear layer over channels takes a map (C, H, W), not a vector of {int(x[0])}")
        return (self.features, *x[1:])

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        inside = inputs[0][0]
        weight = Weight("weight", (self.features, inside), "O I", init="lecun", fan_in=int(inside))
        return (weight, Weight("bias", (self.features,), "O")) if self.bias else (weight,)

    def macs(self, inputs: tuple[Shape, ...], output: Shape) -> int:
        return int(inputs[0][0]) * int(output[0]) * int(output[1]) * int(output[2])

    def run(self, *arrays: Array, **weights: Array) -> Array:
        y = np.moveaxis(np.moveaxis(arrays[0], 1, -1) @ weights["weight"].T, -1, 1)
        return y + weights["bias"][:, None, None] if self.bias else y

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        kernel = g.add("Unsqueeze", weights["weight"], g.integers(2, 3))
        bias = (weights["bias"],) if self.bias else ()
        return g.add("Conv", *inputs, kernel, *bias, kernel_shape=(1, 1))


def channel_linear(x: Value, features: int, *, bias: bool = True, name: str | None = None, owner: str = "") -> Value:
    """Map the channels at each place of a map (C, H, W) to (features, H, W)."""
    return apply(ChannelLinear(features, bias), x, name=name, owner=owner)
