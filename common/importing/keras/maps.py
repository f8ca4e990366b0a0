"""Pools, borders, other sizes of maps, and what only changes how a value is seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...ops.adaptive_avg_pool import AdaptiveAvgPool
from ...ops.adaptive_max_pool import AdaptiveMaxPool
from ...ops.avg_pool import AvgPool
from ...ops.channel_pad import ChannelPad
from ...ops.channel_reduce import ChannelReduce, How
from ...ops.crop import Crop
from ...ops.depth_to_space import DepthToSpace
from ...ops.global_avg_pool import GlobalAvgPool
from ...ops.global_max_pool import GlobalMaxPool
from ...ops.max_pool import MaxPool
from ...ops.pad import Mode as PadMode
from ...ops.pad import Pad
from ...ops.resize import Mode, Resize
from ...ops.space_to_depth import SpaceToDepth
from ..axes import Unknown, reshaped
from ..draft import View
from .layers import pads
from .table import Layer, means, two, value

PADS: dict[str, PadMode] = {"constant": "constant", "reflect": "reflect"}
"""What Keras calls a border -> its name here."""

ADAPTIVE = {"AdaptiveAveragePooling2D": AdaptiveAvgPool, "AdaptiveMaxPooling2D": AdaptiveMaxPool}
SQUARES = {"DepthToSpace": DepthToSpace, "SpaceToDepth": SpaceToDepth}
HOW: dict[str, How] = {"Max": "max", "Mean": "mean", "Sum": "sum"}
"""What Keras calls a function over channels -> its name here."""


def _window(layer: Layer) -> tuple[tuple[int, int], tuple[int, int]]:
    kernel = two(layer.config.get("pool_size", 2))
    strides = layer.config.get("strides")
    return kernel, kernel if strides is None else two(strides)


@means("MaxPooling2D", functions=("MaxPool",))
def max_pool(layer: Layer, x: Any) -> View:
    """The maximum of windows."""
    kernel, stride = _window(layer)
    return layer.add(MaxPool(kernel, stride, pads(layer, kernel, stride)), layer.map(x))


@means("AveragePooling2D", functions=("AveragePool",))
def avg_pool(layer: Layer, x: Any) -> View:
    """The mean of windows, without what they reach beyond the map."""
    kernel, stride = _window(layer)
    around = pads(layer, kernel, stride)
    return layer.add(AvgPool(kernel, stride, around, False, around == (0, 0, 0, 0)), layer.map(x))


@means("GlobalAveragePooling2D")
def global_avg_pool(layer: Layer, x: Any) -> View:
    """The mean of each channel."""
    kept = layer.config.get("keepdims")
    return layer.add(AdaptiveAvgPool((1, 1)) if kept else GlobalAvgPool(), layer.map(x))


@means("GlobalMaxPooling2D")
def global_max_pool(layer: Layer, x: Any) -> View:
    """The maximum of each channel."""
    kept = layer.config.get("keepdims")
    return layer.add(AdaptiveMaxPool((1, 1)) if kept else GlobalMaxPool(), layer.map(x))


@means("AdaptiveAveragePooling2D", "AdaptiveMaxPooling2D")
def adaptive_pool(layer: Layer, x: Any) -> View:
    """The mean or the maximum of as many windows as the output has places."""
    return layer.add(ADAPTIVE[layer.kind](two(layer.config["output_size"])), layer.map(x))


@means(functions=("DepthToSpace", "SpaceToDepth"))
def squares(layer: Layer, x: Any, block_size: int | None = None) -> View:
    """Channels as squares of places, and back."""
    return layer.add(SQUARES[layer.kind](int(layer.said("block_size", block_size, 0)), "tf"), layer.map(x))


@means(functions=("Mean", "Max", "Sum"))
def over_places(layer: Layer, x: Any, axis: Any = None, keepdims: bool | None = None) -> View:
    """The mean or the maximum over height and width, or these and the sum over channels, as a function."""
    view, axes = value(x), layer.said("axis", axis, None)
    kept, last = layer.said("keepdims", keepdims, False), len(view.axes) - 1
    over = sorted(n % (last + 1) for n in ([axes] if isinstance(axes, int) else axes or ()))
    if over == [last]:
        reduced = layer.add(ChannelReduce(HOW[layer.kind]), layer.value(view))
        return reduced if kept else reduced.seen(reduced.axes[:last])
    if over != [1, 2] or layer.kind == "Sum":
        raise Unknown("over other axes than height and width, or channels")
    step = layer.map(view)
    if layer.kind == "Mean":
        return layer.add(AdaptiveAvgPool((1, 1)) if kept else GlobalAvgPool(), step)
    return layer.add(AdaptiveMaxPool((1, 1)) if kept else GlobalMaxPool(), step)


def _border(layer: Layer, key: str) -> tuple[int, int, int, int]:
    """(top, bottom, left, right)."""
    given = layer.config.get(key)
    sides = [two(item) for item in (given if isinstance(given, (list, tuple)) else (given, given))]
    if len(sides) != 2:
        raise Unknown(f"with a {key} of {given!r:.40}")
    return (*sides[0], *sides[1])


@means("ZeroPadding2D")
def zeros(layer: Layer, x: Any) -> View:
    """A border of zeros."""
    around = _border(layer, "padding")
    return layer.add(Pad(around), layer.map(x)) if any(around) else value(x)


@means("Cropping2D")
def crop(layer: Layer, x: Any) -> View:
    """Without a border."""
    around = _border(layer, "cropping")
    return layer.add(Crop(around), layer.map(x)) if any(around) else value(x)


@means(functions=("Pad",))
def border(layer: Layer, x: Any, pad_width: Any = None, mode: Any = None, constant_values: Any = None) -> View:
    """A border, as a function between layers."""
    pads = layer.config.get("pad_width") if pad_width is None else pad_width
    how = str(layer.config.get("mode", "constant") if mode is None else mode).lower()
    pairs = [two(pair) for pair in pads or ()]
    zeros = how == "constant" and not constant_values
    if len(pairs) != 4 or pairs[0] != (0, 0) or (pairs[3] != (0, 0) and not zeros) or how not in PADS:
        raise Unknown(f"by {how!r:.40}, or of other axes than height and width, or channels by zeros")
    step, around = layer.map(x), (*pairs[1], *pairs[2])
    if pairs[3] == (0, 0):
        return layer.add(Pad(around, float(constant_values or 0), PADS[how]), step)
    step = layer.draft.add(Pad(around), step, label=f"{layer.path}_places") if any(around) else step
    return layer.add(ChannelPad(*pairs[3]), step)


@means("CenterCrop")
def center_crop(layer: Layer, x: Any) -> View:
    """The middle of a map, which is not smaller."""
    step = layer.map(x)
    _, *found = layer.draft.steps[step].shape
    rest = [n - int(layer.config[key]) for n, key in zip(found, ("height", "width"), strict=True)]
    if min(rest) < 0:
        raise Unknown("of a smaller map, which it resizes")
    around = (rest[0] // 2, rest[0] - rest[0] // 2, rest[1] // 2, rest[1] - rest[1] // 2)
    return layer.add(Crop(around), step) if any(around) else _of(layer, step)


@means("UpSampling2D")
def upsampling(layer: Layer, x: Any) -> View:
    """A whole multiple of the size."""
    high, wide = two(layer.config.get("size", 2))
    mode = _mode(layer)
    step = layer.map(x)
    if high == wide:
        return layer.add(Resize(high, mode=mode, rule="asymmetric" if mode == "nearest" else "half_pixel"), step)
    _, height, width = layer.draft.steps[step].shape
    return _resized(layer, step, (height * high, width * wide), mode)


@means("Resizing", functions=("Resize",))
def resizing(layer: Layer, x: Any) -> View:
    """Another size."""
    config = layer.config
    odd = [key for key in ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias") if config.get(key)]
    if odd:
        raise Unknown(f"with {' and '.join(odd)}")
    size = two(config["size"]) if layer.operation else (int(config["height"]), int(config["width"]))
    return _resized(layer, layer.map(x), size, _mode(layer))


def _mode(layer: Layer) -> Mode:
    mode = layer.config.get("interpolation", "nearest")
    if mode == "nearest":
        return "nearest"
    if mode == "bilinear":
        return "bilinear"
    raise Unknown(
        f"by {mode!r:.40}, which each framework has in its own way" if mode == "bicubic" else f"by {mode!r:.40}"
    )


def _resized(layer: Layer, step: int, size: tuple[int, int], mode: Mode) -> View:
    _, height, width = layer.draft.steps[step].shape
    if (height, width) == size:
        return _of(layer, step)
    return layer.add(Resize(size=size, source=(height, width), mode=mode), step)


def _of(layer: Layer, step: int) -> View:
    n, c, h, w = layer.draft.view(step).axes
    return layer.draft.view(step).seen((n, h, w, c))


@means("Flatten")
def flatten(layer: Layer, x: Any) -> View:
    """A map as a vector, in the order of Keras: height, width, channels."""
    layer.check_format()
    view = value(x)
    return _reshaped(layer, view, [view.shape[0], -1])


@means("Reshape", functions=("Reshape",))
def reshape(layer: Layer, x: Any, *given: Any, **named: Any) -> View:
    """Another shape; the layer says it without the batch."""
    view = value(x)
    if "target_shape" in layer.config:
        return _reshaped(layer, view, [view.shape[0], *layer.config["target_shape"]])
    shape = list(given[0] if given else named.get("newshape") or named.get("shape") or layer.config["newshape"])
    if shape[0] not in (-1, None):
        raise Unknown("of the axis of images")
    return _reshaped(layer, view, [view.shape[0], *shape[1:]])


def _reshaped(layer: Layer, view: View, shape: Sequence[int]) -> View:
    if not all(type(n) is int and n >= -1 for n in shape) or list(shape).count(-1) > 1:
        raise Unknown(f"to a shape of {list(shape[1:])!r:.60}")
    known = math.prod(n for n in shape if n != -1)
    total = math.prod(view.shape)
    if known == 0 or total % known or (-1 not in shape and known != total):
        raise Unknown(f"to a shape of {list(shape[1:])!r:.60}, which has another number of values")
    return settled(layer, view.seen(reshaped(view.axes, shape)))


def settled(layer: Layer, view: View) -> View:
    """The view; where it means an op already, the op is made here, where the model has its layer."""
    pooled = layer.draft.steps[view.step]
    if len(view.axes) == 4 and view.axes[1:3] == ((), ()) and isinstance(pooled.op, GlobalAvgPool):
        return layer.add(AdaptiveAvgPool((1, 1)), *pooled.inputs, label=pooled.label)
    if len(view.axes) == 4 and len(view.base) == 1 and view.axes[1:3] != ((), ()):
        return view  # a permutation may follow, which says in which order the vector is a map
    if len(view.axes) in (2, 4):
        try:
            step = layer.value(view)
        except Unknown:
            return view
        return _of(layer, step) if len(layer.draft.steps[step].shape) == 3 else layer.draft.view(step)
    return view


@means(functions=("Swapaxes",))
def swapaxes(layer: Layer, x: Any, axis1: int | None = None, axis2: int | None = None) -> View:
    """Two axes exchanged, as in a channel shuffle."""
    view = value(x)
    both = [given if given is not None else layer.config.get(f"axis{n}") for n, given in ((1, axis1), (2, axis2))]
    count = len(view.axes)
    if not all(isinstance(axis, int) and -count <= axis < count for axis in both):
        raise Unknown(f"of the axes {both!r:.40}")
    order = list(range(count))
    one, other = (int(axis) % count for axis in both if axis is not None)
    order[one], order[other] = other, one
    return settled(layer, view.seen(tuple(view.axes[place] for place in order)))


@means("Permute", functions=("Transpose",))
def permute(layer: Layer, x: Any, axes: Sequence[int] | None = None) -> View:
    """Axes in another order; the layer counts them from 1, without the batch."""
    view = value(x)
    own = layer.config.get("dims")
    order = [0, *own] if own is not None else list(axes or layer.config.get("axes") or ())
    if sorted(order) != list(range(len(view.axes))):
        raise Unknown(f"to an order of {order!r:.40}")
    return settled(layer, view.seen(tuple(view.axes[place] for place in order)))
