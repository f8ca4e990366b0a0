"""Functions of each number by itself, and softmax."""

from __future__ import annotations

from typing import Any

from ...common.importing.axes import Unknown, joined
from ...common.importing.draft import View
from ...common.importing.foreign import erf
from ...common.importing.layout import as_value, first, like
from ...common.op import Op
from ...common.ops.add import Add
from ...common.ops.channel_slice import ChannelSlice
from ...common.ops.clamp import Clamp
from ...common.ops.dropout import Dropout
from ...common.ops.elu import Elu
from ...common.ops.exponential import Exponential
from ...common.ops.gelu import Gelu
from ...common.ops.hard_sigmoid import HardSigmoid
from ...common.ops.hard_swish import HardSwish
from ...common.ops.leaky_relu import LeakyRelu
from ...common.ops.log_softmax import LogSoftmax
from ...common.ops.mish import Mish
from ...common.ops.multiply import Multiply
from ...common.ops.relu import Relu
from ...common.ops.relu6 import Relu6
from ...common.ops.rescale import Rescale
from ...common.ops.selu import Selu
from ...common.ops.sigmoid import Sigmoid
from ...common.ops.silu import Silu
from ...common.ops.softmax import Softmax
from ...common.ops.softplus import Softplus
from ...common.ops.tanh import Tanh
from ...common.ops.threshold import Threshold
from .table import MEANINGS, Reading, means, value

FAR = 50.0
"""Where softplus is the number itself in float64."""
PLAIN: dict[str, type[Op]] = {
    "exp": Exponential,
    "relu": Relu,
    "relu6": Relu6,
    "silu": Silu,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "hardswish": HardSwish,
    "hardsigmoid": HardSigmoid,
    "mish": Mish,
    "selu": Selu,
}
"""Those without an argument."""


def each(reading: Reading, x: Any, op: Op) -> View:
    """An op of each number by itself; however the value is seen, it is seen so afterwards."""
    x = value(x, op.kind)
    if x.doubtful:
        raise Unknown("a value that is not known")
    made = reading.add(op, x.step, vector=op)
    return made.seen(x.axes)


def _plain(op: type[Op]) -> Any:
    return lambda reading, x: each(reading, x, op())


MEANINGS.update({name: _plain(op) for name, op in PLAIN.items()})


@means("gelu")
def gelu(reading: Reading, x: Any, approximate: str = "none") -> View:
    """GELU, exact or by tanh."""
    return each(reading, x, Gelu(approximate == "tanh"))


@means("erf")
def error_function(reading: Reading, x: Any) -> View:
    """The error function, of which code makes a GELU."""
    x = value(x, "erf")
    return each(reading, x, erf(x.base))


@means("leaky_relu")
def leaky_relu(reading: Reading, x: Any, slope: float = 0.01) -> View:
    """Leaky ReLU."""
    return each(reading, x, LeakyRelu(float(slope)))


@means("elu")
def elu(reading: Reading, x: Any, alpha: float = 1.0, scale: float = 1.0, inner: float = 1.0) -> View:
    """ELU."""
    if (scale, inner) != (1, 1):
        raise Unknown("with factors")
    return each(reading, x, Elu(float(alpha)))


@means("celu")
def celu(reading: Reading, x: Any, alpha: float = 1.0) -> View:
    """CELU, which is ELU of x / alpha, times alpha."""
    if alpha == 1:
        return each(reading, x, Elu(1.0))
    return each(reading, each(reading, each(reading, x, Rescale(1 / alpha)), Elu(1.0)), Rescale(float(alpha)))


@means("threshold")
def threshold(reading: Reading, x: Any, limit: float, otherwise: float) -> View:
    """The numbers above a threshold, and another in the place of the rest."""
    return each(reading, x, Threshold(float(limit), float(otherwise)))


def _together(reading: Reading, op: Op, one: View, other: View) -> View:
    """An op of two values that are seen alike."""
    return reading.add(op, one.step, other.step).seen(one.axes)


@means("abs")
def absolute(reading: Reading, x: Any) -> View:
    """|x|, which is relu(x) + relu(-x)."""
    below = each(reading, each(reading, x, Rescale(-1.0)), Relu())
    return _together(reading, Add(), each(reading, x, Relu()), below)


