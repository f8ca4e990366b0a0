"""Activations that are several ops here, with the numbers that Keras lets people choose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...op import Op
from ...ops.add import Add
from ...ops.channel_slice import ChannelSlice
from ...ops.clamp import Clamp
from ...ops.elu import Elu
from ...ops.leaky_relu import LeakyRelu
from ...ops.multiply import Multiply
from ...ops.power import Power
from ...ops.relu import Relu
from ...ops.relu6 import Relu6
from ...ops.rescale import Rescale
from ...ops.sigmoid import Sigmoid
from ...ops.softplus import Softplus
from ...ops.tanh import Tanh
from ...ops.threshold import Threshold
from ..axes import Unknown
from ..draft import View
from .table import FAR, Layer, means, single, value


def _pair(layer: Layer, op: Op, one: View, other: View, label: str = "") -> View:
    """An op of two values that are seen alike; what it makes is seen so, too."""
    return View(layer.draft.add(op, one.step, other.step, label=label), one.base, one.axes)


def _less(layer: Layer, x: View, other: View, label: str, factor: float = 1.0) -> View:
    """x less another value, or so many times it."""
    return _pair(layer, Add(), x, layer.each(Rescale(-factor), other, f"{layer.path}_turned"), label)


def celu(layer: Layer, x: View, label: str = "", alpha: float = 1.0) -> View:
    """max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1), which is ELU of x / alpha, times alpha."""
    if alpha == 1:
        return layer.each(Elu(), x, label)
    inner = layer.each(Elu(), layer.each(Rescale(1 / alpha), x, f"{layer.path}_over"), f"{layer.path}_elu")
    return layer.each(Rescale(alpha), inner, label)


def glu(layer: Layer, x: View, label: str = "", axis: int = -1) -> View:
    """The first half of the channels, gated by the second."""
    last = len(x.axes) - 1
    if axis not in (-1, last) or x.shape[last] % 2:
        raise Unknown("over another axis than channels, or of an odd number of them")
    step, half = layer.value(x), x.shape[last] // 2
    first = layer.add(ChannelSlice(0, half), step, label=f"{layer.path}_value")
    gate = layer.add(ChannelSlice(half, 2 * half), step, label=f"{layer.path}_gate")
    return _pair(layer, Multiply(), first, layer.each(Sigmoid(), gate, f"{layer.path}_sigmoid"), label)


def hard_shrink(layer: Layer, x: View, label: str = "", threshold: float = 0.5) -> View:
    """x where it is further than the threshold from zero, else zero."""
    above = layer.each(Threshold(threshold), x, f"{layer.path}_above")
    turned = layer.each(Rescale(-1.0), x, f"{layer.path}_mirrored")
    return _less(layer, above, layer.each(Threshold(threshold), turned, f"{layer.path}_below"), label)


def soft_shrink(layer: Layer, x: View, label: str = "", threshold: float = 0.5) -> View:
    """x nearer to zero by the threshold."""
    return _less(layer, x, layer.each(Clamp(-threshold, threshold), x, f"{layer.path}_clamp"), label)


def tanh_shrink(layer: Layer, x: View, label: str = "") -> View:
    """x - tanh(x)."""
    return _less(layer, x, layer.each(Tanh(), x, f"{layer.path}_tanh"), label)


def log_sigmoid(layer: Layer, x: View, label: str = "") -> View:
    """-softplus(-x)."""
    turned = layer.each(Rescale(-1.0), x, f"{layer.path}_turned")
    return layer.each(Rescale(-1.0), layer.each(Softplus(threshold=FAR), turned, f"{layer.path}_softplus"), label)


def sparse_sigmoid(layer: Layer, x: View, label: str = "") -> View:
    """(x + 1) / 2 between 0 and 1."""
    return layer.each(Clamp(0.0, 1.0), layer.each(Rescale(0.5, 0.5), x, f"{layer.path}_half"), label)


def steep_sigmoid(layer: Layer, x: View, label: str = "") -> View:
    """The hard sigmoid of Keras 2, x / 5 + 1 / 2 between 0 and 1; that of Keras 3 is x / 6 + 1 / 2."""
    return layer.each(Clamp(0.0, 1.0), layer.each(Rescale(0.2, 0.5), x, f"{layer.path}_fifth"), label)


def sparse_plus(layer: Layer, x: View, label: str = "") -> View:
    """((x + 1) / 2) ** 2 between -1 and 1, zero below and x above."""
    share = sparse_sigmoid(layer, x, f"{layer.path}_share")
    over = layer.each(Relu(), layer.each(Rescale(1.0, -1.0), x, f"{layer.path}_less"), f"{layer.path}_over")
    return _pair(layer, Add(), _pair(layer, Multiply(), share, share, f"{layer.path}_square"), over, label)


def squareplus(layer: Layer, x: View, label: str = "", b: float = 4.0) -> View:
    """(x + sqrt(x ** 2 + b)) / 2."""
    square = _pair(layer, Multiply(), x, x, f"{layer.path}_square")
    root = layer.each(Power(0.5), layer.each(Rescale(1.0, b), square, f"{layer.path}_more"), f"{layer.path}_root")
    return layer.each(Rescale(0.5), _pair(layer, Add(), x, root, f"{layer.path}_sum"), label)


def absolute(layer: Layer, x: View, label: str = "") -> View:
    """|x|, which is relu(x) + relu(-x)."""
    turned = layer.each(Rescale(-1.0), x, f"{layer.path}_turned")
    below = layer.each(Relu(), turned, f"{layer.path}_below")
    return _pair(layer, Add(), layer.each(Relu(), x, f"{layer.path}_above"), below, label)


COMPOSED: dict[str, Callable[..., View]] = {
    function.__name__: function
    for function in (
        *(celu, glu, hard_shrink, log_sigmoid, soft_shrink, sparse_plus, sparse_sigmoid, squareplus, tanh_shrink),
    )
}
"""Name of a function of Keras -> the ops that it is, with the numbers that it has where nobody says others."""


@means(functions=("Absolute", "Abs"))
def absolute_between(layer: Layer, x: Any) -> View:
    """The function of the same name."""
    return absolute(layer, value(x))


@means(functions=("LogSigmoid", "SparsePlus", "SparseSigmoid", "TanhShrink"))
def between(layer: Layer, x: Any) -> View:
    """Functions of the same names."""
    names = {"LogSigmoid": log_sigmoid, "SparsePlus": sparse_plus, "SparseSigmoid": sparse_sigmoid}
    return names.get(layer.kind, tanh_shrink)(layer, value(x))


@means(functions=("HardShrink", "SoftShrink"))
def shrink_between(layer: Layer, x: Any, threshold: float | None = None) -> View:
    """Functions of the same names."""
    function = hard_shrink if layer.kind == "HardShrink" else soft_shrink
    return function(layer, value(x), threshold=float(layer.said("threshold", threshold, 0.5)))


@means(functions=("Celu",))
def celu_between(layer: Layer, x: Any, alpha: float | None = None) -> View:
    """The function of the same name."""
    return celu(layer, value(x), alpha=float(layer.said("alpha", alpha, 1.0)))


@means(functions=("Glu",))
def glu_between(layer: Layer, x: Any, axis: int | None = None) -> View:
    """The function of the same name."""
    return glu(layer, value(x), axis=layer.said("axis", axis, -1))


@means(functions=("Squareplus",))
def squareplus_between(layer: Layer, x: Any, b: float | None = None) -> View:
    """The function of the same name."""
    return squareplus(layer, value(x), b=float(layer.said("b", b, 4)))


@means(functions=("Threshold",))
def threshold_between(layer: Layer, x: Any, threshold: float | None = None, default_value: Any = None) -> View:
    """The function of the same name."""
    limits = layer.said("threshold", threshold, 0.0), layer.said("default_value", default_value, 0.0)
    return layer.each(Threshold(*map(float, limits)), x)


@means("ThresholdedReLU")
def thresholded(layer: Layer, x: Any) -> View:
    """A rectifier that begins at a threshold, as Keras 2 has it."""
    return layer.each(Threshold(single(layer.config.get("theta", 1.0))), x)


@means("ReLU", functions=("ReLU",))
def relu(layer: Layer, x: Any) -> View:
    """A rectifier, which may be leaky, have a maximum, and begin at a threshold; Keras 3 rounds most of these."""
    most, slope, threshold = (layer.config.get(key) for key in ("max_value", "negative_slope", "threshold"))
    rounded = float if layer.old else single
    most = None if most is None else rounded(most)
    if threshold:
        return _from_threshold(layer, x, rounded(threshold), most)
    if slope and most is None:
        return layer.each(LeakyRelu(single(slope)), x)
    if slope:
        return layer.each(LeakyRelu(float(slope)), layer.each(Clamp(None, most), x, f"{layer.path}_clamp"))
    if most is None:
        return layer.each(Relu(), x)
    return layer.each(Relu6() if most == 6 else Clamp(0.0, most), x)


def _from_threshold(layer: Layer, x: Any, threshold: float, most: float | None) -> View:
    """x above a threshold, up to a maximum, less a slope times how far it is below."""
    slope = float(layer.config.get("negative_slope") or 0)
    more = bool(slope) or most is not None
    above = layer.each(Threshold(threshold), x, f"{layer.path}_above" if more else "")
    if most is not None:
        above = layer.each(Clamp(0.0, most), above, f"{layer.path}_clamp" if slope else "")
    if not slope:
        return above
    under = layer.each(Rescale(-1.0, float(layer.config["threshold"])), x, f"{layer.path}_under")
    return _less(layer, above, layer.each(Relu(), under, f"{layer.path}_below"), "", slope)
