"""Sums, products and other joints: of values, and of a value and a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...op import Op
from ...ops.add import Add
from ...ops.channel_offset import ChannelOffset
from ...ops.channel_rescale import ChannelRescale
from ...ops.clamp import Clamp
from ...ops.concat import Concat
from ...ops.divide import Divide
from ...ops.maximum import Maximum
from ...ops.multiply import Multiply
from ...ops.parameter import Parameter
from ...ops.power import Power
from ...ops.rescale import Rescale
from ...ops.scale import Scale
from ...ops.to_map import ToMap
from ..axes import Unknown
from ..draft import View
from ..slices import squares
from .table import CHANNELS, Layer, means, seen, value, values

EXPONENTS = {"Reciprocal": -1.0, "Rsqrt": -0.5, "Sqrt": 0.5}
"""Powers that have a name."""


def _number(given: Any) -> float | None:
    """A number of the model's code; None for anything else."""
    if isinstance(given, (bool, str)) or given is None:
        return None
    if isinstance(given, (int, float)):
        return float(given)
    return float(given.reshape(())) if isinstance(given, np.ndarray) and given.size == 1 else None


def _per_channel(given: Any) -> tuple[float, ...]:
    """The numbers of a constant for each channel; () for anything else."""
    if isinstance(given, (list, tuple)) and all(type(n) in (int, float) for n in given):
        given = np.array(given, np.float64)
    if not isinstance(given, np.ndarray) or given.size < 2 or given.size != given.shape[-1]:
        return ()
    return tuple(map(float, given.reshape(-1)))


def _steps(layer: Layer, given: list[Any]) -> list[int]:
    """The steps of values that are joined: a layer spreads a vector over a map."""
    steps = [layer.value(item) for item in given]
    ranks = {len(layer.draft.steps[step].shape) for step in steps}
    if len(ranks) == 1:
        return steps
    if layer.operation:
        raise Unknown("of a vector and a map")
    vectors = [step for step in steps if len(layer.draft.steps[step].shape) == 1]
    maps = {step: layer.draft.add(ToMap(), step) for step in vectors}
    return [maps.get(step, step) for step in steps]


def _two(given: Any, named: Any) -> list[Any]:
    """What is joined; a function takes two, and a constant of several numbers is one of them."""
    found = [*given, *named.values()]
    return found if len(found) > 1 else values(found)


def _joined(layer: Layer, op: Op, given: list[Any], name: str = "") -> View:
    """One op after the other over several values."""
    if len(given) < 2:
        return value(given[0])
    first, *rest = _steps(layer, given)
    if isinstance(op, Add) and len(rest) == 1 and (made := _scaled_by(layer, first, rest[0])) is not None:
        return made
    for place, step in enumerate(rest):
        label = name if place == len(rest) - 1 else f"{name or layer.path}_{place}"
        first = layer.draft.add(op, first, step, label=label)
    return seen(layer.draft.view(first))


def _by_number(layer: Layer, given: list[Any], by: Callable[[float], Op]) -> View | None:
    """A value and a number; None for two values."""
    for one, other in ((given[0], given[-1]), (given[-1], given[0])):
        number = _number(one)
        if number is not None and len(given) == 2:
            return layer.each(by(number), other)
    return None


def _scaled_by(layer: Layer, one: int, other: int) -> View | None:
    """x * w + b with a number of each for every channel, which is one layer; None for any other sum."""
    steps = layer.draft.steps
    for product, offset in ((one, other), (other, one)):
        added, before = steps[offset], steps[product]
        if not isinstance(added.op, Parameter) or not isinstance(before.op, Multiply):
            continue
        x, factor = sorted(before.inputs, key=lambda place: isinstance(steps[place].op, Parameter))
        by, shape = steps[factor], (steps[x].shape[0], *(1 for _ in steps[x].shape[1:]))
        if isinstance(by.op, Parameter) and by.shape == added.shape == shape and not isinstance(steps[x].op, Parameter):
            names = {"weight": by.names[""], "bias": added.names[""]}
            for name in names.values():
                layer.reading.tensors[name] = layer.reading.tensors[name].reshape(-1)
            return seen(layer.draft.view(layer.draft.add(Scale(), x, names=names)))
    return None


@means("Add", functions=("Add",))
def add(layer: Layer, *given: Any, **named: Any) -> View:
    """A sum."""
    found = _two(given, named)
    for one, other in ((found[0], found[-1]), (found[-1], found[0])):
        if offsets := _per_channel(one):
            return layer.add(ChannelOffset(offsets), layer.map(other))
    return _by_number(layer, found, lambda n: Rescale(1.0, n)) or _joined(layer, Add(), found)