@means("hardshrink")
def hard_shrink(reading: Reading, x: Any, limit: float = 0.5) -> View:
    """x where it is further than a limit from zero, else zero."""
    below = threshold(reading, each(reading, x, Rescale(-1.0)), limit, 0.0)
    return _together(reading, Add(), threshold(reading, x, limit, 0.0), each(reading, below, Rescale(-1.0)))


@means("softshrink")
def soft_shrink(reading: Reading, x: Any, limit: float = 0.5) -> View:
    """x nearer to zero by a limit."""
    held = each(reading, x, Clamp(-float(limit), float(limit)))
    return _together(reading, Add(), value(x), each(reading, held, Rescale(-1.0)))


@means("log_sigmoid")
def log_sigmoid(reading: Reading, x: Any) -> View:
    """-softplus(-x)."""
    soft = each(reading, each(reading, x, Rescale(-1.0)), Softplus(threshold=FAR))
    return each(reading, soft, Rescale(-1.0))


@means("glu")
def glu(reading: Reading, x: Any, axis: int = -1) -> View:
    """The first half of the channels, gated by the second."""
    x = value(x, "glu")
    if x.order not in ("map", "vector") or axis % len(x.axes) != 1 or x.shape[1] % 2:
        raise Unknown("over another axis than channels, or of an odd number of them")
    step, half = as_value(reading.draft, x), x.shape[1] // 2
    gate = each(reading, reading.add(ChannelSlice(half, 2 * half), step), Sigmoid())
    return _together(reading, Multiply(), reading.add(ChannelSlice(0, half), step), gate)


@means("softplus")
def softplus(reading: Reading, x: Any, beta: float = 1.0, threshold: float = 20.0) -> View:
    """Softplus."""
    return each(reading, x, Softplus(float(beta), float(threshold)))


@means("hardtanh")
def hardtanh(reading: Reading, x: Any, low: float = -1, high: float = 1) -> View:
    """Limits, -1 and 1 where none are said."""
    return clamp(reading, x, low, high)


@means("clamp", "clip")
def clamp(reading: Reading, x: Any, low: float | None = None, high: float | None = None) -> View:
    """Limits, none where none are said; those of ReLU6 and ReLU have ops."""
    if (low, high) == (0, 6):
        return each(reading, x, Relu6())
    if (low, high) == (0, None):
        return each(reading, x, Relu())
    low, high = (None if limit is None else float(limit) for limit in (low, high))
    return each(reading, x, Clamp(low, high))


@means("clamp_min")
def clamp_min(reading: Reading, x: Any, low: float) -> View:
    """A limit below."""
    return clamp(reading, x, low, None)


@means("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout")
def dropout(reading: Reading, x: Any, rate: float, train: bool = False) -> View:
    """Dropout, which only training shows; a rate of 1 leaves nothing there, and no op says it."""
    return each(reading, x, Dropout(float(rate))) if 0 < rate < 1 else value(x)


@means("log_softmax", "_log_softmax")
def log_softmax(reading: Reading, x: Any, axis: int, *_: Any) -> View:
    """The logarithm of the softmax over channels."""
    return _over_channels(reading, value(x, "log_softmax"), axis, LogSoftmax())


@means("softmax", "_softmax")
def softmax(reading: Reading, x: Any, axis: int, *_: Any) -> View:
    """Softmax over channels, over groups of them, or over places."""
    x = value(x, "softmax")
    special = _special(x, axis % len(x.axes))
    if special is not None:
        return reading.add(special, x.step).seen(x.axes)
    return _over_channels(reading, x, axis, Softmax())


def _over_channels(reading: Reading, x: View, axis: int, op: Op) -> View:
    if (x.order, axis % len(x.axes)) not in (("map", 1), ("vector", 1), ("last", 3)):
        raise Unknown("over another axis than channels")
    made = reading.add(op, as_value(reading.draft, first(x)))
    return like(x, made)


def _special(x: View, axis: int) -> Softmax | None:
    """A softmax over the places of each channel, or over groups that channels are seen in."""
    own = x.axes[axis]
    if x.doubtful:
        return None
    if own and own == joined([*x.whole("H"), *x.whole("W")]):
        return Softmax("places")
    if len(own) == 1 and own[0].letter == "C" and own[0].stride > 1 and own[0].stride * own[0].size == x.base[0]:
        return Softmax("groups", own[0].size)
    return None
