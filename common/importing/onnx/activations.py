"""Functions of each number by itself, and softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...op import Op
from ...ops.clamp import Clamp
from ...ops.dropout import Dropout
from ...ops.elu import Elu
from ...ops.gelu import Gelu
from ...ops.hard_sigmoid import HardSigmoid
from ...ops.hard_swish import HardSwish
from ...ops.leaky_relu import LeakyRelu
from ...ops.mish import Mish
from ...ops.relu import Relu
from ...ops.relu6 import Relu6
from ...ops.rescale import Rescale
from ...ops.selu import Selu
from ...ops.sigmoid import Sigmoid
from ...ops.silu import Silu
from ...ops.softmax import Softmax
from ...ops.softplus import Softplus
from ...ops.tanh import Tanh
from ..axes import Unknown, joined
from ..draft import View
from ..layout import as_value, first, like
from .table import MEANINGS, Call, Const, attribute, means

PLAIN: dict[str, type[Op]] = {
    "HardSwish": HardSwish,
    "Mish": Mish,
    "Relu": Relu,
    "Sigmoid": Sigmoid,
    "Tanh": Tanh,
}
"""Those without an attribute."""
FAR = 50.0
"""Where softplus is the number itself in float64: ONNX has no threshold."""


def _plain(op: type[Op]) -> Any:
    return lambda call: call.each(op())


MEANINGS.update({kind: _plain(op) for kind, op in PLAIN.items()})


@means("_Known")
def known(call: Call) -> View:
    """Several operators that are one function."""
    return call.each(call.node.attributes["op"])


@means("Gelu")
def gelu(call: Call) -> View:
    """GELU, exact or by tanh."""
    return call.each(Gelu(call.said("approximate", "none") == "tanh"))


@means("Swish")
def swish(call: Call) -> View:
    """SiLU."""
    if call.said("alpha", 1.0) != 1:
        raise Unknown("with a factor")
    return call.each(Silu())


@means("Softplus")
def softplus(call: Call) -> View:
    """Softplus."""
    return call.each(Softplus(threshold=FAR))


@means("LeakyRelu")
def leaky_relu(call: Call) -> View:
    """Leaky ReLU."""
    return call.each(LeakyRelu(attribute(call.said("alpha", 0.01))))


@means("Elu")
def elu(call: Call) -> View:
    """ELU."""
    return call.each(Elu(attribute(call.said("alpha", 1.0))))


@means("Celu")
def celu(call: Call) -> View:
    """CELU, which at an alpha of 1 is ELU."""
    if call.said("alpha", 1.0) != 1:
        raise Unknown("of another alpha than 1")
    return call.each(Elu())


@means("Selu")
def selu(call: Call) -> View:
    """SELU."""
    usual = (1.6732632, 1.0507009)
    if (attribute(call.said("alpha", usual[0])), attribute(call.said("gamma", usual[1]))) != usual:
        raise Unknown("with numbers of its own")
    return call.each(Selu())


@means("HardSigmoid")
def hard_sigmoid(call: Call) -> View:
    """clip(x / 6 + 1 / 2, 0, 1); of other numbers, the sum and the limits."""
    slope, offset = call.said("alpha", 0.2), call.said("beta", 0.5)
    if np.float32(slope) == np.float32(1 / 6) and offset == 0.5:
        return call.each(HardSigmoid())
    return call.each(Clamp(0.0, 1.0), call.each(Rescale(attribute(slope), attribute(offset))))


@means("Clip")
def clip(call: Call) -> View:
    """Limits, which old versions have as attributes; those of ReLU6 and ReLU have ops."""
    low, high = call.node.attributes.get("min"), call.node.attributes.get("max")
    limits = [None if item is None else attribute(float(item)) for item in (low, high)]
    for place in (1, 2):
        const = call.const(place, "limits")
        if const is not None:
            limits[place - 1] = limit(const)
    return clamped(call, limits[0], limits[1])


def limit(const: Const) -> float:
    """A limit, which is one number."""
    if const.number is None:
        raise Unknown("with a limit for each number")
    return const.number


def clamped(call: Call, low: float | None, high: float | None) -> View:
    """Limits of each number."""
    low = None if low is None or low <= -3e38 else low
    high = None if high is None or high >= 3e38 else high
    if (low, high) == (0, 6):
        return call.each(Relu6())
    if (low, high) == (0, None):
        return call.each(Relu())
    return call.value() if low is None and high is None else call.each(Clamp(low, high))


@means("Max", "Min")
def bounded(call: Call) -> View:
    """A value and a number, the larger or the smaller of both."""
    views = [item for item in call.given if isinstance(item, View)]
    consts = [item for item in call.given if isinstance(item, Const)]
    if len(views) != 1 or len(consts) != 1 or len(call.given) != 2:
        raise Unknown("of two values")
    inner = Call(call.reading, call.node, call.place, views)
    number = limit(consts[0])
    return clamped(inner, number, None) if call.node.kind == "Max" else clamped(inner, None, number)


@means("Dropout")
def dropout(call: Call) -> list[View]:
    """Dropout, which only training shows: old files keep it, with its rate."""
    rate = call.node.attributes.get("ratio", 0.5)
    const = call.const(1, "a rate")
    rate = attribute(float(rate if const is None else limit(const)))
    training = call.const(2, "a mode")
    if training is not None and training.array.any():
        return [call.each(Dropout(rate))] if 0 < rate < 1 else [call.value()]
    return [call.each(Dropout(rate)) if 0 < rate < 1 else call.value()]


@means("Softmax")
def softmax(call: Call) -> View:
    """Softmax over channels, over the places of each channel, or over groups of channels."""
    x = call.value()
    old = call.reading.opset < 13
    axis = call.said("axis", 1 if old else -1) % len(x.axes)
    if old and any(x.axes[axis + 1 :]):
        raise Unknown("over several axes at once")
    own = x.axes[axis]
    if own and own == joined([*x.whole("H"), *x.whole("W")]):
        return call.each(Softmax("places"), x)
    if len(own) == 1 and own[0].letter == "C" and own[0].stride > 1 and own[0].stride * own[0].size == x.base[0]:
        return call.each(Softmax("groups", own[0].size), x)
    if own and own == x.whole("C"):
        return call.each(Softmax(), x)
    if (x.order, axis) not in (("map", 1), ("vector", 1), ("last", 3)):
        raise Unknown("over another axis than channels")
    return like(x, call.add(Softmax(), as_value(call.draft, first(x))))