@means("Subtract", functions=("Subtract",))
def subtract(layer: Layer, *given: Any, **named: Any) -> View:
    """A difference, which is a sum with the second value times -1."""
    first, second = _two(given, named)
    if offsets := _per_channel(second):
        return layer.add(ChannelOffset(tuple(-n for n in offsets)), layer.map(first))
    if (number := _number(second)) is not None:
        return layer.each(Rescale(1.0, -number), first)
    if (number := _number(first)) is not None:
        return layer.each(Rescale(-1.0, number), second)
    turned = layer.each(Rescale(-1.0), second, f"{layer.path}_turned")
    return _joined(layer, Add(), [first, turned])


@means("Multiply", functions=("Multiply",))
def multiply(layer: Layer, *given: Any, **named: Any) -> View:
    """A product."""
    found = _two(given, named)
    for one, other in ((found[0], found[-1]), (found[-1], found[0])):
        if factors := _per_channel(one):
            return layer.add(ChannelRescale(factors), layer.map(other))
    return _by_number(layer, found, lambda n: Rescale(n)) or _joined(layer, Multiply(), found)


@means(functions=("Divide", "TrueDivide"))
def divide(layer: Layer, x: Any, y: Any) -> View:
    """A quotient: by a number, by one for each channel, or of two values."""
    factors, number = _per_channel(y), _number(y)
    if factors and all(factors):
        return layer.add(ChannelRescale(tuple(1 / n for n in factors)), layer.map(x))
    if number:
        return layer.each(Rescale(1 / number), x)
    if (number := _number(x)) is not None:
        return layer.each(Rescale(number), layer.each(Power(-1.0), y, f"{layer.path}_power"))
    return _joined(layer, Divide(), [x, y])


@means("Maximum", functions=("Maximum",))
def maximum(layer: Layer, *given: Any, **named: Any) -> View:
    """The largest of values."""
    found = _two(given, named)
    return _by_number(layer, found, lambda n: Clamp(low=n)) or _joined(layer, Maximum(), found)


@means("Minimum", functions=("Minimum",))
def minimum(layer: Layer, *given: Any, **named: Any) -> View:
    """The smallest of values, which is the largest of them times -1, times -1."""
    found = _two(given, named)
    if (bound := _by_number(layer, found, lambda n: Clamp(high=n))) is not None:
        return bound
    turned = [layer.each(Rescale(-1.0), item, f"{layer.path}_turned{place}") for place, item in enumerate(found)]
    return layer.each(Rescale(-1.0), _joined(layer, Maximum(), turned, f"{layer.path}_maximum"))


@means(functions=("Negative",))
def negative(layer: Layer, x: Any) -> View:
    """A value times -1."""
    return layer.each(Rescale(-1.0), x)


@means(functions=("Square",))
def square(layer: Layer, x: Any) -> View:
    """A value times itself."""
    return _joined(layer, Multiply(), [x, x])


@means(functions=("Power", "Reciprocal", "Rsqrt", "Sqrt"))
def power(layer: Layer, x: Any, y: Any = None) -> View:
    """A value to a fixed power."""
    exponent = EXPONENTS.get(layer.kind, _number(y))
    if exponent is None:
        raise Unknown("to a power that is computed")
    return square(layer, x) if exponent == 2 else layer.each(Power(exponent), x)


@means("Average")
def average(layer: Layer, *given: Any) -> View:
    """A mean of values."""
    found = values(given)
    total = _joined(layer, Add(), found)
    return layer.each(Rescale(1 / len(found)), total, f"{layer.path}_mean")


@means("Concatenate", functions=("Concatenate",))
def concatenate(layer: Layer, *given: Any, axis: Any = None) -> View:
    """Channels one after the other."""
    *first, last = given
    if first and isinstance(last, int):
        given, axis = tuple(first), last
    found = [value(item) for item in values(given)]
    axis = layer.config.get("axis", -1) if axis is None else axis
    ranks = {len(item.axes) for item in found}
    if ranks not in ({2}, {4}) or (axis not in CHANNELS if ranks == {4} else axis not in (-1, 1)):
        raise Unknown(f"along another axis than channels ({axis!r:.40})")
    if len(found) == 1:
        return found[0]
    steps = [layer.value(item) for item in found]
    square = squares(layer.draft, steps) if ranks == {4} else None
    return layer.add(Concat(), *steps) if square is None else layer.add(square[1], square[0])


@means("CustomScaleLayer")
def scaled(layer: Layer, given: Any) -> View:
    """x + y * scale, as Inception-ResNet of Keras has it; the scale is not rounded."""
    first, second = given
    made = layer.each(Rescale(float(layer.config["scale"])), second, f"{layer.path}_scaled")
    return _joined(layer, Add(), [first, made])
