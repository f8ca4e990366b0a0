"""Sums and products: of two values, of a value and a parameter, of a value and a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ...ops.add import Add
from ...ops.divide import Divide
from ...ops.multiply import Multiply
from ...ops.parameter import Parameter, Start
from ...ops.power import Power
from ...ops.rescale import Rescale
from ...spec import Array
from ...text import shape_text
from ..axes import Unknown, length, letters, places
from ..draft import View
from ..layout import as_value, channels_first
from ..pairs import inside_groups, of_two
from .table import Call, Const, means

By = Callable[[Call, View, float], View]


@means("Add")
def add(call: Call) -> View:
    """x + y."""
    return _pair(call, call.given[0], call.given[1], Add(), _offset)


@means("Sum")
def total(call: Call) -> View:
    """The sum of all."""
    found = call.given[0]
    for item in call.given[1:]:
        found = _pair(call, found, item, Add(), _offset)
    return _known(found)


@means("Mul")
def multiply(call: Call) -> View:
    """x * y."""
    return _pair(call, call.given[0], call.given[1], Multiply(), _factor)


@means("Sub")
def subtract(call: Call) -> View:
    """x - y, which is x + -1 * y."""
    x, y = call.given
    if isinstance(y, Const):
        return _pair(call, x, _changed(y, np.negative), Add(), _offset)
    return _pair(call, x, call.each(Rescale(-1.0), _known(y)), Add(), _offset)


@means("Div")
def divide(call: Call) -> View:
    """x / y."""
    x, y = call.given
    if isinstance(x, Const):
        below = call.each(Power(-1.0), _known(y))
        return below if x.number == 1 else _pair(call, x, below, Multiply(), _factor)
    if not isinstance(y, Const):
        return of_two(call.draft, _known(x), _known(y), Divide())
    if not y.array.all():
        raise Unknown("by zero")
    if y.number is not None:
        return _factor(call, _known(x), 1 / y.number)
    return _pair(call, x, _changed(y, np.reciprocal), Multiply(), _factor)


@means("Sqrt")
def root(call: Call) -> View:
    """The square root."""
    return call.each(Power(0.5))


@means("Reciprocal")
def one_over(call: Call) -> View:
    """1 / x."""
    return call.each(Power(-1.0))


@means("Neg")
def negative(call: Call) -> View:
    """-x."""
    return call.each(Rescale(-1.0))


@means("Pow")
def power(call: Call) -> View:
    """x to a fixed power."""
    exponent = call.const(1, "an exponent")
    if exponent is None or exponent.number is None:
        raise Unknown("by several exponents")
    x = call.value()
    if exponent.number == 1:
        return x
    return of_two(call.draft, x, x, Multiply()) if exponent.number == 2 else call.each(Power(exponent.number))


def _changed(const: Const, function: Callable[..., Any]) -> Const:
    """Numbers that are computed from those of the file, which then have no name there."""
    return Const(np.asarray(function(const.array)), "")


def _known(x: View | Const | None) -> View:
    if not isinstance(x, View) or x.doubtful:
        raise Unknown("of what is no value of the image")
    return x


def _offset(call: Call, x: View, number: float) -> View:
    return call.each(Rescale(1.0, number), x) if number else x


def _factor(call: Call, x: View, number: float) -> View:
    return call.each(Rescale(number), x) if number != 1 else x


def _pair(call: Call, x: View | Const | None, y: View | Const | None, op: Add | Multiply, by: By) -> View:
    """An op of two things of which either may be a number or a parameter."""
    for one, other in ((x, y), (y, x)):
        if isinstance(one, Const) and isinstance(other, View):
            view = _known(other)
            if one.number is not None and len(one.shape) <= len(view.axes) and "." not in one.name:
                return by(call, view, one.number)
            return _with_parameter(call, view, one, op)
    return of_two(call.draft, _known(x), _known(y), op)


def _with_parameter(call: Call, x: View, const: Const, op: Add | Multiply) -> View:
    """A value and numbers, which become a map or a vector that is spread over it."""
    if not x.order:
        return _in_groups(call, x, const, op)
    if len(x.axes) == 4 and len(const.shape) == 1 and x.order == "map" and x.shape[3] != const.shape[0]:
        raise Unknown(f"of {const.shape[0]} numbers and a value of the shape {x.shape}")
    array = const.array.reshape(_spread(x, const.shape))
    if x.order == "vector" and array.shape != (1, x.shape[1]):  # one number, which is spread as a map of one place
        made = _with_parameter(call, x.seen((*x.axes, (), ())), replace(const, array=array[..., None, None]), op)
        return made.seen(made.axes[:2])
    alone = len(x.axes) == 4 and x.axes[1:3] == ((), ()) and x.axes[3] == x.whole("C") != ()
    if x.order == "last" or alone:
        x, array = channels_first(x), array.transpose(0, 3, 1, 2)
        made = call.add(op, as_value(call.draft, x), _parameter(call, const, array[0]))
        n, c, h, w = made.axes
        return made.seen((n, h, w, c))
    step = as_value(call.draft, x)
    return call.add(op, step, _parameter(call, const, array[0]))


def _spread(x: View, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape of as many axes as a value; raises Unknown where numbers of it are not spread over the value."""
    found = (1,) * (len(x.axes) - len(shape)) + shape
    if len(found) != len(x.axes) or any(1 not in (n, m) and n != m for n, m in zip(found, x.shape, strict=True)):
        raise Unknown(f"of numbers of the shape {shape_text(shape)} and a value of {shape_text(x.shape)}")
    if found[0] != 1:
        raise Unknown("of numbers for each image")
    return found


def _in_groups(call: Call, x: View, const: Const, op: Add | Multiply) -> View:
    """A map whose channels are seen in groups, and numbers for them."""
    axes = list(x.axes)
    shape = _spread(x, const.shape)
    for n, (size, axis) in enumerate(zip(shape, x.axes, strict=True)):
        if size > 1 and not axis:
            axes[n] = inside_groups(call.draft, x, size)
    own = tuple(axis if size > 1 else () for size, axis in zip(shape, axes, strict=True))
    if len(x.base) != 3 or any(axis and letters(axis) != "C" for axis in own):
        raise Unknown(f"of numbers and a value of {len(x.axes)} axes")
    channels = [axis if axis and letters(axis) == "C" else () for axis in axes]
    spread = np.broadcast_to(const.array.reshape(shape), [length(axis) for axis in channels])
    place: Array = np.zeros((), int)
    for axis in channels:
        place = np.asarray(place[..., None] + np.array(places(axis)))
    array = np.empty(x.base[0], const.array.dtype)
    array[place.reshape(-1)] = spread.reshape(-1)
    made = call.add(op, x.step, _parameter(call, const, array[:, None, None]))
    return made.seen(tuple(axes))


def _parameter(call: Call, const: Const, array: Array) -> int:
    """The step of a parameter of this shape."""
    size, plain = array.shape, np.array(array, order="C")
    if size == (1,):
        raise Unknown("of one number and a vector")
    if const.source is None or const.source.size != plain.size or (const.source.reshape(-1) != plain.reshape(-1)).any():
        const = replace(const, source=plain)
    name = call.parameter_name(const, "parameter")
    init: Start = "zeros" if not plain.any() else "ones"
    return call.draft.add(Parameter(size, init), names={"": name}, label=name)
