"""Convolution with standardised weights (Qiao et al. 2019, section 3), as they are or scaled (Brock et al. 2021)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ..errors import SpecError
from ..geometry import Pads, Pair, padding, pair
from ..onnx_graph import Graph
from ..spec import Array, Shape, Weight
from ..trace import Value, apply
from ..traits import Example
from ._normal import check_eps, onnx_standardised, standardised
from .conv import Conv


@dataclass(frozen=True)
class StdConv(Conv):
    """A convolution by w[o] = (weight[o] - mean) / sqrt(variance + eps), each output's kernel by its own moments.

    The variance is the biased one. With a `gain`, w[o] is multiplied by gain[o] * factor: in the networks without
    normalisers of Brock et al. the factor is that of the activation, divided by the root of the kernel's size.
    """

    kind: ClassVar[str] = "std_conv"
    class_note: ClassVar[str] = ""
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.std_conv(x, 6, 3, stride=2, pad=1),
        lambda x, op: op.std_conv(x, 6, 3, stride=2, pad="same", gain=True, factor=0.3, bias=False),
        lambda x, op: op.std_conv(x, 8, (2, 3), pad=(0, 1, 1, 1), groups=4, eps=0.01, gain=True),
        lambda x, op: op.std_conv(x, 4, 3, pad=2, dilation=2, groups=2, bias=False),
    )
    takes_factors: ClassVar[bool] = False
    rewritable: ClassVar[tuple[str, ...]] = ()
    eps: float = 1e-6
    gain: bool = False
    factor: float = 1.0

    def shape(self, *inputs: Shape) -> Shape:
        check_eps(self.eps)
        if self.factor != 1 and not self.gain:
            raise SpecError(f"a factor, here {self.factor}, is that of a gain; without one it has no place")
        return super().shape(*inputs)

    def class_key(self, *inputs: Shape) -> tuple[int]:
        return (0,)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (x,) = inputs
        shape = (self.channels, x[0] // self.groups, *self.kernel)
        weight = Weight("weight", shape, "O I H W", init="he", fan_in=int(shape[1] * shape[2] * shape[3]))
        bias = (Weight("bias", (self.channels,), "O"),) if self.bias else ()
        gain = (Weight("gain", (self.channels, 1, 1, 1), "O 1 1 1", init="ones"),) if self.gain else ()
        return (weight, *bias, *gain)

    def words(self, x: Shape, y: Shape) -> tuple[str, int | None, str]:
        name, width, rest = super().words(x, y)
        return name.replace("conv", "standardised conv"), width, rest

    def run(self, *arrays: Array, **weights: Array) -> Array:
        kernel = standardised(weights["weight"], (1, 2, 3), self.eps)
        scale = weights["gain"] * self.factor if self.gain else np.ones((), kernel.dtype)
        return super().run(*arrays, **(weights | {"weight": kernel * scale}))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        kernel = onnx_standardised(g, weights["weight"], (1, 2, 3), self.eps)
        if self.gain:
            kernel = g.add("Mul", kernel, g.add("Mul", weights["gain"], g.constant(self.factor)))
        bias = {"bias": weights["bias"]} if self.bias else {}
        return super().onnx(g, *inputs, weight=kernel, **bias)


def std_conv(
    x: Value,
    channels: int,
    kernel: int | Pair,
    *,
    stride: int | Pair = 1,
    pad: int | Pair | Pads | Literal["same"] = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
    bias: bool = True,
    eps: float = 1e-6,
    gain: bool = False,
    factor: float = 1.0,
    name: str | None = None,
    owner: str = "",
) -> Value:
    """Convolve a map (C, H, W) to (channels, H', W') by standardised kernels."""
    windows = (pair(kernel), pair(stride), padding(pad), pair(dilation))
    return apply(StdConv(channels, *windows, groups, bias, eps, gain, factor), x, name=name, owner=owner)
