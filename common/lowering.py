"""How a framework says an op, as data: layers, which a builder calls, and expressions, which an emitter prints too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .expr import Sym


@dataclass(frozen=True)
class Make:
    """One layer to construct (`nn.Conv2d` with its arguments); with `layer=False`, a class or function of a helper."""

    target: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    layer: bool = True


@dataclass(frozen=True)
class Operand:
    """The input of an op at this place, inside an expression."""

    place: int


X, Y = Operand(0), Operand(1)


@dataclass(frozen=True)
class Name:
    """A variable."""

    name: str


@dataclass(frozen=True)
class Function:
    """A call of a function (`torch.relu`), or of what an expression gives (the method of a value, a layer)."""

    target: Any
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Operator:
    """Two values with a sign between them."""

    sign: str
    left: Any
    right: Any


@dataclass(frozen=True)
class Attribute:
    """An attribute of a value, `x.shape`."""

    of: Any
    name: str


@dataclass(frozen=True)
class Item:
    """A part of a value, `x[:, 0:4]`: the index is a number, a text, a slice, or `...`, or a tuple of these."""

    of: Any
    index: Any


@dataclass(frozen=True)
class Comprehension:
    """A list of one element for each `name` in what `over` gives."""

    element: Any
    name: str
    over: Any


Expression = Operand | Name | Function | Operator | Attribute | Item


@dataclass(frozen=True)
class Slot:
    """Where a framework keeps a canonical weight: the layer's attribute, and the axes in its own order."""

    name: str
    attribute: str
    axes: str


@dataclass(frozen=True)
class Lowering:
    """One op in one framework.

    `steps` are applied in order to the input (several inputs go to the first as they are); the last is the layer
    that bears the node's name and weights. `function` is the same as an expression of its inputs `X`, `Y`, ..., for
    code outside a chain, where the op needs no layer. `helpers` are files of the framework's `helpers` folder with the
    classes and functions that it has not itself; a step with `layer=False` names one of them. `written` is how a
    source file makes the layer where that differs from the steps of a builder. An `attribute` is a weight of the block
    itself: its name alone is the value, or what `read` makes of it.
    """

    steps: tuple[Make, ...]
    slots: tuple[Slot, ...] = ()
    function: Expression | None = None
    helpers: tuple[str, ...] = ()
    written: Make | None = None
    attribute: bool = False
    read: Expression | None = None

    @property
    def lifted(self) -> bool:
        """Whether the last step is a function, which the expression calls too: no layer, but a chain needs one."""
        called = self.function.target if isinstance(self.function, Function) else ""
        return bool(self.steps) and self.steps[-1].target == called

    def holder(self, path: str, slot: Slot) -> str:
        """The name of the layer that keeps a weight of the node at `path`: the node's own, where a layer ends it."""
        return path if self.steps[-1].layer else f"{path}.{slot.name}"


def given(defaults: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    """The arguments that differ from a layer's defaults, so that printed code says only what matters.

    A symbolic argument stays whatever its value: another instance of the block may have another one.
    """
    return {k: v for k, v in values.items() if k not in defaults or defaults[k] != v or symbolic(v)}


def symbolic(value: Any) -> bool:
    """Whether a value holds the expression of a parameter."""
    return any(map(symbolic, value)) if isinstance(value, tuple) else isinstance(value, Sym)
