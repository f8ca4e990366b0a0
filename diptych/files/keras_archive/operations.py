# ruff: noqa: D103 - each is the function of that name in keras.ops
"""What stands for keras.ops: of symbolic tensors a call is noted, of arrays it is computed by NumPy.

Keras names each operation when it is made, and makes that of `pad` for arrays, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...common.spec import Array
from .symbols import Dims, Operation, Tensor, Unwritten, elementwise


def one(home: str, kind: str, shape: Dims, dtype: str, /, *args: Any, **config: Any) -> Tensor:
    """Note a call with one result."""
    result = Tensor(shape, dtype)
    Operation(home, kind, **config).record([result], *args)
    return result


def _several(home: str, kind: str, shapes: Sequence[Dims], x: Tensor, /, **config: Any) -> list[Tensor]:
    results = [Tensor(shape, x.dtype) for shape in shapes]
    Operation(home, kind, **config).record(results, x)
    return results


def is_symbolic(*values: Any) -> bool:
    return any(isinstance(value, Tensor) for value in values)


def convert_to_tensor(x: Any, dtype: str | None = None) -> Array:
    return np.asarray(x, dtype)


def cast(x: Any, dtype: str) -> Array:
    return np.asarray(_plain(x), dtype)


def arange(stop: int) -> Array:
    return np.arange(stop, dtype=np.int32)


def ones(shape: Any, dtype: str) -> Array:
    return np.ones(shape, dtype)


def shape(x: Any) -> Dims:
    return tuple(x.shape)


def clip(x: Any, low: float, high: Any) -> Array:
    found: Array = np.clip(_plain(x), low, high)
    return found


def _plain(x: Any) -> Any:
    if isinstance(x, Tensor):
        raise Unwritten("a function of numbers alone")
    return x


def maximum(x: Any, y: Any) -> Any:
    return elementwise("Maximum", x, y) if is_symbolic(x, y) else np.maximum(x, y)


def minimum(x: Any, y: Any) -> Any:
    return elementwise("Minimum", x, y) if is_symbolic(x, y) else np.minimum(x, y)


def sqrt(x: Tensor) -> Tensor:
    return elementwise("Sqrt", x)


def square(x: Tensor) -> Tensor:
    return elementwise("Square", x)


def tanh(x: Tensor) -> Tensor:
    return elementwise("Tanh", x)


def power(x: Tensor, exponent: float) -> Tensor:
    return elementwise("Power", x, exponent)


def divide(x: Any, y: Any) -> Tensor:
    return elementwise("Divide", x, y)


def erf(x: Tensor) -> Tensor:
    return elementwise("Erf", x, home="math")


def relu(x: Tensor) -> Tensor:
    return elementwise("Relu", x, home="nn")


def softplus(x: Tensor) -> Tensor:
    return elementwise("Softplus", x, home="nn")


def where(condition: Tensor, x: Any, y: Any) -> Tensor:
    known = next(value for value in (x, y) if isinstance(value, Tensor))
    return elementwise("Where", condition, x, y, dtype=known.dtype)


def softmax(x: Tensor, axis: int = -1) -> Tensor:
    return one("nn", "Softmax", x.shape, x.dtype, x, axis=axis)


def normalize(x: Tensor, axis: int = -1, order: int = 2, epsilon: float | None = None) -> Tensor:
    return one("nn", "Normalize", x.shape, x.dtype, x, axis=axis, order=order, epsilon=epsilon)


def _typed(dtype: str | None) -> dict[str, str]:
    """Another dtype than that of the tensor, where there is one: before Keras 3.11 it is no argument of this kind."""
    return {} if dtype is None else {"dtype": dtype}


def zeros_like(x: Tensor, dtype: str | None = None) -> Tensor:
    return one("numpy", "ZerosLike", x.shape, dtype or x.dtype, x, **_typed(dtype))


def ones_like(x: Tensor, dtype: str | None = None) -> Tensor:
    return one("numpy", "OnesLike", x.shape, dtype or x.dtype, x, **_typed(dtype))


def full_like(x: Tensor, value: float, dtype: str | None = None) -> Tensor:
    return one("numpy", "FullLike", x.shape, dtype or x.dtype, x, value, **_typed(dtype))


def _reduced(x: Tensor, axis: Any, keepdims: bool) -> Dims:
    rank = len(x.shape)
    axes = range(rank) if axis is None else [n % rank for n in ([axis] if isinstance(axis, int) else axis)]
    return tuple(1 if n in axes else length for n, length in enumerate(x.shape) if keepdims or n not in axes)


def sum(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:  # noqa: A001 - the name in keras.ops
    return one("numpy", "Sum", _reduced(x, axis, keepdims), x.dtype, x, axis=axis, keepdims=keepdims)


def mean(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    return one("numpy", "Mean", _reduced(x, axis, keepdims), x.dtype, x, axis=axis, keepdims=keepdims)


def var(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    return one("numpy", "Var", _reduced(x, axis, keepdims), x.dtype, x, axis=axis, keepdims=keepdims)


def max(x: Tensor, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Tensor:  # noqa: A001
    config = {"axis": axis, "keepdims": keepdims, "initial": initial}
    return one("numpy", "Max", _reduced(x, axis, keepdims), x.dtype, x, **config)


def moments(x: Tensor, axes: Any, keepdims: bool = False, synchronized: bool = False) -> list[Tensor]:
    found = _reduced(x, axes, keepdims)
    return _several("nn", "Moments", (found, found), x, axes=axes, keepdims=keepdims, synchronized=synchronized)


def cumsum(x: Tensor, axis: int | None = None, dtype: str | None = None) -> Tensor:
    return one("numpy", "Cumsum", x.shape, dtype or x.dtype, x, axis=axis, dtype=dtype)


def reshape(x: Any, newshape: Any) -> Any:
    if not is_symbolic(x):
        return np.reshape(x, newshape)
    return one("numpy", "Reshape", reshaped(x.shape, newshape), x.dtype, x, newshape=newshape)


def reshaped(shape: Dims, wanted: Any) -> Dims:
    """The shape after a reshape, whose -1 stands for what is left, or for the batch."""
    if None in shape:
        return tuple(None if n == -1 else n for n in wanted)
    left = math.prod(n for n in shape if n is not None) // math.prod(n for n in wanted if n != -1)
    return tuple(left if n == -1 else n for n in wanted)


def expand_dims(x: Tensor, axis: int) -> Tensor:
    place = axis % (len(x.shape) + 1)
    found = (*x.shape[:place], 1, *x.shape[place:])
    return one("numpy", "ExpandDims", found, x.dtype, x, axis=axis)


def transpose(x: Tensor, axes: Any) -> Tensor:
    return one("numpy", "Transpose", tuple(x.shape[n] for n in axes), x.dtype, x, axes=axes)


def swapaxes(x: Tensor, axis1: int, axis2: int) -> Tensor:
    found = list(x.shape)
    found[axis1], found[axis2] = found[axis2], found[axis1]
    return one("numpy", "Swapaxes", tuple(found), x.dtype, x, axis1=axis1, axis2=axis2)


def flip(x: Tensor, axis: Any = None) -> Tensor:
    return one("numpy", "Flip", x.shape, x.dtype, x, axis=axis)


def tile(x: Tensor, repeats: Any) -> Tensor:
    pairs = zip(x.shape, repeats, strict=True)
    found = tuple(None if length is None else length * count for length, count in pairs)
    return one("numpy", "Tile", found, x.dtype, x, repeats=repeats)


def repeat(x: Tensor, repeats: int, axis: int) -> Tensor:
    found = _at(x, axis, lambda length: length * repeats)
    return one("numpy", "Repeat", found, x.dtype, x, repeats=repeats, axis=axis)


def _at(x: Tensor, axis: int, change: Any) -> Dims:
    """A shape with another length on one axis."""
    place = axis % len(x.shape)
    return (*x.shape[:place], change(x.shape[place]), *x.shape[place + 1 :])


def take(x: Any, indices: Any, axis: int) -> Tensor:
    places = np.shape(indices)
    place = axis % len(x.shape)
    found = (*x.shape[:place], *places, *x.shape[place + 1 :])
    return one("numpy", "Take", found, x.dtype, x, indices, axis=axis)


def concatenate(xs: Any, axis: int = 0) -> Tensor:
    place = axis % len(xs[0].shape)
    lengths = [x.shape[place] for x in xs]
    total = None if None in lengths else int(np.sum(lengths))
    found = (*xs[0].shape[:place], total, *xs[0].shape[place + 1 :])
    return one("numpy", "Concatenate", found, xs[0].dtype, xs, axis=axis)


def stack(xs: Any, axis: int = 0) -> Tensor:
    place = axis % (len(xs[0].shape) + 1)
    found = (*xs[0].shape[:place], len(xs), *xs[0].shape[place:])
    return one("numpy", "Stack", found, xs[0].dtype, xs, axis=axis)


def split(x: Tensor, count: int, axis: int = 0) -> list[Tensor]:
    part = _at(x, axis, lambda length: length // count)
    return _several("numpy", "Split", [part] * count, x, indices_or_sections=count, axis=axis)


def unstack(x: Tensor, num: int | None = None, axis: int = 0) -> list[Tensor]:
    place = axis % len(x.shape)
    count = x.shape[place]
    part = (*x.shape[:place], *x.shape[place + 1 :])
    return _several("core", "Unstack", [part] * (count or 0), x, num=num, axis=axis)


def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Any:
    operation = Operation("numpy", "Pad", pad_width=pad_width, mode=mode)
    if not is_symbolic(x):
        return np.pad(x, pad_width, constant_values=constant_values or 0)
    pairs = zip(x.shape, pad_width, strict=True)
    result = Tensor((n if n is None else n + a + b for n, (a, b) in pairs), x.dtype)
    operation.record([result], x, constant_values=constant_values)
    return result


def einsum(subscripts: str, *operands: Any) -> Tensor:
    inputs, _, outputs = subscripts.partition("->")
    lengths: dict[str, int | None] = {}
    for letters, operand in zip(inputs.split(","), operands, strict=True):
        lengths |= dict(zip(letters, operand.shape, strict=True))
    dtype = next(x.dtype for x in operands if isinstance(x, Tensor))
    return one("numpy", "Einsum", tuple(lengths[n] for n in outputs), dtype, *operands, subscripts=subscripts)
