"""What follows from constants alone: shape arithmetic, in NumPy, with a bound on how much is made."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...spec import Array
from ..axes import Unknown

LARGEST = 1 << 24
"""Numbers of a result at most."""
TYPES: Mapping[int, str] = {
    1: "float32", 2: "uint8", 3: "int8", 5: "int16", 6: "int32", 7: "int64", 9: "bool", 11: "float64", 12: "uint32",
    13: "uint64",
}  # fmt: skip
"""The numbers of ONNX's types -> NumPy's, without those of 16 bits."""
Given = list[Array]


def element(number: Any) -> np.dtype[Any]:
    """NumPy's type of a type's number in ONNX; raises Unknown for one that is not read."""
    if number not in TYPES:
        raise Unknown("float16" if number in (10, 16) else f"type {number} of numbers")
    return np.dtype(TYPES[number])


def folded(kind: str, given: Given, attributes: Mapping[str, Any], opset: int, count: int = 1) -> list[Array]:
    """The results of an operator of constants; raises Unknown for one that is not known here."""
    if kind not in FOLDS:
        raise Unknown(f"{kind} of constants")
    with np.errstate(all="ignore"):
        try:
            made = FOLDS[kind](given, dict(attributes), opset, count)
        except (TypeError, ValueError, LookupError, ArithmeticError) as error:
            raise Unknown(f"{kind} of constants that do not fit it ({str(error)[:80]})") from None
    results = list(made) if isinstance(made, list) else [made]
    return [np.asarray(item) for item in results]


def axes_of(given: Given, attributes: Mapping[str, Any], place: int = 1) -> list[int] | None:
    """The axes of an operator, which newer versions take as an input; None for none."""
    if len(given) > place and given[place] is not None:
        return [int(n) for n in given[place].reshape(-1)]
    found = attributes.get("axes")
    return None if found is None else [int(n) for n in found]


def bounded(*sizes: int) -> tuple[int, ...]:
    """A shape that can be made; raises Unknown for one that nobody has."""
    if min(sizes, default=0) < 0 or math.prod(sizes) > LARGEST:
        raise Unknown(f"constants of the shape {sizes}")
    return sizes


def wanted_shape(shape: Array, has: tuple[int, ...], allow_zero: bool) -> list[int]:
    """The shape that Reshape asks for, where 0 stands for a length that stays."""
    sizes = [int(n) for n in shape.reshape(-1)]
    if not allow_zero:
        if any(n == 0 and place >= len(has) for place, n in enumerate(sizes)):
            raise Unknown("a view of another rank")
        sizes = [has[place] if n == 0 else n for place, n in enumerate(sizes)]
    if sizes.count(-1) > 1 or min(sizes, default=1) < -1:
        raise Unknown(f"a view of the shape {sizes}")
    return sizes


def _unsqueeze(given: Given, attributes: Any, opset: int, count: int) -> Array:
    axes = axes_of(given, attributes) or []
    rank = given[0].ndim + len(axes)
    return np.expand_dims(given[0], tuple(n % rank for n in axes))


def _squeeze(given: Given, attributes: Any, opset: int, count: int) -> Array:
    axes = axes_of(given, attributes)
    return np.squeeze(given[0], None if axes is None else tuple(axes))


def _slice(given: Given, attributes: Any, opset: int, count: int) -> Array:
    return given[0][slices(given, attributes, given[0].ndim)]


def slices(given: Given, attributes: Any, rank: int) -> tuple[slice, ...]:
    """The slice of each axis."""
    starts, stops, axes, steps = slice_numbers(given, attributes)
    found = [slice(None)] * rank
    for place, start in enumerate(starts):
        axis = axes[place] if axes is not None else place
        step, stop = steps[place] if steps else 1, stops[place]
        found[axis] = slice(start, None if step < 0 and stop < -(1 << 31) + 2 else stop, step)
    return tuple(found)


def slice_numbers(given: Given, attributes: Any) -> tuple[list[int], list[int], list[int] | None, list[int] | None]:
    """(starts, ends, axes, steps) of a Slice, which old versions have as attributes."""
    if len(given) < 2:
        axes = attributes.get("axes")
        return list(attributes["starts"]), list(attributes["ends"]), list(axes) if axes else None, None
    lists: list[list[int] | None] = [
        None if item is None else [int(n) for n in item.reshape(-1)] for item in (*given[1:], None, None)
    ][:4]
    return lists[0] or [], lists[1] or [], lists[2], lists[3]


def _filled(given: Given, attributes: Any, opset: int, count: int) -> Array:
    value = attributes.get("value")
    number = np.float32(0) if value is None else value.reshape(-1)[0]
    return np.full(bounded(*(int(n) for n in given[0].reshape(-1))), number)


def _range(given: Given, attributes: Any, opset: int, count: int) -> Array:
    start, stop, step = (item.reshape(-1)[0] for item in given)
    bounded(max(0, math.ceil((float(stop) - float(start)) / float(step))))
    return np.arange(start, stop, step, dtype=given[0].dtype)


def _expand(given: Given, attributes: Any, opset: int, count: int) -> Array:
    shape = np.broadcast_shapes(given[0].shape, bounded(*(int(n) for n in given[1].reshape(-1))))
    return np.broadcast_to(given[0], bounded(*shape))


def _reshape(given: Given, attributes: Any, opset: int, count: int) -> Array:
    return given[0].reshape(wanted_shape(given[1], given[0].shape, bool(attributes.get("allowzero"))))


def _divide(given: Given, attributes: Any, opset: int, count: int) -> Array:
    a, b = given
    if a.dtype.kind in "iu":
        return np.asarray(np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b)), a.dtype)
    return np.asarray(a / b)


def _split(given: Given, attributes: Any, opset: int, count: int) -> list[Array]:
    axis = int(attributes.get("axis", 0))
    sizes = split_sizes(given, attributes, given[0].shape[axis], count)
    return np.split(given[0], np.cumsum(sizes)[:-1], axis)


def split_sizes(given: Given, attributes: Any, size: int, count: int) -> list[int]:
    """The lengths of the parts of a Split."""
    found = (
        [int(n) for n in given[1].reshape(-1)] if len(given) > 1 and given[1] is not None else attributes.get("split")
    )
    if found is None:
        each = -(-size // max(count, 1))
        found = [min(each, size - place * each) for place in range(count)]
    if sum(found) != size or min(found, default=0) < 0 or len(found) != count:
        raise Unknown(f"parts of {list(found)} of a length of {size}")
    return list(found)


def _reduced(function: Callable[..., Any]) -> Callable[..., Array]:
    def made(given: Given, attributes: Any, opset: int, count: int) -> Array:
        axes = axes_of(given, attributes)
        keep = bool(attributes.get("keepdims", 1))
        return np.asarray(function(given[0], axis=tuple(axes) if axes else None, keepdims=keep))

    return made


def _each(function: Callable[..., Any]) -> Callable[..., Array]:
    def made(given: Given, attributes: Any, opset: int, count: int) -> Array:
        bounded(*np.broadcast_shapes(*(item.shape for item in given)))
        return np.asarray(function(*given))

    return made


def _chain(function: Callable[..., Any]) -> Callable[..., Array]:
    def made(given: Given, attributes: Any, opset: int, count: int) -> Array:
        found = given[0]
        for item in given[1:]:
            bounded(*np.broadcast_shapes(found.shape, item.shape))
            found = function(found, item)
        return np.asarray(found)

    return made


def _softmax(given: Given, attributes: Any, opset: int, count: int) -> Array:
    if opset < 13:
        raise Unknown("softmax of constants, as old files have it")
    axis = int(attributes.get("axis", -1))
    parts = np.exp(given[0] - given[0].max(axis=axis, keepdims=True))
    return np.asarray(parts / parts.sum(axis=axis, keepdims=True))


FOLDS: dict[str, Callable[..., Any]] = {
    "Abs": _each(np.abs),
    "Add": _each(np.add),
    "And": _each(np.logical_and),
    "Cast": lambda given, said, *_: given[0].astype(element(said.get("to"))),
    "Ceil": _each(np.ceil),
    "Concat": lambda given, said, *_: np.concatenate(given, int(said.get("axis", 0))),
    "ConstantOfShape": _filled,
    "Div": _divide,
    "Equal": _each(np.equal),
    "Exp": _each(np.exp),
    "Expand": _expand,
    "Flatten": lambda given, said, *_: given[0].reshape(math.prod(given[0].shape[: said.get("axis", 1)]), -1),
    "Floor": _each(np.floor),
    "Gather": lambda given, said, *_: np.take(given[0], given[1].astype(np.int64), axis=int(said.get("axis", 0))),
    "Greater": _each(np.greater),
    "GreaterOrEqual": _each(np.greater_equal),
    "Identity": lambda given, *_: given[0],
    "Less": _each(np.less),
    "LessOrEqual": _each(np.less_equal),
    "Max": _chain(np.maximum),
    "Min": _chain(np.minimum),
    "Mod": _each(np.mod),
    "Mul": _each(np.multiply),
    "Neg": _each(np.negative),
    "Not": _each(np.logical_not),
    "Or": _each(np.logical_or),
    "Pow": _each(np.power),
    "Range": _range,
    "Reciprocal": _each(np.reciprocal),
    "ReduceMax": _reduced(np.max),
    "ReduceMin": _reduced(np.min),
    "ReduceProd": _reduced(np.prod),
    "ReduceSum": _reduced(np.sum),
    "ReduceMean": _reduced(np.mean),
    "Relu": _each(lambda x: np.maximum(x, 0)),
    "Reshape": _reshape,
    "Sigmoid": _each(lambda x: 1 / (1 + np.exp(-x))),
    "Shape": lambda given, *_: np.array(given[0].shape, np.int64),
    "Size": lambda given, *_: np.array(given[0].size, np.int64),
    "Slice": _slice,
    "Softmax": _softmax,
    "Split": _split,
    "Sqrt": _each(np.sqrt),
    "Squeeze": _squeeze,
    "Sub": _each(np.subtract),
    "Sum": _chain(np.add),
    "Tanh": _each(np.tanh),
    "Transpose": lambda given, said, *_: given[0].transpose(said.get("perm")),
    "Unsqueeze": _unsqueeze,
    "Where": _each(np.where),
}
"""Kind of an operator -> its results of constants."""
