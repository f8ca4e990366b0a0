"""Functions of TensorFlow that Keras 2 writes down between layers, as the functions of Keras 3 that they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...text import NAME, printable
from ..axes import Unknown
from ..draft import View
from . import activations, joins, maps
from .table import FUNCTIONS, Layer, means

__all__ = ["activations", "called", "joins", "maps"]

NAMES: Mapping[str, str] = {
    "__operators__.add": "Add",
    "__operators__.mul": "Multiply",
    "__operators__.sub": "Subtract",
    "__operators__.truediv": "TrueDivide",
    "concat": "Concatenate",
    "math.add": "Add",
    "math.divide": "TrueDivide",
    "math.multiply": "Multiply",
    "math.reduce_mean": "Mean",
    "math.sigmoid": "Sigmoid",
    "math.subtract": "Subtract",
    "math.tanh": "Tanh",
    "math.truediv": "TrueDivide",
    "nn.leaky_relu": "LeakyRelu",
    "nn.relu": "Relu",
    "nn.relu6": "Relu6",
    "nn.sigmoid": "Sigmoid",
    "nn.silu": "Silu",
    "nn.swish": "Silu",
    "nn.tanh": "Tanh",
}
WORDS: Mapping[str, Mapping[str, str]] = {"LeakyRelu": {"alpha": "negative_slope"}}
"""What TensorFlow calls an argument otherwise than Keras."""


@means("TFOpLambda")
def called(layer: Layer, *given: Any, **named: Any) -> View:
    """A function by its name; an argument of None is the usual one."""
    function = str(layer.config.get("function"))
    kind = NAMES.get(function)
    if kind is None:
        raise Unknown(f"of {printable(function, NAME)}")
    words = WORDS.get(kind, {})
    told = {words.get(word, word): item for word, item in named.items() if item is not None}
    return FUNCTIONS[kind](replace(layer, kind=kind, operation=True), *given, **told)
