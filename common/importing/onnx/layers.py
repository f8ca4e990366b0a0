"""Layers with weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...geometry import Padding, Pads, Pair, resolved, same_pads
from ...ops.batch_norm import BatchNorm
from ...ops.blur import Blur
from ...ops.channel_conv import ChannelConv
from ...ops.channel_linear import ChannelLinear
from ...ops.conv import Conv
from ...ops.conv_transpose import ConvTranspose
from ...ops.crop import Crop
from ...ops.leaky_relu import LeakyRelu
from ...ops.linear import Linear
from ...ops.prelu import PRelu
from ...spec import Array
from ..axes import Unknown, joined
from ..draft import View
from ..layout import as_map, as_value, as_vector, first, like
from .products import along
from .table import Call, Const, attribute, decimal, means, own_axes, survives

MAP = (64, 64)
"""Any size, at which a border that no size changes is found."""


def pair(numbers: tuple[int, ...]) -> Pair:
    """Two numbers."""
    return numbers[0], numbers[1]


def pads(call: Call, kernel: Pair, stride: Pair, dilation: Pair = (1, 1), size: Pair = MAP) -> Padding:
    """The border of windows over a map of this size: four numbers, or "same"."""
    auto = call.said("auto_pad", "NOTSET")
    if auto in ("NOTSET", "") and len(call.node.attributes.get("pads") or [0] * 4) == 4:
        top, left, bottom, right = call.ints("pads", 4, 0)
        return top, bottom, left, right
    if auto == "SAME_UPPER":
        fixed = stride == (1, 1) or kernel == (1, 1)
        return resolved("same", MAP, kernel, stride, dilation) if fixed else "same"
    if auto == "SAME_LOWER":
        sides = [same_pads(n, k, s, d) for n, k, s, d in zip(size, kernel, stride, dilation, strict=True)]
        return sides[0][1], sides[0][0], sides[1][1], sides[1][0]
    if auto == "VALID":
        return (0, 0, 0, 0)
    raise Unknown(f"with a border of {auto!r:.40}")


def _kernel(call: Call, axes: int = 4) -> tuple[Const, Const | None]:
    weight, bias = call.const(1, "a kernel"), call.const(2, "a bias")
    if weight is None or len(weight.shape) != axes:
        raise Unknown(f"with a kernel of {len(weight.shape) if weight else 'no'} axes, expected {axes}")
    if list(weight.shape[2:]) != list(call.said("kernel_shape") or weight.shape[2:]):
        raise Unknown(f"with a kernel of the shape {weight.shape}, expected {call.said('kernel_shape')}")
    return weight, bias


@means("Conv")
def conv(call: Call) -> View:
    """A convolution."""
    x = call.value()
    if len(x.axes) == 3:
        return _along_channels(call, x)
    weight, bias = _kernel(call)
    step = call.map()
    kernel = (weight.shape[2], weight.shape[3])
    stride, dilation = pair(call.ints("strides", 2, 1)), pair(call.ints("dilations", 2, 1))
    _, height, width = call.draft.steps[step].shape
    around = pads(call, kernel, stride, dilation, (height, width))
    if call.said("group", 1) == weight.shape[0] and (around, dilation, bias) == ((0, 0, 0, 0), (1, 1), None):
        rows = weight.array[0, 0]
        if not survives(weight.name) and weight.shape[1] == 1 and (weight.array == rows).all():
            return call.add(Blur(tuple(tuple(map(float, row)) for row in rows), stride), step)
    op = Conv(weight.shape[0], kernel, stride, around, dilation, call.said("group", 1), bias is not None)
    return call.weighted(op, step, {"weight": weight, "bias": bias})


def _along_channels(call: Call, x: View) -> View:
    """A convolution along the channels of a vector, as efficient channel attention has it."""
    weight, bias = _kernel(call, 3)
    border = call.ints("pads", 2, 0)
    usual = call.said("auto_pad", "NOTSET") == "NOTSET" and call.said("group", 1) == 1
    steps = (*call.ints("strides", 1, 1), *call.ints("dilations", 1, 1))
    if not usual or steps != (1, 1) or weight.shape[:2] != (1, 1) or x.axes[1] or border[0] != border[1]:
        raise Unknown("along another axis than channels, or with uneven pads")
    vector = as_vector(call.draft, x.seen((x.axes[0], x.axes[2])))
    op = ChannelConv(weight.shape[2], border[0], bias is not None)
    made = call.weighted(op, vector, {"weight": weight, "bias": bias})
    return made.seen((made.axes[0], (), made.axes[1]))


@means("ConvTranspose")
def conv_transpose(call: Call) -> View:
    """A transposed convolution."""
    weight, bias = _kernel(call)
    step = call.map()
    kernel, stride = (weight.shape[2], weight.shape[3]), pair(call.ints("strides", 2, 1))
    groups, extra = call.said("group", 1), pair(call.ints("output_padding", 2, 0))
    if call.said("output_shape") or call.ints("dilations", 2, 1) != (1, 1):
        raise Unknown("with a shape of its output, or a dilation")
    around: Padding = (0, 0, 0, 0)
    if call.said("auto_pad", "NOTSET") != "VALID":
        around = pads(call, (1, 1), (1, 1))
    if call.said("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise Unknown("with a border that depends on the size")
    cut, more, rest = _even(around, extra, stride)
    op = ConvTranspose(weight.shape[1] * groups, kernel, stride, cut, more, groups, bias is not None)
    made = call.weighted(op, step, {"weight": weight, "bias": bias})
    return call.add(Crop(rest), made.step) if any(rest) else made


def _even(around: Padding, extra: Pair, stride: Pair) -> tuple[Pair, Pair, Pads]:
    """(what is cut off on either side, what is added at the end, what is cut off the result)."""
    top, bottom, left, right = around if around != "same" else (0, 0, 0, 0)
    sides = [_side(*numbers) for numbers in zip((top, left), (bottom, right), extra, stride, strict=True)]
    (cut_top, more_down, above, below), (cut_left, more_across, before, after) = sides
    return (cut_top, cut_left), (more_down, more_across), (above, below, before, after)


def _side(first: int, last: int, extra: int, stride: int) -> tuple[int, int, int, int]:
    """(cut off either side, added at the end, cut off the beginning and the end of the result) of one axis."""
    more = extra + first - last
    if 0 <= more < stride:
        return first, more, 0, 0
    both = min(first, last)
    if extra:
        raise Unknown("with pads that differ by more than its stride, and more at its end")
    return both, 0, first - both, last - both


@means("Gemm")
def gemm(call: Call) -> View:
    """A linear layer."""
    weight, bias = call.const(1, "a matrix"), call.const(2, "a bias")
    factors = (attribute(call.said("alpha", 1.0)), attribute(call.said("beta", 1.0)))
    if weight is None or len(weight.shape) != 2 or call.said("transA", 0) or factors[0] != 1:
        raise Unknown("of another form than x @ w + b")
    if bias is not None and factors[1] != 1:
        raise Unknown("with a factor of its bias")
    if not call.said("transB", 0):
        weight = replace(weight, array=np.ascontiguousarray(weight.array.T))
    return linear(call, call.value(), weight, bias)


@means("MatMul")
def matmul(call: Call) -> View:
    """A product of a value and a matrix, which is a layer, or one along the height or width of a map."""
    if isinstance(call.given[0], Const):
        return _along(call, call.value(1), 0, call.given[0].array)
    weight, x = call.const(1, "a matrix"), call.value()
    if weight is None or len(weight.shape) != 2:
        raise Unknown(f"with a matrix of {len(weight.shape) if weight else 'no'} axes")
    if x.order == "map" and x.axes[1:3] != ((), ()):
        return _along(call, x, 1, weight.array.T)
    return linear(call, x, replace(weight, array=np.ascontiguousarray(weight.array.T)), None)


def _along(call: Call, x: View, place: int, matrix: Array) -> View:
    if x.order != "map" or matrix.ndim != 2:
        raise Unknown(f"of a matrix and a value of {len(x.axes)} axes")
    return call.draft.view(along(call.draft, as_map(call.draft, x), place, matrix))


def linear(call: Call, x: View, weight: Const, bias: Const | None) -> View:
    """A linear layer of a vector, or over the channels of a map."""
    draft, features = call.draft, weight.shape[0]
    if bias is not None:
        if bias.array.size not in (1, features):
            raise Unknown(f"with a bias of the shape {bias.shape}, expected ({features},)")
        bias = replace(bias, array=np.array(np.broadcast_to(bias.array.reshape(-1), (features,))))
    given = {"weight": weight, "bias": bias}
    vector = Linear(features, bias is not None)
    if len(x.axes) == 2 and x.base[1:] != (1, 1) and not _rows(x):
        x, weight = _in_order(x, weight)
        step = as_vector(draft, x)
        return call.weighted(replace(vector, folded=draft.steps[step].flattened), step, given | {"weight": weight})
    over = ChannelLinear(features, vector.bias)
    if _rows(x):
        n, c, h, w = call.weighted(over, as_map(draft, draft.view(x.step)), given).axes
        return draft.view(len(draft.steps) - 1).seen(((*n, *h, *w), c))
    if x.order == "last":
        return like(x, call.weighted(over, as_map(draft, first(x)), given))
    if len(x.axes) in (2, 4) and x.axes[1:-1] in ((), ((), ())):
        made = call.weighted(over, as_map(draft, x.seen((x.axes[0], x.axes[-1], (), ()))), given, vector)
        return made.seen((made.axes[0], *x.axes[1:-1], made.axes[1]))
    raise Unknown(f"of a value of {len(x.axes)} axes")


def _rows(x: View) -> bool:
    """Whether a value is rows of channels, one for each place of each image, as TensorFlow multiplies by matrices."""
    places = (*x.whole("H"), *x.whole("W"))
    return len(x.axes) == 2 and bool(places) and x.axes[0][1:] == places and x.axes[1] == x.whole("C")


def _in_order(x: View, weight: Const) -> tuple[View, Const]:
    """A map that is flattened channels last, and the matrix of it, in our order."""
    if len(x.base) != 3 or weight.shape[1] != int(np.prod(x.base)):
        return x, weight
    last, ours = (joined([atom for letter in order for atom in x.whole(letter)]) for order in ("HWC", "CHW"))
    if x.axes[1] != last or last == ours:
        return x, weight
    channels, height, width = x.base
    columns = weight.array.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
    return x.seen((x.axes[0], ours)), replace(weight, array=columns.reshape(weight.shape))


@means("BatchNormalization")
def batch_norm(call: Call) -> View:
    """Batch normalisation by running statistics."""
    x = call.value()
    scale, bias, mean, variance = (call.const(place, "statistics") for place in range(1, 5))
    if call.said("training_mode", 0) or not bias or not mean or not variance or not scale:
        raise Unknown("with the statistics of the batch")
    eps = attribute(call.said("epsilon", float(np.float32(1e-5))))
    if variance.plus is not None:  # what a float32 could not say of our epsilon
        variance, more = variance.plus
        eps = float(f"{call.said('epsilon', 1e-5) + more:.12g}")
    plain = not scale.name and bool((scale.array == 1).all())
    momentum = float(f"{1 - attribute(call.said('momentum', float(np.float32(0.9)))):.6g}")
    given: dict[str, Any] = {} if plain else {"weight": scale}
    given |= {"bias": bias, "running_mean": mean, "running_var": variance}
    step = as_vector(call.draft, x) if x.order == "vector" else call.map()
    return call.weighted(BatchNorm(eps, momentum, not plain), step, given)


@means("PRelu")
def prelu(call: Call) -> View:
    """PReLU, by a slope for each channel or one for all."""
    x, slope = call.value(), call.const(1, "slopes")
    if slope is None or not x.order:
        raise Unknown(f"of a value of {len(x.axes)} axes")
    if not survives(slope.name) and slope.array.size and (slope.array == slope.array.reshape(-1)[0]).all():
        return call.each(LeakyRelu(decimal(slope.array.reshape(-1)[0])))
    axes = own_axes(x, slope.shape)
    places = [n for n, axis in enumerate(axes) if axis]
    channel = 3 if x.order == "last" else 1
    if any(n != channel for n in places):
        raise Unknown("with a slope for each place")
    flat = replace(slope, array=slope.array.reshape(-1))
    step = as_value(call.draft, first(x))
    return like(x, call.weighted(PRelu(slope.array.size == 1), step, {"weight": flat}))
