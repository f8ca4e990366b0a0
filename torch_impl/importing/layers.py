"""Layers with weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...common.geometry import Pads
from ...common.importing.axes import Unknown
from ...common.importing.draft import View
from ...common.importing.layout import as_map, as_value, as_vector, channels_first, like
from ...common.ops.batch_norm import BatchNorm
from ...common.ops.conv import Conv
from ...common.ops.linear import Linear
from .table import Param, Reading, means, names_of, two, value


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
    names = _kernel(weight, bias)
    kernel, steps, apart = two(weight.own[2:]), two(stride), two(dilation)
    if steps != (1, 1) and apart != (1, 1):
        raise Unknown("a stride with a dilation")
    pads = _pads(padding, kernel, apart)
    op = Conv(int(weight.own[0]), kernel, steps, pads, apart, int(groups), bias is not None)
    return reading.add(op, as_map(reading.draft, value(x, "a convolution")), names=names)


def _kernel(weight: Any, bias: Any) -> dict[str, str]:
    names = names_of(weight=weight, bias=bias)
    if weight.buffer:
        raise Unknown("a fixed kernel")
    return names


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
    over = Conv(vector.features, (1, 1), bias=vector.bias)
    if x.order == "last":
        return like(x, reading.add(over, as_map(draft, x), names=names))
    if len(x.axes) in (2, 4) and x.axes[1:-1] in ((), ((), ())):
        first = x.seen((x.axes[0], x.axes[-1], (), ()))
        made = reading.add(over, as_map(draft, first), names=names, vector=vector)
        return made.seen((made.axes[0], *x.axes[1:-1], made.axes[1]))
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
) -> View:
    """Batch normalisation by running statistics."""
    x = value(x, "batch normalisation")
    if training or mean is None or variance is None:
        raise Unknown("with the statistics of the batch in evaluation")
    if bias is None:
        raise Unknown("without an offset")
    names = names_of(weight=weight, bias=bias, running_mean=mean, running_var=variance)
    step = as_value(reading.draft, channels_first(x) if x.order == "last" else x)
    return like(x, reading.add(BatchNorm(float(eps), float(momentum), weight is not None), step, names=names))
