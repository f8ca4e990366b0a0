"""Transposed convolution, the gradient of a convolution with respect to its input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..geometry import Pair, check_window, over, pair
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape, Weight
from ..text import TIMES, shape_text
from ..trace import Value, apply
from ..traits import Example, Role


@dataclass(frozen=True)
class ConvTranspose(Op):
    """y[o, s * i + k - pad] is the sum of x[c, i] * weight[c, o, k] over the channels c of its group, plus b[o].

    `pads` are (height, width), cut off on either side; `extra` are rows and columns at the end that those cut off by
    the pad make room for, or zeros beyond them: the output_padding of PyTorch.
    """

    kind: ClassVar[str] = "conv_transpose"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.conv_transpose(x, 3, 4, stride=2, pad=1),
        lambda x, op: op.conv_transpose(x, 6, 3, stride=2, pad=1, extra=1, groups=2, bias=False),
        lambda x, op: op.conv_transpose(x, 4, (2, 3), stride=(3, 2), extra=(2, 1), groups=4),
        lambda x, op: op.conv_transpose(x, 2, 3, pad=(0, 2)),
    )
    title: ClassVar[str] = "transposed conv"
    role: ClassVar[Role] = "weighted"
    deepens: ClassVar[bool] = True
    channels: int
    kernel: Pair
    stride: Pair = (1, 1)
    pads: Pair = (0, 0)
    extra: Pair = (0, 0)
    groups: int = 1
    bias: bool = True

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"a transposed convolution takes a map (C, H, W), not a vector of {int(x[0])}")
        check_window(self.kernel, self.stride, (*self.pads, *self.pads))
        if min(self.extra) < 0 or any(e >= s for e, s in zip(self.extra, self.stride, strict=True)):
            raise SpecError(f"what is added at the end is less than the stride {self.stride}, not {self.extra}")
        if self.groups < 1 or x[0] % self.groups or self.channels % self.groups:
            raise SpecError(f"{int(self.groups)} groups divide neither {int(x[0])} nor {int(self.channels)} channels")
        size = self.size((x[1], x[2]))
        if min(size) < 1:
            raise SpecError(f"pads of {self.pads} leave nothing of a map of {x[1]} x {x[2]}")
        return (self.channels, *size)

    def size(self, size: Pair) -> Pair:
        """(height, width) of the output."""
        (h, w), (kh, kw), (sh, sw) = size, self.kernel, self.stride
        (ph, pw), (eh, ew) = self.pads, self.extra
        return (h - 1) * sh + kh - 2 * ph + eh, (w - 1) * sw + kw - 2 * pw + ew

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (x,), (kh, kw) = inputs, self.kernel
        shape = (x[0], self.channels // self.groups, kh, kw)
        weight = Weight("weight", shape, "I O H W", init="he", fan_in=int(x[0] // self.groups * kh * kw))
        return (weight, Weight("bias", (self.channels,), "O")) if self.bias else (weight,)

    def macs(self, inputs: tuple[Shape, ...], output: Shape) -> int:
        (c, h, w), (kh, kw) = map(int, inputs[0]), self.kernel
        return c * h * w * (int(self.channels) // int(self.groups)) * kh * kw

    def window(self, *inputs: Shape) -> tuple[Pair, tuple[float, float]]:
        (kh, kw), (sh, sw) = self.kernel, self.stride
        return (-(-kh // sh), -(-kw // sw)), (1 / sh, 1 / sw)

    def words(self, x: Shape, y: Shape) -> tuple[str, int | None, str]:
        groups = f"{int(self.groups)} groups" if self.groups > 1 else ""
        times = over(self.stride).replace("/", TIMES)
        return f"{shape_text(self.kernel, TIMES)} {self.title}", self.channels, ", ".join(filter(None, (times, groups)))

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,), weight = arrays, weights["weight"]
        (n, c, h, w), g = x.shape, self.groups
        (sh, sw), (kh, kw), (ph, pw) = self.stride, self.kernel, self.pads
        height, width = self.size((h, w))
        parts, kernels = x.reshape(n, g, c // g, h, w), weight.reshape(g, c // g, -1, kh, kw)
        y = np.zeros((n, g, kernels.shape[2], height + 2 * ph, width + 2 * pw), x.dtype)
        for i in range(kh):
            for j in range(kw):
                added = np.einsum("ngchw,gco->ngohw", parts, kernels[..., i, j])
                y[..., i : i + sh * (h - 1) + 1 : sh, j : j + sw * (w - 1) + 1 : sw] += added
        y = y.reshape(n, -1, *y.shape[3:])[:, :, ph : ph + height, pw : pw + width]
        return y + weights["bias"][:, None, None] if self.bias else y

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("ConvTranspose", *inputs, *weights.values(), kernel_shape=self.kernel, strides=self.stride,
                     pads=(*self.pads, *self.pads), output_padding=self.extra, group=self.groups)  # fmt: skip


def conv_transpose(
    x: Value,
    channels: int,
    kernel: int | Pair,
    *,
    stride: int | Pair = 1,
    pad: int | Pair = 0,
    extra: int | Pair = 0,
    groups: int = 1,
    bias: bool = True,
    name: str | None = None,
    owner: str = "",
) -> Value:
    """Spread each place of a map (C, H, W) over a window of (channels, H', W')."""
    op = ConvTranspose(channels, pair(kernel), pair(stride), pair(pad), pair(extra), groups, bias)
    return apply(op, x, name=name, owner=owner)
