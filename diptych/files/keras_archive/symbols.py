"""What stands for Keras's symbolic tensors, operations and calls where a graph is only to be written down.

The attributes have Keras's names, so that what builds a model of Keras builds a graph of these.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np

Dims = tuple[int | None, ...]
_NAMES: ContextVar[Counter[str]] = ContextVar("names")


class Unwritten(Exception):
    """What is used of Keras is not known here, so that the model is built by Keras itself and saved."""


@contextmanager
def session() -> Iterator[None]:
    """Names that begin anew, as in a session of Keras in which nothing was made before."""
    token = _NAMES.set(Counter())
    try:
        yield
    finally:
        _NAMES.reset(token)


def fresh(kind: str) -> str:
    """A name for something of this class that was given none: "add", "add_1", ..."""
    name, names = snake_case(kind), _NAMES.get()
    names[name] += 1
    return name if names[name] == 1 else f"{name}_{names[name] - 1}"


def snake_case(name: str) -> str:
    """The name of a class as Keras writes it in lower case.

    >>> snake_case("Conv2DTranspose"), snake_case("ZeroPadding2D")
    ('conv2d_transpose', 'zero_padding2d')
    """
    words = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", words).lower()


class History(NamedTuple):
    """Where a tensor comes from: an operation, which of its calls, and which of the outputs of that call."""

    operation: Any
    node_index: int
    tensor_index: int


class Node:
    """One call of an operation."""

    def __init__(self, operation: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], outputs: list[Tensor]) -> None:
        self.operation, self.args, self.kwargs, self.outputs = operation, args, kwargs, outputs
        self.input_tensors: list[Tensor] = list(_tensors((args, dict(kwargs))))
        place = len(operation._inbound_nodes)
        operation._inbound_nodes.append(self)
        for index, tensor in enumerate(outputs):
            tensor._keras_history = History(operation, place, index)


def _tensors(value: Any) -> Iterator[Tensor]:
    """The tensors in arguments, in Keras's order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from _tensors(value[key])


class Operation:
    """A function of keras.ops in a graph: its class and home in Keras, and the arguments that it was made with."""

    def __init__(self, home: str, kind: str, /, **config: Any) -> None:
        self.name, self.home, self.kind, self.config = fresh(kind), home, kind, config
        self._inbound_nodes: list[Node] = []

    def record(self, outputs: list[Tensor], *args: Any, **kwargs: Any) -> None:
        """Note a call with these arguments."""
        Node(self, args, kwargs, outputs)


class Tensor:
    """A symbolic tensor (N, H, W, C), whose N is None."""

    __array_ufunc__ = None  # so that an array leaves the arithmetic with one to it
    _keras_history: History

    def __init__(self, shape: Any, dtype: str) -> None:
        self.shape: Dims = tuple(None if n is None else int(n) for n in shape)
        self.dtype = dtype

    def __add__(self, other: Any) -> Tensor:
        return elementwise("Add", self, other)

    def __radd__(self, other: Any) -> Tensor:
        return elementwise("Add", other, self)

    def __sub__(self, other: Any) -> Tensor:
        return elementwise("Subtract", self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return elementwise("Subtract", other, self)

    def __mul__(self, other: Any) -> Tensor:
        return elementwise("Multiply", self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return elementwise("Multiply", other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return elementwise("TrueDivide", self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return elementwise("TrueDivide", other, self)

    def __pow__(self, other: Any) -> Tensor:
        return elementwise("Power", self, other)

    def __neg__(self) -> Tensor:
        return elementwise("Negative", self)

    def __gt__(self, other: Any) -> Tensor:
        return elementwise("Greater", self, other, dtype="bool")

    def __getitem__(self, key: Any) -> Tensor:
        operation, result = Operation("numpy", "GetItem"), Tensor(_taken(self.shape, key), self.dtype)
        operation.record([result], self, key)
        return result

    def __iter__(self) -> Any:
        raise TypeError("a symbolic tensor has no elements")

    def __bool__(self) -> bool:
        raise TypeError("a symbolic tensor is neither true nor false")


def elementwise(kind: str, *values: Any, dtype: str | None = None, home: str = "numpy") -> Tensor:
    """A call of a function that takes numbers at the same place, which are broadcast."""
    operation = Operation(home, kind)
    known = [value for value in values if isinstance(value, (Tensor, np.ndarray, np.generic))]
    made = dtype or next(v.dtype for v in known if isinstance(v, Tensor))
    result = Tensor(broadcast(*(value.shape for value in known)), made)
    operation.record([result], *values)
    return result


def broadcast(*shapes: Dims) -> Dims:
    """The shape of values of these shapes together, where None is a length that is not known."""
    rank = max(map(len, shapes))
    found: list[int | None] = []
    for lengths in zip(*((1,) * (rank - len(shape)) + tuple(shape) for shape in shapes), strict=True):
        whole = {length for length in lengths if length not in (1, None)}
        if len(whole) > 1:
            raise Unwritten(f"shapes {shapes} that do not fit each other")
        found.append(whole.pop() if whole else None if None in lengths else 1)
    return tuple(found)


def _taken(shape: Dims, key: Any) -> Dims:
    """The shape of `x[key]`."""
    keys = list(key) if isinstance(key, tuple) else [key]
    used = sum(item is not None and item is not Ellipsis for item in keys)
    rest = [slice(None)] * (len(shape) - used)
    if Ellipsis in keys:
        place = keys.index(Ellipsis)
        keys[place : place + 1] = rest
    else:
        keys += rest
    lengths, found = iter(shape), list[int | None]()
    for item in keys:
        if item is None:
            found.append(1)
            continue
        length = next(lengths)
        if isinstance(item, slice):
            found.append(None if length is None else len(range(*item.indices(length))))
        elif not isinstance(item, int):
            raise Unwritten(f"an index of type {type(item).__name__}")
    return tuple(found)
