"""Functions of each number by itself, and softmax: as layers, inside layers, and as functions between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...op import Op
from ...ops.clamp import Clamp
from ...ops.elu import Elu
from ...ops.exponential import Exponential
from ...ops.gelu import Gelu
from ...ops.hard_sigmoid import HardSigmoid
from ...ops.hard_swish import HardSwish
from ...ops.leaky_relu import LeakyRelu
from ...ops.log_softmax import LogSoftmax
from ...ops.mish import Mish
from ...ops.relu import Relu
from ...ops.relu6 import Relu6
from ...ops.selu import Selu
from ...ops.sigmoid import Sigmoid
from ...ops.silu import Silu
from ...ops.softmax import Softmax
from ...ops.softplus import Softplus
from ...ops.softsign import Softsign
from ...ops.tanh import Tanh
from ..axes import Unknown
from ..draft import View
from ..foreign import erf
from .composed import COMPOSED, steep_sigmoid
from .graph import HOMES
from .table import FAR, FUNCTIONS, MEANINGS, Layer, means, single, value

SLOPE = single(0.2)
"""The slope of Keras's function `leaky_relu`, which rounds it; the layer has 0.3."""
PLAIN: dict[str, Op] = {
    "elu": Elu(),
    "exponential": Exponential(),
    "gelu": Gelu(rounded=True),
    "hard_sigmoid": HardSigmoid(),
    "hard_silu": HardSwish(),
    "hard_swish": HardSwish(),
    "hard_tanh": Clamp(-1.0, 1.0),
    "leaky_relu": LeakyRelu(SLOPE),
    "mish": Mish(),
    "relu": Relu(),
    "relu6": Relu6(),
    "selu": Selu(),
    "sigmoid": Sigmoid(),
    "silu": Silu(),
    "softplus": Softplus(threshold=FAR),
    "softsign": Softsign(),
    "swish": Silu(),
    "tanh": Tanh(),
}
"""Name of a function of Keras -> its op."""
SHARES: dict[str, Op] = {"log_softmax": LogSoftmax(), "softmax": Softmax()}
"""Those over the channels."""
CLASSES = {
    "Exp": "exponential",
    "HardSigmoid": "hard_sigmoid",
    "HardSilu": "hard_silu",
    "HardSwish": "hard_silu",
    "HardTanh": "hard_tanh",
    "Mish": "mish",
    "Relu": "relu",
    "Relu6": "relu6",
    "Selu": "selu",
    "Sigmoid": "sigmoid",
    "Silu": "silu",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Tanh": "tanh",
}
"""Class of a function between layers -> its name inside a layer."""
OTHERWISE_BEFORE: dict[str, Callable[..., View]] = {"hard_sigmoid": steep_sigmoid}
"""Those that were others in Keras 2."""


def activated(layer: Layer, x: View) -> View:
    """A value after the activation that a layer has inside."""
    return function(layer, _given(layer), x, f"{layer.path}_")


def _given(layer: Layer) -> Any:
    return layer.reading.functions.get(layer.place, layer.config.get("activation"))


def function(layer: Layer, given: Any, x: View, before: str = "") -> View:
    """A value after a function of Keras by its name, or after a layer in its place."""
    if given is None or given == "linear":
        return x
    if isinstance(given, Mapping):
        return _object(layer, given, x)
    label = f"{before}{given}" if before else ""
    if given in SHARES:
        return layer.add(SHARES[given], layer.value(x), label=label)
    composed = {**COMPOSED, **OTHERWISE_BEFORE} if layer.old else COMPOSED
    if given in composed:
        return composed[given](layer, x, label)
    if given not in PLAIN:
        raise Unknown(f"with the activation {given!r:.80}")
    return layer.each(PLAIN[given], x, label)


def _object(layer: Layer, given: Mapping[str, Any], x: View) -> View:
    """A layer that stands where a function may."""
    kind, config = given.get("class_name"), given.get("config")
    own = str(given.get("module") or "").partition(".")[0] in HOMES and kind in ACTIVATIONS
    if not own or not isinstance(config, Mapping):
        named = config if isinstance(config, str) else kind
        raise Unknown(f"with an activation of its own, {named!r:.80}")
    inner = Layer(layer.reading, str(kind), config, f"{layer.path}_{str(kind).lower()}", layer.place, layer.old)
    result: View = MEANINGS[str(kind)](inner, x)
    return result


@means("Activation")
def activation(layer: Layer, x: Any) -> View:
    """A function by its name."""
    return function(layer, _given(layer), value(x))


def _between(name: str) -> Any:
    return lambda layer, x: function(layer, name, value(x))


FUNCTIONS.update({kind: _between(name) for kind, name in CLASSES.items()})


@means("LeakyReLU")
def leaky_relu(layer: Layer, x: Any) -> View:
    """A leaky rectifier; Keras 2 calls its slope alpha."""
    slope = layer.config.get("negative_slope", layer.config.get("alpha", 0.3))
    return layer.each(LeakyRelu(single(slope)), x)


@means(functions=("LeakyRelu",))
def leaky_between(layer: Layer, x: Any, negative_slope: float | None = None) -> View:
    """The function of the same name."""
    slope = layer.config.get("negative_slope", SLOPE) if negative_slope is None else negative_slope
    return layer.each(LeakyRelu(single(slope)), x)


@means(functions=("Clip",))
def clip(layer: Layer, x: Any, x_min: float | None = None, x_max: float | None = None) -> View:
    """Numbers held between two bounds."""
    bounds = [
        layer.config.get("x_min") if x_min is None else x_min,
        layer.config.get("x_max") if x_max is None else x_max,
    ]
    if not all(bound is None or isinstance(bound, (int, float)) for bound in bounds):
        raise Unknown("with bounds that are no numbers")
    return layer.each(Clamp(*(None if bound is None else float(bound) for bound in bounds)), x)


@means("ELU", functions=("Elu",))
def elu(layer: Layer, x: Any, alpha: float | None = None) -> View:
    """The exponential linear unit."""
    return layer.each(Elu(float(layer.config.get("alpha", 1.0) if alpha is None else alpha)), x)


@means(functions=("Gelu",))
def gelu(layer: Layer, x: Any, approximate: bool | None = None) -> View:
    """GELU, exact or by tanh; the function between layers is by tanh where nothing is said."""
    by_tanh = layer.config.get("approximate", True) if approximate is None else approximate
    return layer.each(Gelu(bool(by_tanh), rounded=not by_tanh), x)


@means(functions=("Erf",))
def error_function(layer: Layer, x: Any) -> View:
    """The error function, of which code makes a GELU."""
    return layer.each(erf(value(x).base), x)


@means("Softmax", functions=("Softmax", "LogSoftmax"))
def softmax(layer: Layer, x: Any, axis: int | None = None, mask: Any = None) -> View:
    """Softmax over the last axis, or its logarithm; or over the places of a map."""
    view, axis = value(x), layer.said("axis", axis, -1)
    last = len(view.axes) - 1
    if layer.kind == "Softmax" and axis in ([1, 2], [-3, -2]) and last == 3 and mask is None:
        return layer.add(Softmax("places"), layer.map(view))
    if axis not in (-1, last, [-1], [last]) or mask is not None:
        raise Unknown("over another axis than channels, or with a mask")
    return layer.add(SHARES["log_softmax" if layer.kind == "LogSoftmax" else "softmax"], layer.value(view))


ACTIVATIONS = ("ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax")
