"""Layers with weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...common.geometry import Pads
from ...common.importing.axes import Unknown
from ...common.importing.draft import View
from ...common.importing.layout import as_map, as_value, as_vector, first, like
from ...common.ops.batch_norm import BatchNorm
from ...common.ops.blur import Blur
from ...common.ops.channel_conv import ChannelConv
from ...common.ops.channel_linear import ChannelLinear
from ...common.ops.conv import Conv
from ...common.ops.conv_transpose import ConvTranspose
from ...common.ops.linear import Linear
from ...common.ops.prelu import PRelu
from ...common.ops.std_conv import StdConv
from .norms import standardised
from .table import Param, Reading, means, names_of, own_axes, two, value


@means("conv2d", "convolution")
def conv2d(
    reading: Reading,
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Sequence[int] = (1,),
    padding: str | Sequence[int] = (0,),
    dilation: Sequence[int] = (1,),
    groups: int = 1,
) -> View:
    """A convolution."""
    if isinstance(weight, Param) and weight.buffer and weight.plain:
        return _blurred(reading, x, weight, bias, two(stride), padding, int(groups))
    names = _kernel(weight, bias)
    kernel, steps, apart = two(weight.own[2:]), two(stride), two(dilation)
    pads = _pads(padding, kernel, apart)
    op = Conv(int(weight.own[0]), kernel, steps, pads, apart, int(groups), bias is not None)
    if weight.standard:
        how = weight.standard
        plain: dict[str, Any] = vars(op)
        op = StdConv(**plain, eps=how.eps, gain=bool(how.gain), factor=how.factor)
    return reading.add(op, as_map(reading.draft, value(x, "a convolution")), names=names)


def _kernel(weight: Any, bias: Any) -> dict[str, str]:
    if not isinstance(weight, Param) or not weight.standard or weight.axes != own_axes(weight.own):
        return names_of(weight=weight, bias=bias)
    gain = {"gain": weight.standard.gain} if weight.standard.gain else {}
    return {"weight": weight.name} | names_of(bias=bias) | gain


def _blurred(
    reading: Reading, x: Any, weight: Param, bias: Any, stride: tuple[int, int], padding: Any, groups: int
) -> View:
    """A convolution of each channel by one kernel that is not trained."""
    kernels = reading.tensors[weight.name].detach().cpu().double().numpy()
    alike = weight.own[1] == 1 and groups == weight.own[0] and bool((kernels == kernels[:1]).all())
    if not alike or bias is not None or isinstance(padding, str) or any(padding):
        raise Unknown("by fixed kernels that differ")
    reading.draft.fixed.add(weight.name)
    op = Blur(tuple(tuple(map(float, row)) for row in kernels[0, 0]), stride)
    return reading.add(op, as_map(reading.draft, value(x, "a convolution")))


@means("conv_transpose2d")
def conv_transpose2d(
    reading: Reading,
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Sequence[int] = (1,),
    padding: Sequence[int] = (0,),
    extra: Sequence[int] = (0,),
    groups: int = 1,
    dilation: Sequence[int] = (1,),
) -> View:
    """A transposed convolution."""
    names = names_of(weight=weight, bias=bias)
    if two(dilation) != (1, 1):
        raise Unknown("with a dilation")
    channels = int(weight.own[1]) * int(groups)
    op = ConvTranspose(
        channels, two(weight.own[2:]), two(stride), two(padding), two(extra), int(groups), bias is not None
    )
    return reading.add(op, as_map(reading.draft, value(x, "a convolution")), names=names)


@means("conv1d")
def conv1d(
    reading: Reading,
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Sequence[int] = (1,),
    padding: str | Sequence[int] = (0,),
    dilation: Sequence[int] = (1,),
    groups: int = 1,
) -> View:
    """A convolution along the channels of a vector, as efficient channel attention has it."""
    x, names = value(x, "a convolution"), names_of(weight=weight, bias=bias)
    usual = (stride[0], dilation[0], groups, *weight.own[:2]) == (1, 1, 1, 1, 1)
    if not usual or len(x.axes) != 3 or x.axes[1]:
        raise Unknown("along another axis than channels")
    kernel = int(weight.own[2])
    pad = (kernel - 1) // 2 if padding == "same" and kernel % 2 else padding[0]
    if not isinstance(pad, int):
        raise Unknown("of an even kernel with uneven pads")
    vector = as_vector(reading.draft, x.seen((x.axes[0], x.axes[2])))
    made = reading.add(ChannelConv(kernel, pad, bias is not None), vector, names=names)
    return made.seen((made.axes[0], (), made.axes[1]))


@means("prelu")
def prelu(reading: Reading, x: Any, weight: Any) -> View:
    """PReLU, by a slope for each channel or one for all."""
    x, names = value(x, "PReLU"), names_of(weight=weight)
    return reading.add(PRelu(weight.own == (1,)), as_value(reading.draft, x), names=names)


def _pads(padding: str | Sequence[int], kernel: tuple[int, int], apart: tuple[int, int]) -> Pads:
    """(top, bottom, left, right); torch's "same" is for a stride of 1, with the odd one after."""
    if isinstance(padding, str):
        across = [(k - 1) * d if padding == "same" else 0 for k, d in zip(kernel, apart, strict=True)]
        return across[0] // 2, across[0] - across[0] // 2, across[1] // 2, across[1] - across[1] // 2
    height, width = two(padding)
    return height, height, width, width


@means("linear")
def linear(reading: Reading, x: Any, weight: Any, bias: Any = None) -> View:
    """A linear layer of a vector, or over the channels of a map, which is a convolution of 1 x 1."""
    x, names = value(x, "a linear layer"), names_of(weight=weight, bias=bias)
    draft, vector = reading.draft, Linear(int(weight.own[0]), bias is not None)
    if x.order == "vector" and x.base[1:] != (1, 1):
        step = as_vector(draft, x)
        return reading.add(replace(vector, folded=draft.steps[step].flattened), step, names=names)
    over = ChannelLinear(vector.features, vector.bias)
    if len(x.axes) in (2, 4) and x.axes[1:-1] in ((), ((), ())):
        alone = x.seen((x.axes[0], x.axes[-1], (), ()))
        made = reading.add(over, as_map(draft, alone), names=names, vector=vector)
        return made.seen((made.axes[0], *x.axes[1:-1], made.axes[1]))
    if x.order == "last":
        return like(x, reading.add(over, as_map(draft, first(x)), names=names))
    raise Unknown(f"of a value of {len(x.axes)} axes")


@means("batch_norm")
def batch_norm(
    reading: Reading,
    x: Any,
    weight: Param | None,
    bias: Param | None,
    mean: Param | None,
    variance: Param | None,
    training: bool,
    momentum: float,
    eps: float,
    *_: Any,
) -> View | Param:
    """Batch normalisation by running statistics."""
    if isinstance(x, Param):
        return standardised(x, weight, bias, mean, training, eps)
    x = value(x, "batch normalisation")
    if training or mean is None or variance is None:
        raise Unknown("with the statistics of the batch in evaluation")
    if bias is None:
        raise Unknown("without an offset")
    names = names_of(weight=weight, bias=bias, running_mean=mean, running_var=variance)
    op = BatchNorm(float(eps), float(momentum), weight is not None)
    return reading.add(op, as_value(reading.draft, x), names=names)
