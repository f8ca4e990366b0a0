"""Weights that a layer of somebody's own has itself: what its code does with them says what they are.

While such a layer is read in memory, each of its weights stands in the graph as a layer of no meaning but its numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...ops.parameter import Parameter, Start
from ...spec import Array
from ..axes import Unknown
from ..draft import View
from .layers import conv, dense, depthwise
from .table import Layer, means, seen, value

HELD = "HeldWeight"
"""The class that stands for a weight."""
JOINED = ("Add", "Divide", "Maximum", "Minimum", "Multiply", "Subtract", "TrueDivide")
"""Functions in which a weight meets a value of the image."""
SHAPED = ("Reshape", "ExpandDims", "Squeeze", "Cast", "ConvertToTensor", "StopGradient")


@dataclass(frozen=True)
class Held:
    """A weight before it meets a value: the name that it has here, and its numbers in the shape that code has of it."""

    name: str
    array: Array


@means(HELD)
def held(layer: Layer, x: Any) -> Any:
    """The weight itself; numbers that nobody trains are a constant."""
    if layer.place not in layer.reading.held:
        raise Unknown("a class of nobody's")  # in a file, the name may be anybody's
    (array,) = layer.arrays(1)
    if layer.config.get("trained"):
        return Held(layer.path, array)
    layer.draft.fixed.add(layer.path)
    return np.asarray(array, np.float64)


def met(layer: Layer, args: list[Any], named: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Arguments with each weight among them spread over the value that it meets."""
    views = [item for item in (*args, *named.values()) if isinstance(item, View)]
    if layer.kind not in JOINED or not views:
        return args, dict(named)
    made = [_spread(layer, item, views[0]) if isinstance(item, Held) else item for item in (*args, *named.values())]
    return made[: len(args)], dict(zip(named, made[len(args) :], strict=True))


def _spread(layer: Layer, weight: Held, like: View) -> View:
    """A weight as a parameter: for each channel, place or number, in the axes of a value."""
    shape = weight.array.shape
    if len(like.axes) == 2:
        size = shape[-1:] if np.prod(shape) > 1 else ()
        if len(size) != 1 or size[0] != np.prod(shape) or shape[-1] != like.shape[1]:
            raise Unknown(f"a weight of shape {shape} and a vector")
        return _parameter(layer, weight, (int(size[0]),), shape, weight.array)
    if len(like.axes) != 4 or len(shape) > 4 or np.prod(shape[:-3], dtype=int) != 1:
        raise Unknown(f"a weight of shape {shape} and a value of shape {like.shape}")
    height, width, channels = (1, 1, 1, *shape)[-3:] if shape else (1, 1, 1)
    size = (channels, height, width)
    if height * width == 1:
        return seen(_parameter(layer, weight, size, shape, weight.array))
    turned = weight.array.reshape(height, width, channels).transpose(2, 0, 1)
    return seen(_parameter(layer, weight, size, size, turned))


def _parameter(layer: Layer, weight: Held, size: tuple[int, ...], stored: tuple[int, ...], array: Array) -> View:
    init: Start = "ones" if array.any() else "zeros"
    op = Parameter(size, init, None if stored == size else tuple(stored))
    layer.reading.tensors[weight.name] = array
    return layer.draft.view(layer.draft.add(op, names={"": weight.name}, label=weight.name))


def shaped(layer: Layer, args: list[Any], named: Mapping[str, Any]) -> Held | None:
    """A weight in another shape, where that is all that a function does; None for any other call."""
    if layer.kind not in SHAPED or not args or not isinstance(args[0], Held):
        return None
    weight, config = args[0], layer.config
    if layer.kind == "Reshape":
        size = layer.said("newshape", named.get("newshape", args[1] if len(args) > 1 else None), None)
        return replace(weight, array=weight.array.reshape([int(n) for n in size]))
    if layer.kind in ("ExpandDims", "Squeeze"):
        axis = layer.said("axis", named.get("axis", args[1] if len(args) > 1 else None), None)
        change = np.expand_dims if layer.kind == "ExpandDims" else np.squeeze
        return replace(weight, array=change(weight.array, tuple(axis) if isinstance(axis, list) else axis))
    if layer.kind == "Cast" and "int" in str(config.get("dtype")):
        raise Unknown("of a weight, to whole numbers")
    return weight


def _as_layer(layer: Layer, weight: Any, **config: Any) -> Layer:
    """A call of a function as that of the layer that has the same weight."""
    if not isinstance(weight, Held):
        raise Unknown("of a kernel that is no weight of a layer")
    path = weight.name
    arrays = {**layer.reading.arrays, path: [weight.array]}
    given = {**layer.config, "use_bias": False, **config}
    return replace(layer, reading=replace(layer.reading, arrays=arrays), config=given, path=path, place=path)


@means(functions=("Matmul", "Dot"))
def matmul(layer: Layer, x: Any, y: Any) -> View:
    """The product of a vector, or of the channels of a map, and a matrix."""
    value(x)
    if isinstance(y, Held) and y.array.ndim != 2:
        raise Unknown(f"with a weight of shape {y.array.shape}")
    return dense(_as_layer(layer, y, units=y.array.shape[1] if isinstance(y, Held) else 0), x)


@means(functions=("Conv", "DepthwiseConv"))
def convolved(layer: Layer, x: Any, kernel: Any, strides: Any = None, padding: Any = None, **named: Any) -> View:
    """A convolution with a kernel that a layer has itself."""
    config = {"strides": layer.said("strides", strides, 1), "padding": layer.said("padding", padding, "valid"), **named}
    if isinstance(kernel, Held) and kernel.array.ndim != 4:
        raise Unknown(f"with a kernel of shape {kernel.array.shape}")
    own = _as_layer(layer, kernel, **{key: item for key, item in config.items() if item is not None})
    return (depthwise if layer.kind == "DepthwiseConv" else conv)(own, x)
