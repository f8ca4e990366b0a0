"""Sums and products: of two values, of a value and a parameter, of a value and a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ...ops.add import Add
from ...ops.multiply import Multiply
from ...ops.parameter import Parameter, Start
from ...ops.rescale import Rescale
from ...spec import Array
from ..axes import Axes, Unknown, length, letters, unstretched
from ..draft import View
from ..layout import as_value, channels_first
from .table import Call, Const, means, own_axes

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
    """x / y, for numbers y."""
    x, y = call.given
    if not isinstance(y, Const) or not y.array.all():
        raise Unknown("by a value, or by zero")
    if y.number is not None:
        return _factor(call, _known(x), 1 / y.number)
    return _pair(call, x, _changed(y, np.reciprocal), Multiply(), _factor)


@means("Neg")
def negative(call: Call) -> View:
    """-x."""
    return call.each(Rescale(-1.0))


@means("Pow")
def power(call: Call) -> View:
    """x * x; another power has no op."""
    exponent = call.const(1, "an exponent")
    if exponent is None or exponent.number not in (1, 2):
        raise Unknown(f"a power of {exponent.number if exponent else 'nothing'}")
    x = call.value()
    return x if exponent.number == 1 else _of_two(call, x, x, Multiply())


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
    return _of_two(call, _known(x), _known(y), op)


def _of_two(call: Call, x: View, y: View, op: Add | Multiply) -> View:
    if x.base == y.base and x.axes == y.axes:
        return call.add(op, x.step, y.step).seen(x.axes)
    if _groups_alike(x, y):
        made = call.add(op, x.step, y.step)
        return made.seen(tuple(a or b for a, b in zip(x.axes, y.axes, strict=True)))
    if len(x.axes) != len(y.axes) or not (x.order and y.order):
        raise Unknown(f"of values of {len(x.axes)} and {len(y.axes)} axes")
    last = "last" in (x.order, y.order)
    flat = [v.seen(unstretched(v.axes)) for v in (x, y)]
    steps = [as_value(call.draft, channels_first(v) if last else v) for v in flat]
    made = call.add(op, *steps)
    return made.seen((made.axes[0], made.axes[2], made.axes[3], made.axes[1])) if last else made


def _groups_alike(x: View, y: View) -> bool:
    """Whether channels are seen in the same groups, and one of the two may have no height and width."""
    if len(x.axes) != len(y.axes) or len(x.axes) < 5 or len(x.base) != 3 or len(y.base) != 3 or x.base[0] != y.base[0]:
        return False
    return all(
        a == b or (bool(a) != bool(b) and letters(a or b) in ("H", "W")) for a, b in zip(x.axes, y.axes, strict=True)
    )


def _with_parameter(call: Call, x: View, const: Const, op: Add | Multiply) -> View:
    """A value and numbers, which become a map or a vector that is spread over it."""
    if not x.order:
        raise Unknown(f"of numbers and a value of {len(x.axes)} axes")
    if len(x.axes) == 4 and len(const.shape) == 1 and x.order == "map" and x.shape[3] != const.shape[0]:
        raise Unknown(f"of {const.shape[0]} numbers and a value of the shape {x.shape}")
    axes: Axes = own_axes(x, const.shape)
    array: Array = const.array
    alone = len(x.axes) == 4 and x.axes[1:3] == ((), ()) and x.axes[3] == x.whole("C") != ()
    if x.order == "last" or alone:
        axes = (axes[0], axes[3], axes[1], axes[2])
        array = array.reshape((1,) * (4 - array.ndim) + array.shape).transpose(0, 3, 1, 2)
        x = channels_first(x)
        made = call.add(op, as_value(call.draft, x), _parameter(call, const, array, axes, False))
        n, c, h, w = made.axes
        return made.seen((n, h, w, c))
    step = as_value(call.draft, x)
    return call.add(op, step, _parameter(call, const, array, axes, x.order == "vector"))


def _parameter(call: Call, const: Const, array: Array, axes: Axes, vector: bool) -> int:
    """The step of a parameter."""
    size = tuple(length(axis) for axis in axes[1:])
    plain = np.array(array.reshape(size), order="C")
    if vector and size == (1,):
        raise Unknown("of one number and a vector")
    if const.source is None or const.source.size != plain.size or (const.source.reshape(-1) != plain.reshape(-1)).any():
        const = replace(const, source=plain)
    name = call.parameter_name(const, "parameter")
    init: Start = "zeros" if not plain.any() else "ones"
    return call.draft.add(Parameter(size, init), names={"": name}, label=name)
