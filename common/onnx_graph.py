"""A network in ONNX operators, as data: what each op's `onnx` method adds to, without the onnx package.

The graph is made from the spec and not exported from one side: it is the third opinion on both frameworks, and
PyTorch's exporter would carry PyTorch's mistakes into it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .errors import SpecError
from .geometry import Padding, Pair
from .spec import Array, Net, Node


@dataclass(frozen=True)
class Operator:
    """One ONNX operator: its inputs and its one output by name; `tensor` is the value of a Constant.

    `more` are the outputs behind the first, of the few operators that have several.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    output: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    tensor: np.ndarray[Any, Any] | None = None
    more: tuple[str, ...] = ()

    def key(self) -> tuple[Any, ...]:
        """All that it says, as plain data."""
        tensor = None if self.tensor is None else (str(self.tensor.dtype), self.tensor.shape, self.tensor.tobytes())
        return self.kind, self.inputs, self.output, self.more, tuple(sorted(self.attributes.items())), tensor


@dataclass(frozen=True)
class Field:
    """A value by name, with its dtype in NumPy's words and its shape; None is a length that is not stated."""

    name: str
    dtype: str
    shape: tuple[int | str | None, ...]


@dataclass(frozen=True)
class Body:
    """A graph that is an attribute of an operator, such as the body of a Loop; it may read the values around it."""

    operators: tuple[Operator, ...]
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]


class Operators:
    """Operators one after another, each named after `prefix` and its kind; numbers are of one dtype."""

    def __init__(self, dtype: str) -> None:
        if dtype not in ("float32", "float64"):
            raise SpecError(f"dtype is float32 or float64, not {dtype!r}")
        self.dtype, self.prefix = dtype, ""
        self.operators: list[Operator] = []
        self._own = self.operators

    @property
    def double(self) -> bool:
        """Whether numbers are float64."""
        return self.dtype == "float64"

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator; the answer is the name of its value."""
        name = f"{self.prefix}.{kind}"
        taken = sum(operator.name.rstrip("0123456789") == name for operator in self._own)
        name = f"{name}{taken}" if taken else name
        self._own.append(Operator(kind, name, inputs, name, attributes))
        return name

    def several(self, number: int, kind: str, *inputs: str, **attributes: Any) -> list[str]:
        """Add an operator with several outputs; the answer is their names."""
        name = self.add(kind, *inputs, **attributes)
        more = tuple(f"{name}.output{place}" for place in range(1, number))
        self._own[-1] = replace(self._own[-1], more=more)
        return [name, *more]

    def constant(self, value: float | Array) -> str:
        """The name of a constant in the dtype of the graph."""
        return self.tensor(np.asarray(value, self.dtype))

    def integers(self, *values: int) -> str:
        """The name of a list of whole numbers, as ONNX takes shapes, axes and indices."""
        return self.tensor(np.asarray(values, np.int64))

    def scales(self, *values: float) -> str:
        """The name of a list of factors, which ONNX takes in float32 whatever the dtype of the graph."""
        return self.tensor(np.asarray(values, np.float32))

    def tensor(self, tensor: np.ndarray[Any, Any]) -> str:
        """The name of a constant in the dtype that it has."""
        name = self.add("Constant")
        self._own[-1] = replace(self._own[-1], tensor=tensor)
        return name


class Graph(Operators):
    """The operators of a network so far; `node` is the one being written, with plain numbers.

    The value of a node has the node's path for its name, whatever operators make it (with ".value", where that is the
    name of a weight). ONNX's attributes are float32 at
    any dtype: where that would round a number, and `double` says that the graph is float64, an op says it otherwise.
    """

    def __init__(self, net: Net, dtype: str) -> None:
        super().__init__(dtype)
        self.net = net
        self.values: list[str] = [net.nodes[0].path]
        self.node = net.nodes[0]
        for index, node in enumerate(net.nodes[1:], 1):
            self._write(index, node.plain())
        self._name_outputs()

    @property
    def outputs(self) -> list[str]:
        """The names of the network's outputs: those that it gives them, else those of their values."""
        return list(self.net.output_names) or [self.values[index] for index in self.net.outputs]

    def _write(self, index: int, node: Node) -> None:
        self.node, self.prefix, self._own = node, node.path, list[Operator]()
        inputs = [self.values[source] for source in node.inputs]
        value = node.op.onnx(self, *inputs, **node.own_weights())
        if value in inputs and index in self.net.outputs:
            value = self.add("Identity", value)
        if value not in inputs:
            last = self._own[-1]
            if last.output != value:
                raise SpecError(f"{node.path} ({node.kind}): the last operator must make the value of the node")
            value = f"{node.path}.value" if node.path in self.net.weights else node.path
            self._own[-1] = replace(last, name=value, output=value)
        self.operators += self._own
        self.values.append(value)

    def _name_outputs(self) -> None:
        """An Identity for each output whose name is not that of its node."""
        for name, index in zip(self.outputs, self.net.outputs, strict=True):
            if name != self.values[index]:
                self.operators.append(Operator("Identity", f"{name}.Identity", (self.values[index],), name))

    def key(self) -> tuple[Any, ...]:
        """All that the graph says but the size of its input: equal keys are one graph for several sizes."""
        return tuple(operator.key() for operator in self.operators)


def attributes(pads: Padding, kernel: Pair, stride: Pair) -> dict[str, Any]:
    """The attributes that windows have in ONNX; its SAME_UPPER is TensorFlow's SAME, at any size."""
    where: dict[str, Any] = {"kernel_shape": kernel, "strides": stride}
    if pads == "same":
        return where | {"auto_pad": "SAME_UPPER"}
    top, bottom, left, right = pads
    return where | {"pads": (top, left, bottom, right)}
