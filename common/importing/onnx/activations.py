"""Functions of each number by itself, and softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...op import Op
from ...ops.clamp import Clamp
from ...ops.dropout import Dropout
from ...ops.elu import Elu
from ...ops.exponential import Exponential
from ...ops.gelu import Gelu
from ...ops.hard_sigmoid import HardSigmoid
from ...ops.hard_swish import HardSwish
from ...ops.leaky_relu import LeakyRelu
from ...ops.log_softmax import LogSoftmax
from ...ops.maximum import Maximum
from ...ops.mish import Mish
from ...ops.relu import Relu
from ...ops.relu6 import Relu6
from ...ops.rescale import Rescale
from ...ops.selu import ALPHA, SCALE, Selu
from ...ops.sigmoid import Sigmoid
from ...ops.silu import Silu
from ...ops.softmax import Softmax
from ...ops.softplus import Softplus
from ...ops.softsign import Softsign
from ...ops.tanh import Tanh
from ...ops.threshold import Threshold
from ..axes import Unknown, joined
from ..draft import View
from ..layout import as_value, first, like
from ..pairs import of_two
from .table import MEANINGS, Call, Const, attribute, means

PLAIN: dict[str, type[Op]] = {
    "Exp": Exponential,
    "HardSwish": HardSwish,
    "Mish": Mish,
    "Relu": Relu,
    "Sigmoid": Sigmoid,
    "Softsign": Softsign,
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
    """Several operators that are one function, of numbers of so many axes."""
    if len(call.value().axes) < call.node.attributes["rank"]:
        raise Unknown("with numbers of more axes than the value")
    made = call.each(call.node.attributes["op"])
    turn = call.node.attributes["turn"]
    return made.seen(tuple(made.axes[place] for place in turn)) if turn else made


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
    numbers = (np.float32(call.said("alpha", ALPHA)), np.float32(call.said("gamma", SCALE)))
    if numbers != (np.float32(ALPHA), np.float32(SCALE)):
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
    """The larger or the smaller of a value and a number, or of several values at each place."""
    views = [item for item in call.given if isinstance(item, View)]
    numbers = [limit(item) for item in call.given if isinstance(item, Const)]
    low, made = call.node.kind == "Max", views[0]
    for view in views[1:]:
        made = of_two(call.draft, made, view, Maximum()) if low else _smaller(call, made, view)
    inner = Call(call.reading, call.node, call.place, [made])
    for number in numbers:
        made = clamped(inner, number, None) if low else clamped(inner, None, number)
        inner = Call(call.reading, call.node, call.place, [made])
    return inner.value()


def _smaller(call: Call, x: View, y: View) -> View:
    """The smaller of two values, which is the larger of both times -1, times -1."""
    turned = [call.each(Rescale(-1.0), item) for item in (x, y)]
    return call.each(Rescale(-1.0), of_two(call.draft, turned[0], turned[1], Maximum()))


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


@means("ThresholdedRelu")
def thresholded(call: Call) -> View:
    """The numbers above a threshold, else zero."""
    return call.each(Threshold(attribute(call.said("alpha", 1.0))))


@means("Softmax", "LogSoftmax")
def softmax(call: Call) -> View:
    """Softmax over channels, over the places of each channel, or over groups; its logarithm over channels."""
    x, logarithm = call.value(), call.node.kind == "LogSoftmax"
    op: Op = LogSoftmax() if logarithm else Softmax()
    old = call.reading.opset < 13
    axis = call.said("axis", 1 if old else -1) % len(x.axes)
    if old and any(x.axes[axis + 1 :]):
        raise Unknown("over several axes at once")
    own = x.axes[axis]
    if not logarithm and own and own == joined([*x.whole("H"), *x.whole("W")]):
        return call.each(Softmax("places"), x)
    runs = len(own) == 1 and own[0].letter == "C" and own[0].stride > 1 and own[0].stride * own[0].size == x.base[0]
    if runs and not logarithm:
        return call.each(Softmax("groups", own[0].size), x)
    if own and own == x.whole("C"):
        return call.each(op, x)
    if (x.order, axis) not in (("map", 1), ("vector", 1), ("last", 3)):
        raise Unknown("over another axis than channels")
    return like(x, call.add(op, as_value(call.draft, first(x))))
