"""Sums and products: of two values, of a value and a parameter, of a value and a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...common.importing.axes import Axes, Unknown, length, unstretched
from ...common.importing.draft import View
from ...common.importing.layout import as_value, first
from ...common.importing.pairs import of_two
from ...common.ops.add import Add
from ...common.ops.channel_offset import ChannelOffset
from ...common.ops.channel_rescale import ChannelRescale
from ...common.ops.divide import Divide
from ...common.ops.multiply import Multiply
from ...common.ops.parameter import Parameter, Start
from ...common.ops.power import Power
from ...common.ops.rescale import Rescale
from .activations import each
from .moments import unit_norm
from .norms import FACTOR
from .table import Const, Param, Reading, means, own_axes, value


@means("add")
def add(reading: Reading, x: Any, y: Any, alpha: float = 1) -> Any:
    """x + alpha * y."""
    return _pair(reading, x, y if alpha == 1 else multiply(reading, y, alpha), Add(), _offset)


@means("sub", "subtract")
def subtract(reading: Reading, x: Any, y: Any, alpha: float = 1) -> Any:
    """x - y, which is x + -1 * y."""
    number = _number(y)
    if number is not None:
        return _offset(reading, x, -alpha * number)
    if numbers := _of_channels(reading, x, y):
        return reading.add(ChannelOffset(tuple(-alpha * n for n in numbers)), as_value(reading.draft, first(value(x))))
    if isinstance(y, (Param, Const)):
        raise Unknown("a parameter or constants taken off")
    return add(reading, x, each(reading, y, Rescale(-float(alpha))))


@means("rsub")
def taken_from(reading: Reading, x: Any, y: Any, alpha: float = 1) -> Any:
    """y - x."""
    number = _number(y)
    if number is not None and alpha == 1:
        return each(reading, x, Rescale(-1.0, number))
    return subtract(reading, y, x, alpha)


@means("neg")
def negative(reading: Reading, x: Any) -> View:
    """-x."""
    return each(reading, x, Rescale(-1.0))


@means("mul", "multiply")
def multiply(reading: Reading, x: Any, y: Any) -> Any:
    """x * y."""
    return _pair(reading, x, y, Multiply(), _factor)


@means("square")
def square(reading: Reading, x: Any) -> Any:
    """x * x."""
    return multiply(reading, x, x)


@means("pow")
def power(reading: Reading, x: Any, exponent: Any) -> Any:
    """x to a fixed power."""
    number = _number(exponent)
    if number is None:
        raise Unknown("a power that is computed")
    return multiply(reading, x, x) if number == 2 else each(reading, x, Power(number))


@means("sqrt")
def root(reading: Reading, x: Any) -> View:
    """The square root."""
    return each(reading, x, Power(0.5))


@means("rsqrt")
def one_over_root(reading: Reading, x: Any) -> View:
    """One over the square root."""
    return each(reading, x, Power(-0.5))


@means("reciprocal")
def one_over(reading: Reading, x: Any) -> View:
    """1 / x."""
    return each(reading, x, Power(-1.0))


@means("addcmul")
def sum_of_product(reading: Reading, x: Any, y: Any, z: Any, *, value: float = 1) -> Any:
    """x + value * y * z."""
    return add(reading, x, multiply(reading, y, z), value)


@means("div", "divide", "true_divide")
def divide(reading: Reading, x: Any, y: Any, **rounded: Any) -> View:
    """x / y."""
    number = _number(y)
    if rounded or number == 0:
        raise Unknown("rounded, or by 0")
    if number is not None:
        return _factor(reading, x, 1 / number)
    if _number(x) is not None:
        return _factor(reading, one_over(reading, y), _number(x) or 0.0)
    x = value(x, "a division")
    if (numbers := _of_channels(reading, x, y)) and all(numbers):
        return reading.add(ChannelRescale(tuple(1 / n for n in numbers)), as_value(reading.draft, first(x)))
    if isinstance(y, Param):
        return _with_parameter(reading, x, y, Divide())
    return unit_norm(reading, x, value(y)) or of_two(reading.draft, x, value(y), Divide())


def _offset(reading: Reading, x: Any, number: float) -> View:
    return each(reading, x, Rescale(1.0, number)) if number else value(x)


def _factor(reading: Reading, x: Any, number: float) -> View:
    return each(reading, x, Rescale(number)) if number != 1 else value(x)


def _number(given: Any) -> float | None:
    """A number of the code; None for anything else."""
    if isinstance(given, (int, float)):
        return float(given)
    return float(given.tensor) if isinstance(given, Const) and given.tensor.numel() == 1 and not given.shape else None


def _of_channels(reading: Reading, x: Any, y: Any) -> tuple[float, ...]:
    """The numbers of a constant or a buffer, one for each channel of a map; () for anything else.

    A buffer beside one that is called a variance is left to what is made of both.
    """
    if not isinstance(x, View) or x.order != "map" or len(x.axes) != 4 or not isinstance(y, (Const, Param)):
        return ()
    shape, channels = tuple(y.shape), x.shape[1]
    if channels < 2 or shape not in ((channels, 1, 1), (1, channels, 1, 1)):
        return ()
    if isinstance(y, Const):
        return tuple(map(float, y.tensor.reshape(-1)))
    plain = [axis for axis in y.axes if axis] == [axis for axis in own_axes(y.own) if axis]
    outer, dot, _ = y.name.rpartition(".")
    if not y.buffer or y.computed or not plain or f"{outer}{dot}variance" in reading.tensors:
        return ()
    reading.draft.fixed.add(y.name)
    return tuple(map(float, reading.tensors[y.name].detach().reshape(-1)))


def _pair(reading: Reading, x: Any, y: Any, op: Add | Multiply, by: Callable[[Reading, Any, float], View]) -> Any:
    """An op of two things of which either may be a number or a parameter."""
    for one, other in ((x, y), (y, x)):
        number = _number(one)
        if number is not None and isinstance(other, Param) and isinstance(op, Multiply) and not other.computed:
            return replace(other, computed=FACTOR, factor=number)
        if number is not None:
            return by(reading, other, number)
    for one, other in ((x, y), (y, x)):
        if numbers := _of_channels(reading, other, one):
            fixed = ChannelOffset(numbers) if isinstance(op, Add) else ChannelRescale(numbers)
            return reading.add(fixed, as_value(reading.draft, first(value(other))))
        if isinstance(one, Const):
            raise Unknown("with constants for each channel")
        if isinstance(one, Param):
            return _with_parameter(reading, value(other, op.kind), one, op)
    return of_two(reading.draft, value(x), value(y), op)


def _with_parameter(reading: Reading, x: View, param: Param, op: Add | Multiply | Divide) -> View:
    """A value and a parameter, which becomes a map or a vector that is spread over it."""
    if param.computed or param.buffer:
        raise Unknown("with numbers that are computed from parameters" if param.computed else "with a buffer")
    if x.doubtful or not x.order:
        raise Unknown("a value that is not known" if x.doubtful else f"of a parameter and {len(x.axes)} axes")
    axes = ((),) * (len(x.axes) - len(param.axes)) + unstretched(param.axes)
    if len(axes) > len(x.axes) or axes[0]:
        raise Unknown("of a parameter with an axis for images")
    if x.order == "last":
        axes = (axes[0], axes[3], axes[1], axes[2])
    if [axis for axis in axes if axis] != [axis for axis in own_axes(param.own) if axis]:
        raise Unknown("of a parameter that is turned or cut")
    step = as_value(reading.draft, first(x))
    made = reading.add(op, step, _parameter(reading, param, axes, x.order == "vector"))
    if x.order != "last":
        return made
    n, c, h, w = made.axes
    return made.seen((n, h, w, c))


def _parameter(reading: Reading, param: Param, axes: Axes, vector: bool) -> int:
    """The step of a parameter, which is made once in a block."""
    size = tuple(length(axis) for axis in axes[1:])
    if vector and size == (1,):
        raise Unknown("of one parameter and a vector")
    draft = reading.draft
    init: Start = "zeros" if not reading.tensors[param.name].any() else "ones"
    stored = None if param.own == size else param.own
    return draft.add(Parameter(size, init, stored), names={"": param.name})
