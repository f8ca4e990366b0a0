"""Pools, means, pads and other sizes of maps."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from ...geometry import Pair
from ...ops.adaptive_avg_pool import AdaptiveAvgPool
from ...ops.adaptive_max_pool import AdaptiveMaxPool
from ...ops.attention_pool import AttentionPool
from ...ops.avg_pool import AvgPool
from ...ops.channel_pad import ChannelPad
from ...ops.depth_to_space import DepthToSpace
from ...ops.local_response_norm import LocalResponseNorm
from ...ops.max_pool import MaxPool
from ...ops.multiply import Multiply
from ...ops.pad import Mode as Border
from ...ops.resize import Mode, Resize, Rule
from ...ops.space_to_depth import SpaceToDepth
from ..axes import Unknown, letters
from ..draft import View
from ..layout import MEAN, as_map, beside, first, like
from ..pairs import of_two
from ..reductions import How
from ..reductions import reduced as reduction
from ..slices import framed
from .activations import limit
from .folding import axes_of
from .layers import pads, pair
from .table import Call, attribute, means

BORDERS: dict[str, Border] = {
    "constant": "constant",
    "edge": "replicate",
    "reflect": "reflect",
    "wrap": "circular",
}
PLACES: dict[str, Callable[..., Any]] = {
    "align_corners": lambda i, m, n, scale: i * (m - 1) / max(n - 1, 1),
    "asymmetric": lambda i, m, n, scale: i / scale,
    "half_pixel": lambda i, m, n, scale: (i + 0.5) / scale - 0.5,
    "pytorch_half_pixel": lambda i, m, n, scale: (i + 0.5) / scale - 0.5 if n > 1 else i * 0.0,
    "tf_half_pixel_for_nn": lambda i, m, n, scale: (i + 0.5) / scale,
}
"""Where the place i of n reads in a map of m."""
LARGEST = 1 << 16
"""Rows or columns at most."""
MEASURED: dict[str, How] = {"ReduceMean": "mean", "ReduceMax": "max", "ReduceSum": "sum", "ReduceL2": "norm"}
ROUNDED: dict[str, Callable[..., Any]] = {
    "ceil": np.ceil,
    "floor": np.floor,
    "round_prefer_ceil": lambda u: np.floor(u + 0.5),
    "round_prefer_floor": lambda u: np.ceil(u - 0.5),
}


def _window(call: Call) -> tuple[int, Pair, Pair, Any]:
    """(step, kernel, stride, pads) of a pool."""
    step = call.map()
    kernel, stride = pair(call.ints("kernel_shape", 2, 1)), pair(call.ints("strides", 2, 1))
    if call.ints("dilations", 2, 1) != (1, 1):
        raise Unknown("with a dilation")
    size = call.draft.steps[step].shape
    return step, kernel, stride, pads(call, kernel, stride, size=(size[1], size[2]))


def _pooled(call: Call, step: int, op: MaxPool | AvgPool) -> View:
    """The value of a pool, whose size ONNX states by another rule in ceil mode."""
    made = call.add(op, step)
    if op.ceil_mode:
        sides = zip(call.draft.steps[step].shape[1:], made.base[1:], (0, 2), strict=True)
        for (size, got, place), kernel, stride in zip(sides, op.kernel, op.stride, strict=True):
            around = int(op.pads[place]) + int(op.pads[place + 1]) if op.pads != "same" else 0
            if math.ceil((size + around - kernel) / stride) + 1 != got:
                raise Unknown("with a window that begins in the border")
    return made


@means("MaxPool")
def max_pool(call: Call) -> list[View]:
    """The maximum of windows; where it is is not told."""
    step, kernel, stride, around = _window(call)
    return [_pooled(call, step, MaxPool(kernel, stride, around, bool(call.said("ceil_mode", 0))))]


@means("AveragePool")
def avg_pool(call: Call) -> View:
    """The mean of windows."""
    step, kernel, stride, around = _window(call)
    nothing = around == (0, 0, 0, 0)
    counted = bool(call.said("count_include_pad", 0)) or nothing
    return _pooled(call, step, AvgPool(kernel, stride, around, bool(call.said("ceil_mode", 0)), counted))


@means("GlobalAveragePool")
def global_avg_pool(call: Call) -> View:
    """The mean of a map."""
    return call.add(AdaptiveAvgPool((1, 1)), call.map(), label=beside(call.draft, MEAN))


@means("GlobalMaxPool")
def global_max_pool(call: Call) -> View:
    """The maximum of a map."""
    return call.add(AdaptiveMaxPool((1, 1)), call.map())


@means("LRN")
def local_response_norm(call: Call) -> View:
    """Local response normalisation."""
    size, k = call.said("size", 5), attribute(call.said("bias", 1.0))
    if size % 2 == 0:
        raise Unknown("over an even number of channels")
    numbers = [attribute(call.said(name, usual)) for name, usual in (("alpha", 1e-4), ("beta", 0.75))]
    return call.add(LocalResponseNorm(size, numbers[0], numbers[1], k), call.map())


@means("ReduceMean", "ReduceMax", "ReduceSum", "ReduceL2")
def reduced(call: Call) -> View:
    """What is measured over height and width, however they are seen, or over channels."""
    x = call.value()
    axes = axes_of(call.consts(), call.node.attributes)
    if not axes and call.said("noop_with_empty_axes", 0):
        return x
    gone = [n % len(x.axes) for n in (axes or range(len(x.axes)))]
    keep, how = bool(call.said("keepdims", 1)), MEASURED[call.node.kind]
    step = call.draft.steps[x.step]
    places = {"H", "W"} & set("".join(letters(x.axes[n]) for n in gone))
    if how == "sum" and places and isinstance(step.op, Multiply):
        return _of_products(call, x, gone, keep)
    return reduction(call.draft, x, gone, keep, how)


def _of_products(call: Call, x: View, gone: list[int], keep: bool) -> View:
    """The sum over places of squares, or of a map times weights of its places."""
    draft, (one, other) = call.draft, call.draft.steps[x.step].inputs
    over = sorted(atom for n in gone for atom in x.axes[n])
    if one == other:
        root = reduction(draft, replace(x, step=one), gone, keep, "norm")
        return of_two(draft, root, root, Multiply())
    for value, weights in ((one, other), (other, one)):
        shapes = [draft.steps[index].shape for index in (value, weights)]
        if over == sorted([*x.whole("H"), *x.whole("W")]) and shapes[1] == (1, *shapes[0][1:]):
            left = tuple(() if n in gone else axis for n, axis in enumerate(x.axes) if keep or n not in gone)
            return call.add(AttentionPool(), value, weights).seen(left)
    return reduction(draft, x, gone, keep, "sum")


@means("Pad")
def pad(call: Call) -> View:
    """A border of a map; numbers below zero cut off."""
    x = call.value()
    count = len(x.axes)
    const = call.const(1, "pads")
    numbers = [int(n) for n in const.array.reshape(-1)] if const else list(call.said("pads", [0]))
    axes = axes_of(call.consts(), {}, 3)
    axes = list(range(count)) if axes is None else [n % count for n in axes]
    if len(numbers) != 2 * len(axes):
        raise Unknown(f"with {len(numbers)} pads for {len(axes)} axes")
    around = {axis: (numbers[n], numbers[n + len(axes)]) for n, axis in enumerate(axes)}
    if not any(numbers):
        return x
    rows, columns = (1, 2) if x.order == "last" else (2, 3)
    if x.order not in ("map", "last") or any(around.get(0, (0, 0))):
        raise Unknown("of images or of a vector")
    fill = call.const(2, "a number")
    value = attribute(float(call.node.attributes.get("value", 0.0))) if fill is None else limit(fill)
    (top, bottom), (left, right) = around.get(rows, (0, 0)), around.get(columns, (0, 0))
    mode = call.said("mode", "constant")
    if mode not in BORDERS:
        raise Unknown(f"of the mode {mode!r:.40}")
    value = value if mode == "constant" else 0.0
    more = around.get(3 if x.order == "last" else 1, (0, 0))
    if any(more) and (mode != "constant" or value or min(more) < 0):
        raise Unknown("of channels by other numbers than zeros")
    made = framed(call.draft, x, (top, bottom, left, right), BORDERS[mode], value)
    return like(x, call.add(ChannelPad(*more), as_map(call.draft, first(made)))) if any(more) else made


@means("Resize", "Upsample")
def resize(call: Call) -> View:
    """A map of another size, by any rule that an op has."""
    x = call.value()
    step = as_map(call.draft, first(x))
    channels = 3 if x.order == "last" else 1
    rows = 1 if x.order == "last" else 2
    sizes, scales = _target(call, x)
    if max(sizes) > LARGEST or min(sizes) < 1 or sizes[0] != x.shape[0] or sizes[channels] != x.shape[channels]:
        raise Unknown("of channels or of images")
    has, wanted = call.draft.steps[step].shape[1:], (sizes[rows], sizes[rows + 1])
    factors = (scales[rows], scales[rows + 1])
    if any(n != m * f for n, m, f in zip(wanted, has, factors, strict=True)):
        raise Unknown(f"by factors of {[float(f) for f in factors]}, which do not come out even")
    mode, rule = _rule(call, (has[0], has[1]), wanted, factors)
    if wanted == has:
        return x
    sized = call.const(3, "a size") is not None
    if factors[0] == factors[1] == int(factors[0]) and factors[0] > 1 and not sized:
        return like(x, call.add(Resize(int(factors[0]), mode=mode, rule=rule), step))
    return like(x, call.add(Resize(size=wanted, source=(has[0], has[1]), mode=mode, rule=rule), step))


def _target(call: Call, x: View) -> tuple[list[int], list[Fraction]]:
    """(the size that is asked for, the factor) of each axis."""
    old = call.node.kind == "Upsample" or call.reading.opset < 11
    scales, sizes = call.const(1 if old else 2, "factors"), call.const(3, "a size")
    listed = call.node.attributes.get("scales") if scales is None else [float(n) for n in scales.array.reshape(-1)]
    axes = [int(n) % len(x.axes) for n in call.node.attributes.get("axes") or range(len(x.axes))]
    target, factors = list(x.shape), [Fraction(1)] * len(x.axes)
    if sizes is not None and sizes.array.size:
        if call.said("keep_aspect_ratio_policy", "stretch") != "stretch":
            raise Unknown("that keeps the ratio of sides")
        for axis, size in zip(axes, sizes.array.reshape(-1), strict=True):
            target[axis], factors[axis] = int(size), Fraction(int(size), x.shape[axis])
        return target, factors
    if not listed or not all(0 < factor < LARGEST for factor in listed):
        raise Unknown("to no size")
    for axis, factor in zip(axes, listed, strict=True):
        target[axis], factors[axis] = math.floor(x.shape[axis] * factor), Fraction(factor)
    return target, factors


def _rule(call: Call, has: Pair, wanted: Pair, factors: tuple[Fraction, Fraction]) -> tuple[Mode, Rule]:
    """The mode and rule of an op that reads the same pixels."""
    old = call.node.kind == "Upsample" or call.reading.opset < 11
    mode = call.said("mode", "nearest")
    where = call.said("coordinate_transformation_mode", "asymmetric" if old else "half_pixel")
    if call.said("antialias", 0) or where not in PLACES:
        raise Unknown(f"by the rule {where!r:.40}{', with an antialias' if call.said('antialias', 0) else ''}")
    if mode == "nearest":
        return "nearest", _nearest(call, where, old, has, wanted, factors)
    rule: Rule = "align_corners" if where == "align_corners" else "half_pixel"
    if where not in ("align_corners", "half_pixel") and (where != "pytorch_half_pixel" or min(wanted) < 2):
        raise Unknown(f"{mode} by the rule {where!r:.40}")
    if mode == "linear":
        return "bilinear", rule
    if mode != "cubic":
        raise Unknown(f"of the mode {mode!r:.40}")
    if attribute(call.said("cubic_coeff_a", -0.75)) != -0.75 or call.said("exclude_outside", 0):
        raise Unknown("cubic as TensorFlow has it, by a = -0.5 or without what is outside; ops have PyTorch's -0.75")
    return "bicubic", rule


def _nearest(call: Call, where: str, old: bool, has: Pair, wanted: Pair, factors: tuple[Fraction, Fraction]) -> Rule:
    """The rule by which the nearest pixels are those of ONNX."""
    rounding = call.said("nearest_mode", "floor" if old else "round_prefer_floor")
    if rounding not in ROUNDED:
        raise Unknown(f"rounded by {rounding!r:.40}")
    rules: tuple[Rule, Rule] = ("asymmetric", "half_pixel")
    for rule in rules if where == "asymmetric" else rules[::-1]:
        op, same = Resize(rule=rule), True
        for m, n, factor in zip(has, wanted, factors, strict=True):
            places = ROUNDED[rounding](np.round(PLACES[where](np.arange(n), m, n, float(factor)), 9)).clip(0, m - 1)
            same = same and bool((places == op.nearest(m, n)).all())
        if same:
            return rule
    raise Unknown(f"nearest by the rule {where!r:.40}, rounded by {rounding!r:.40}")


@means("DepthToSpace")
def depth_to_space(call: Call) -> View:
    """Channels as squares."""
    order: Literal["torch", "tf"] = "torch" if call.said("mode", "DCR") == "CRD" else "tf"
    return call.add(DepthToSpace(call.said("blocksize", 1), order), call.map())


@means("SpaceToDepth")
def space_to_depth(call: Call) -> View:
    """Squares as channels."""
    return call.add(SpaceToDepth(call.said("blocksize", 1), "tf"), call.map())
