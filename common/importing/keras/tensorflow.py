"""Functions of TensorFlow that Keras 2 writes down between layers, as the functions of Keras 3 that they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...text import NAME, printable
from ..axes import Unknown
from . import activations, joins, maps, parts, vectors
from .table import FUNCTIONS, Layer, means

__all__ = ["activations", "called", "joins", "maps", "parts", "vectors"]

NAMES: Mapping[str, str] = {
    "__operators__.add": "Add",
    "__operators__.getitem": "GetItem",
    "__operators__.mul": "Multiply",
    "__operators__.pow": "Power",
    "__operators__.sub": "Subtract",
    "__operators__.truediv": "TrueDivide",
    "cast": "Cast",
    "clip_by_value": "Clip",
    "concat": "Concatenate",
    "expand_dims": "ExpandDims",
    "math.abs": "Abs",
    "math.add": "Add",
    "math.divide": "TrueDivide",
    "math.exp": "Exp",
    "math.l2_normalize": "Normalize",
    "math.log_sigmoid": "LogSigmoid",
    "math.maximum": "Maximum",
    "math.minimum": "Minimum",
    "math.multiply": "Multiply",
    "math.pow": "Power",
    "math.reciprocal": "Reciprocal",
    "math.reduce_max": "Max",
    "math.reduce_mean": "Mean",
    "math.reduce_sum": "Sum",
    "math.rsqrt": "Rsqrt",
    "math.sigmoid": "Sigmoid",
    "math.softplus": "Softplus",
    "math.sqrt": "Sqrt",
    "math.square": "Square",
    "math.subtract": "Subtract",
    "math.tanh": "Tanh",
    "math.truediv": "TrueDivide",
    "nn.bias_add": "Add",
    "nn.depth_to_space": "DepthToSpace",
    "nn.elu": "Elu",
    "nn.gelu": "Gelu",
    "nn.l2_normalize": "Normalize",
    "nn.leaky_relu": "LeakyRelu",
    "nn.local_response_normalization": "LocalResponseNorm",
    "nn.log_softmax": "LogSoftmax",
    "nn.relu": "Relu",
    "nn.relu6": "Relu6",
    "nn.sigmoid": "Sigmoid",
    "nn.silu": "Silu",
    "nn.softmax": "Softmax",
    "nn.softplus": "Softplus",
    "nn.softsign": "Softsign",
    "nn.space_to_depth": "SpaceToDepth",
    "nn.swish": "Silu",
    "nn.tanh": "Tanh",
    "pad": "Pad",
    "reshape": "Reshape",
    "split": "Split",
    "squeeze": "Squeeze",
    "stop_gradient": "StopGradient",
    "stack": "Stack",
    "transpose": "Transpose",
}
WORDS: Mapping[str, Mapping[str, str]] = {
    "Clip": {"clip_value_min": "x_min", "clip_value_max": "x_max"},
    "GetItem": {"slice_spec": "key"},
    "LeakyRelu": {"alpha": "negative_slope"},
    "Pad": {"paddings": "pad_width"},
    "Split": {"num_or_size_splits": "sizes"},
    "Transpose": {"perm": "axes"},
}
"""What TensorFlow calls an argument otherwise than Keras."""
USUAL: Mapping[str, Mapping[str, Any]] = {
    "Gelu": {"approximate": False},
    "Normalize": {"epsilon": vectors.SQUARED},
    "Split": {"axis": 0},
    "Stack": {"axis": 0},
}
"""Arguments that TensorFlow has where nothing is said."""
LAST = ("NHWC", "N...C")
"""What TensorFlow calls channels that are the last axis."""


@means("TFOpLambda", "SlicingOpLambda")
def called(layer: Layer, *given: Any, **named: Any) -> Any:
    """A function by its name; an argument of None is the usual one."""
    function = str(layer.config.get("function"))
    kind = NAMES.get(function)
    if kind is None:
        raise Unknown(f"of {printable(function, NAME)}")
    words = WORDS.get(kind, {})
    named = {word: item for word, item in named.items() if word != "name" and item is not None}
    if named.pop("data_format", LAST[0]) not in LAST:
        raise Unknown("with channels first")
    told = {**USUAL.get(kind, {}), **{words.get(word, word): item for word, item in named.items()}}
    return FUNCTIONS[kind](replace(layer, kind=kind, operation=True), *given, **told)
