"""Functions of each number by itself, and softmax."""

from __future__ import annotations

from typing import Any

from ...common.importing.axes import Unknown, joined
from ...common.importing.draft import View
from ...common.importing.layout import as_value, first, like
from ...common.op import Op
from ...common.ops.clamp import Clamp
from ...common.ops.dropout import Dropout
from ...common.ops.elu import Elu
from ...common.ops.gelu import Gelu
from ...common.ops.hard_sigmoid import HardSigmoid
from ...common.ops.hard_swish import HardSwish
from ...common.ops.leaky_relu import LeakyRelu
from ...common.ops.mish import Mish
from ...common.ops.relu import Relu
from ...common.ops.relu6 import Relu6
from ...common.ops.selu import Selu
from ...common.ops.sigmoid import Sigmoid
from ...common.ops.silu import Silu
from ...common.ops.softmax import Softmax
from ...common.ops.softplus import Softplus
from ...common.ops.tanh import Tanh
from .table import MEANINGS, Reading, means, value

PLAIN: dict[str, type[Op]] = {
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
    """CELU, which at an alpha of 1 is ELU."""
    if alpha != 1:
        raise Unknown("of another alpha than 1")
    return each(reading, x, Elu(1.0))


@means("softplus")
def softplus(reading: Reading, x: Any, beta: float = 1.0, threshold: float = 20.0) -> View:
    """Softplus."""
    return each(reading, x, Softplus(float(beta), float(threshold)))


@means("hardtanh", "clamp", "clip")
def hardtanh(reading: Reading, x: Any, low: float | None = -1, high: float | None = 1) -> View:
    """Limits; those of ReLU6 and ReLU have ops."""
    if (low, high) == (0, 6):
        return each(reading, x, Relu6())
    if (low, high) == (0, None):
        return each(reading, x, Relu())
    low, high = (None if limit is None else float(limit) for limit in (low, high))
    return each(reading, x, Clamp(low, high))


@means("clamp_min")
def clamp_min(reading: Reading, x: Any, low: float) -> View:
    """A limit below."""
    return hardtanh(reading, x, low, None)


@means("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout")
def dropout(reading: Reading, x: Any, rate: float, train: bool = False) -> View:
    """Dropout, which only training shows; a rate of 1 leaves nothing there, and no op says it."""
    return each(reading, x, Dropout(float(rate))) if 0 < rate < 1 else value(x)


@means("softmax", "_softmax")
def softmax(reading: Reading, x: Any, axis: int, *_: Any) -> View:
    """Softmax over channels."""
    x = value(x, "softmax")
    special = _special(x, axis % len(x.axes))
    if special is not None:
        return reading.add(special, x.step).seen(x.axes)
    if (x.order, axis % len(x.axes)) not in (("map", 1), ("vector", 1), ("last", 3)):
        raise Unknown("over another axis than channels")
    made = reading.add(Softmax(), as_value(reading.draft, first(x)))
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
