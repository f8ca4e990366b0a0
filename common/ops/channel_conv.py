"""A convolution along the channels of a vector: efficient channel attention (Wang et al. 2020, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape, Weight
from ..trace import Value, apply
from ..traits import Example, Role, of_vector


@dataclass(frozen=True)
class ChannelConv(Op):
    """y[c] = b + sum over k of weight[k] * x[c + k - pad], with zeros where there is no such channel."""

    kind: ClassVar[str] = "channel_conv"
    examples: ClassVar[tuple[Example, ...]] = (
        of_vector(lambda x, op: op.channel_conv(x, 3, pad=1)),
        of_vector(lambda x, op: op.channel_conv(x, 2, bias=True)),
    )
    title: ClassVar[str] = "conv along channels"
    role: ClassVar[Role] = "weighted"
    kernel: int
    pad: int = 0
    bias: bool = False

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 1:
            raise SpecError(f"a convolution along channels takes a vector, not a map {tuple(map(int, x))}")
        if self.kernel < 1 or self.pad < 0:
            got = f"a kernel of {self.kernel} and pads of {self.pad}"
            raise SpecError(f"a convolution along channels has a kernel of at least 1, and no pads below 0, not {got}")
        if self.kernel > x[0] + 2 * self.pad:
            raise SpecError(f"a window of {self.kernel} does not fit on {int(x[0])} channels with pads of {self.pad}")
        return (x[0] + (2 * self.pad - self.kernel + 1),)

    def flattened(self, *orders: Shape | None) -> None:
        if orders[0] is not None:
            raise SpecError("a flattened map has another order in each framework, and no neighbours along channels")

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        weight = Weight("weight", (1, 1, self.kernel), "1 1 K", init="he", fan_in=self.kernel)
        return (weight, Weight("bias", (1,), "O")) if self.bias else (weight,)

    def macs(self, inputs: tuple[Shape, ...], output: Shape) -> int:
        return int(output[0]) * self.kernel

    def run(self, *arrays: Array, **weights: Array) -> Array:
        x = np.pad(arrays[0], ((0, 0), (self.pad, self.pad)))
        y = np.lib.stride_tricks.sliding_window_view(x, self.kernel, axis=1) @ weights["weight"][0, 0]
        return np.asarray(y + weights["bias"] if self.bias else y)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        row = g.add("Unsqueeze", *inputs, g.integers(1))
        pads = (self.pad, self.pad)
        y = g.add("Conv", row, *weights.values(), kernel_shape=(self.kernel,), pads=pads)
        return g.add("Squeeze", y, g.integers(1))


def channel_conv(
    x: Value, kernel: int, *, pad: int = 0, bias: bool = False, name: str | None = None, owner: str = ""
) -> Value:
    """Convolve a vector along its channels, each with its neighbours."""
    return apply(ChannelConv(kernel, pad, bias), x, name=name, owner=owner)
