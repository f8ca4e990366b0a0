"""Layers with weights."""

from __future__ import annotations

import math
from typing import Any

from ...geometry import Padding, Pair, check_window, resolved
from ...ops.batch_norm import BatchNorm
from ...ops.channel_linear import ChannelLinear
from ...ops.conv import Conv
from ...ops.conv_transpose import ConvTranspose
from ...ops.crop import Crop
from ...ops.group_norm import GroupNorm
from ...ops.layer_norm import LayerNorm, Over
from ...ops.linear import Linear
from ...ops.prelu import PRelu
from ...ops.rms_norm import RmsNorm
from ...ops.scale import Scale
from ...spec import Array
from ..axes import Unknown
from ..draft import View
from .activations import activated
from .table import CHANNELS, Layer, means, two, value


def pads(layer: Layer, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Padding:
    """None, or SAME, which is four numbers where it is the same at every size."""
    padding = layer.config.get("padding", "valid")
    if padding not in ("same", "valid"):
        raise Unknown(f"with a padding of {padding!r:.40}")
    check_window(kernel, stride, (0, 0, 0, 0), dilation)
    if padding == "valid":
        return (0, 0, 0, 0)
    return resolved("same", (64, 64), kernel, stride, dilation) if stride == (1, 1) or kernel == (1, 1) else "same"


def _window(layer: Layer, kernel: Array, *others: Array) -> tuple[Pair, Pair, Padding, Pair]:
    """(kernel, stride, pads, dilation) of a convolution; raises Unknown for kernels of other axes."""
    if any(array.ndim != 4 for array in (kernel, *others)):
        raise Unknown("with a kernel of other than 4 axes")
    stride, dilation = two(layer.config.get("strides", 1)), two(layer.config.get("dilation_rate", 1))
    size = (int(kernel.shape[0]), int(kernel.shape[1]))
    if two(layer.config.get("kernel_size", size)) != size:
        raise Unknown(f"with a kernel of {size}, expected {two(layer.config['kernel_size'])}")
    return size, stride, pads(layer, size, stride, dilation), dilation


def _stated(layer: Layer, key: str, found: int) -> int:
    """A number of weights that the config states as well; raises Unknown where that is another."""
    if layer.config.get(key, found) != found:
        raise Unknown(f"with weights for {found} {key}, expected {layer.config[key]!r:.40}")
    return found


def biased(layer: Layer, kernels: int) -> tuple[list[Array], Array | None]:
    """(the kernels, the bias) of a layer; None where it has no bias."""
    bias = bool(layer.config.get("use_bias", True))
    found = layer.arrays(kernels + bias)
    return found[:kernels], found[kernels] if bias else None


@means("Conv2D")
def conv(layer: Layer, x: Any) -> View:
    """A convolution."""
    step = layer.map(x)
    (kernel,), bias = biased(layer, 1)
    window, groups = _window(layer, kernel), int(layer.config.get("groups", 1))
    op = Conv(_stated(layer, "filters", int(kernel.shape[3])), *window, groups, bias is not None)
    made = layer.weighted(op, step, {"weight": kernel.transpose(3, 2, 0, 1), "bias": bias})
    return activated(layer, made)


def _depthwise(kernel: Array) -> Array:
    """(H, W, C, M) as (C * M, 1, H, W)."""
    height, width, channels, times = kernel.shape
    return kernel.transpose(2, 3, 0, 1).reshape(channels * times, 1, height, width)


@means("DepthwiseConv2D")
def depthwise(layer: Layer, x: Any) -> View:
    """A convolution of each channel by itself."""
    step = layer.map(x)
    (kernel,), bias = biased(layer, 1)
    window, channels, times = _window(layer, kernel), int(kernel.shape[2]), int(kernel.shape[3])
    op = Conv(channels * _stated(layer, "depth_multiplier", times), *window, channels, bias is not None)
    return activated(layer, layer.weighted(op, step, {"weight": _depthwise(kernel), "bias": bias}))


@means("SeparableConv2D")
def separable(layer: Layer, x: Any) -> View:
    """A convolution of each channel by itself, and then one of 1 x 1."""
    step = layer.map(x)
    (kernel, pointwise), bias = biased(layer, 2)
    window, channels, times = _window(layer, kernel, pointwise), int(kernel.shape[2]), int(kernel.shape[3])
    first = Conv(channels * times, *window, channels, False)
    made = layer.weighted(first, step, {"weight": _depthwise(kernel)}, "depthwise")
    second = Conv(_stated(layer, "filters", int(pointwise.shape[3])), (1, 1), bias=bias is not None)
    given = {"weight": pointwise.transpose(3, 2, 0, 1), "bias": bias}
    return activated(layer, layer.weighted(second, made.step, given, "pointwise"))


@means("Conv2DTranspose")
def transposed(layer: Layer, x: Any) -> View:
    """A transposed convolution, of which SAME cuts the odd row and column off the end."""
    step = layer.map(x)
    (kernel,), bias = biased(layer, 1)
    size, stride, _, dilation = _window(layer, kernel)
    if dilation != (1, 1) or layer.config.get("output_padding") is not None:
        raise Unknown("with a dilation or an output padding")
    extra = tuple(max(s - k, 0) for k, s in zip(size, stride, strict=True))
    total = [max(k - s, 0) if layer.config.get("padding") == "same" else 0 for k, s in zip(size, stride, strict=True)]
    cut = (total[0] // 2, total[1] // 2)
    filters = _stated(layer, "filters", int(kernel.shape[2]))
    op = ConvTranspose(filters, size, stride, cut, (extra[0], extra[1]), bias=bias is not None)
    made = layer.weighted(op, step, {"weight": kernel.transpose(3, 2, 0, 1), "bias": bias})
    odd = (total[0] % 2, total[1] % 2)
    if any(odd):
        made = layer.add(Crop((0, odd[0], 0, odd[1])), made.step, label=f"{layer.path}_crop")
    return activated(layer, made)


@means("Dense")
def dense(layer: Layer, x: Any) -> View:
    """A linear layer of a vector, or over the channels of a map; its kernel has the order in which one is flattened."""
    step, order = layer.flattened(x)
    (kernel,), bias = biased(layer, 1)
    if kernel.ndim != 2:
        raise Unknown("with a kernel of other than 2 axes")
    weight, features = kernel.T, _stated(layer, "units", int(kernel.shape[1]))
    if len(layer.draft.steps[step].shape) == 3:
        over = ChannelLinear(features, bias is not None)
        return activated(layer, layer.weighted(over, step, {"weight": weight, "bias": bias}))
    folded = layer.draft.steps[step].flattened
    if folded is not None:
        sizes = dict(zip("CHW", map(int, folded), strict=True))
        if kernel.shape[0] != math.prod(folded):
            raise Unknown(f"with a kernel of {kernel.shape[0]} inputs, expected {math.prod(folded)}")
        places = [1 + order.index(letter) for letter in "CHW"]
        as_map = weight.reshape(-1, *(sizes[letter] for letter in order))
        weight = as_map.transpose(0, *places).reshape(weight.shape)
    op = Linear(features, bias is not None, folded)
    return activated(layer, layer.weighted(op, step, {"weight": weight, "bias": bias}))


def over_channels(layer: Layer, x: Any) -> int:
    """The step of a value whose last axis a layer is about."""
    view = value(x)
    axis = layer.config.get("axis", -1)
    last = len(view.axes) - 1
    if axis not in (-1, [-1], last, [last]) or (last == 3 and axis not in CHANNELS):
        raise Unknown(f"along another axis than channels ({axis!r:.40})")
    return layer.value(view)


@means("BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2", "SyncBatchNormalization")
def batch_norm(layer: Layer, x: Any) -> View:
    """Batch normalisation by running statistics."""
    config, step = layer.config, over_channels(layer, x)
    scale = bool(config.get("scale", True))
    if config.get("renorm"):
        raise Unknown("with renormalisation")
    center = bool(config.get("center", True))
    found = layer.arrays(2 + scale + center)
    mean, variance = found[-2:]
    bias = found[int(scale)] if center else layer.fill("bias", mean, 0)
    op = BatchNorm(float(config.get("epsilon", 1e-3)), round(1 - float(config.get("momentum", 0.99)), 12), scale)
    given = {"weight": found[0] if scale else None, "bias": bias, "running_mean": mean, "running_var": variance}
    return layer.weighted(op, step, given)


def _affine(layer: Layer) -> dict[str, Array | None]:
    """The weight and the bias of a normalisation, those of them that it has."""
    wanted = [n for n, key in (("weight", "scale"), ("bias", "center")) if layer.config.get(key, True)]
    found: dict[str, Array | None] = dict(zip(wanted, layer.arrays(len(wanted)), strict=True))
    if wanted == ["bias"]:
        found = {"weight": layer.fill("weight", layer.arrays(1)[0], 1), **found}
    return found


@means("LayerNormalization")
def layer_norm(layer: Layer, x: Any) -> View:
    """Layer normalisation over channels, or over a whole map, whose weights have its shape."""
    if layer.config.get("rms_scaling"):
        raise Unknown("by the root mean square alone")
    whole = layer.config.get("axis") in ([1, 2, 3], [-3, -2, -1])
    step, found = layer.map(x) if whole else over_channels(layer, x), _affine(layer)
    if whole:
        found = {name: array if array is None else array.transpose(2, 0, 1) for name, array in found.items()}
    over: Over = "map" if whole else "channels"
    op = LayerNorm(over, float(layer.config.get("epsilon", 1e-3)), "weight" in found, "bias" in found)
    return layer.weighted(op, step, found)


@means("RMSNormalization")
def rms_norm(layer: Layer, x: Any) -> View:
    """Normalisation by the root mean square of the channels."""
    step, (weight,) = over_channels(layer, x), layer.arrays(1)
    return layer.weighted(RmsNorm(float(layer.config.get("epsilon", 1e-6))), step, {"weight": weight})


@means("GroupNormalization")
def group_norm(layer: Layer, x: Any) -> View:
    """Normalisation over groups of channels."""
    step, found = over_channels(layer, x), _affine(layer)
    if len(found) == 1:
        found["bias"] = layer.fill("bias", layer.arrays(1)[0], 0)
    channels = layer.draft.steps[step].shape[0]
    groups = int(layer.config.get("groups", 32))
    op = GroupNorm(channels if groups == -1 else groups, float(layer.config.get("epsilon", 1e-3)), bool(found))
    return layer.weighted(op, step, found)


@means("PReLU")
def prelu(layer: Layer, x: Any) -> View:
    """A leaky ReLU with a slope for each channel, or for all."""
    step = layer.value(x)
    (slope,) = layer.arrays(1)
    if any(length != 1 for length in slope.shape[:-1]):
        raise Unknown("with a slope for each place")
    shared = slope.size == 1 and layer.draft.steps[step].shape[0] != 1
    return layer.weighted(PRelu(shared), step, {"weight": slope.reshape(-1)})


@means("LayerScale")
def scale(layer: Layer, x: Any) -> View:
    """A factor for each channel, as ConvNeXt of Keras has it."""
    (gamma,) = layer.arrays(1)
    return layer.weighted(Scale(False), layer.value(x), {"weight": gamma})
