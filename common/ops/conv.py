"""Two-dimensional convolution (cross-correlation, as both frameworks have it): dense, grouped, depthwise, dilated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from ..errors import SpecError
from ..geometry import Padding, Pads, Pair, check_window, one_or_both, output_size, over, padding, pair, resolved
from ..onnx_graph import Graph, attributes
from ..spec import Array, Op, Shape, Weight
from ..text import TIMES, shape_text
from ..trace import Value, apply
from ..traits import Example, Role
from ._windows import strided


@dataclass(frozen=True)
class Conv(Op):
    """y[o] = b[o] + sum over its group's input channels of x * w[o]; zeros outside the input."""

    kind: ClassVar[str] = "conv"
    class_note: ClassVar[str] = "for depthwise convolutions Keras has a layer of its own"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.conv(x, 6, 3, stride=2, pad=1),
        lambda x, op: op.conv(x, 6, 3, stride=2, pad="same"),
        lambda x, op: op.conv(x, 6, (2, 3), pad=(0, 1, 1, 1), bias=False),
        lambda x, op: op.conv(x, 6, 3, pad=2, dilation=2, groups=2),
        lambda x, op: op.conv(x, 8, 3, pad=1, groups=4),
        lambda x, op: op.conv(x, 6, 2, stride=2, pad=(2, 1, 0, 1), dilation=(4, 2)),
        lambda x, op: op.conv(x, 4, 3, stride=2, pad="same", dilation=2, groups=4, bias=False),
    )
    role: ClassVar[Role] = "weighted"
    deepens: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True
    joins_pads: ClassVar[Literal["never", "of positive values", "always"]] = "always"
    takes_factors: ClassVar[bool] = True
    rewritable: ClassVar[tuple[str, ...]] = ("bias",)
    channels: int
    kernel: Pair
    stride: Pair = (1, 1)
    pads: Padding = (0, 0, 0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    bias: bool = True

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"a convolution takes a map (C, H, W), not a vector of {int(x[0])}")
        check_window(self.kernel, self.stride, self.pads, self.dilation)
        if self.groups < 1:
            raise SpecError(f"there is at least 1 group, not {int(self.groups)}")
        if x[0] % self.groups or self.channels % self.groups:
            raise SpecError(f"{int(self.groups)} groups divide neither {int(x[0])} nor {int(self.channels)} channels")
        return (self.channels, *self.size((x[1], x[2])))

    def size(self, size: Pair) -> Pair:
        """(height, width) of the output."""
        top, bottom, left, right = self.explicit(size)
        (kh, kw), (sh, sw), (dh, dw) = self.kernel, self.stride, self.dilation
        return output_size(size[0], kh, sh, top, bottom, dh), output_size(size[1], kw, sw, left, right, dw)

    def explicit(self, size: Pair) -> Pads:
        """The four pads on an input of this size."""
        return resolved(self.pads, size, self.kernel, self.stride, self.dilation)

    def depthwise(self, x: Shape) -> bool:
        """Whether each input channel is a group of its own."""
        return 1 < self.groups == x[0]

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        (x,) = inputs
        inside, (kh, kw) = x[0] // self.groups, self.kernel
        shape = (self.channels, inside, kh, kw)
        axes, sizes = ("(C M) 1 H W", (("C", int(x[0])),)) if self.depthwise(x) else ("O I H W", ())
        weight = Weight("weight", shape, axes, init="he", fan_in=int(inside * kh * kw), sizes=sizes)
        return (weight, Weight("bias", (self.channels,), "O")) if self.bias else (weight,)

    @property
    def skips(self) -> bool:
        """Whether there are a stride and a dilation, which TensorFlow has no convolution for."""
        return self.stride != (1, 1) and self.dilation != (1, 1)

    def class_key(self, *inputs: Shape) -> tuple[Any, ...]:
        # The outputs per input channel of a depthwise convolution, for which Keras has a layer of its own.
        (x,) = inputs
        outside = self.channels // self.groups if self.depthwise(x) else 0
        return (outside, *self.stride, *self.dilation, *self.explicit((x[1], x[2]))) if self.skips else (outside,)

    def macs(self, inputs: tuple[Shape, ...], output: Shape) -> int:
        inside, (kh, kw) = int(inputs[0][0]) // self.groups, self.kernel
        return int(output[0]) * int(output[1]) * int(output[2]) * inside * kh * kw

    def window(self, *inputs: Shape) -> tuple[Pair, tuple[float, float]]:
        (kh, kw), (dh, dw) = self.kernel, self.dilation
        return ((kh - 1) * dh + 1, (kw - 1) * dw + 1), (float(self.stride[0]), float(self.stride[1]))

    def words(self, x: Shape, y: Shape) -> tuple[str, int | None, str]:
        depthwise = self.depthwise(x) and self.groups == self.channels
        dilation = "" if self.dilation == (1, 1) else f"dilation {one_or_both(self.dilation)}"
        groups = f"{int(self.groups)} groups" if self.groups > 1 and not depthwise else ""
        rest = ", ".join(filter(None, (over(self.stride), dilation, groups)))
        return f"{shape_text(self.kernel, TIMES)} {'depthwise ' if depthwise else ''}conv", self.channels, rest

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,), weight = arrays, weights["weight"]
        top, bottom, left, right = self.explicit((x.shape[2], x.shape[3]))
        x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
        view = strided(x, self.kernel, self.stride, self.dilation)  # N C H W kh kw
        n, c, h, w, kh, kw = view.shape
        g, inside = self.groups, c // self.groups
        columns = view.reshape(n, g, inside, h, w, kh * kw).transpose(0, 1, 3, 4, 2, 5).reshape(n, g, h * w, -1)
        kernels = weight.reshape(g, self.channels // g, -1).transpose(0, 2, 1)
        y = np.moveaxis(columns @ kernels, 3, 2).reshape(n, self.channels, h, w)
        return y + weights["bias"][:, None, None] if self.bias else y

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        # ONNX Runtime takes no dilation with SAME.
        _, height, width = g.node.in_shapes[0]
        pads = self.pads if self.dilation == (1, 1) else self.explicit((height, width))
        return g.add("Conv", *inputs, *weights.values(), **attributes(pads, self.kernel, self.stride),
                     dilations=self.dilation, group=self.groups)  # fmt: skip


def conv(
    x: Value,
    channels: int,
    kernel: int | Pair,
    *,
    stride: int | Pair = 1,
    pad: int | Pair | Pads | Literal["same"] = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
    bias: bool = True,
    name: str | None = None,
    owner: str = "",
) -> Value:
    """Convolve a map (C, H, W) to (channels, H', W')."""
    op = Conv(channels, pair(kernel), pair(stride), padding(pad), pair(dilation), groups, bias)
    return apply(op, x, name=name, owner=owner)
