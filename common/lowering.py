"""How a framework says an op: the layers that make it, as data that a builder calls and an emitter prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .expr import Sym, text


@dataclass(frozen=True)
class Make:
    """One layer to construct (`nn.Conv2d` with its arguments); with `layer=False`, a class or function of a helper."""

    target: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    layer: bool = True

    def source(self, **extra: str) -> str:
        """The construction as Python source, with the expressions kept, and these keyword arguments behind.

        >>> Make("nn.Conv2d", (3, 8, (3, 3)), {"bias": False}).source()
        'nn.Conv2d(3, 8, 3, bias=False)'
        """
        parts = [literal(value, short=True) for value in self.args]
        parts += [f"{key}={literal(value, short=True)}" for key, value in {**self.kwargs, **extra}.items()]
        return f"{self.target}({', '.join(parts)})"


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
    that bears the node's name and weights. `function` is the same as an expression of `{0}`, `{1}`, ..., for code
    outside a chain, where the op needs no layer. `helpers` are files of the framework's `helpers` folder with the
    classes and functions that it has not itself; a step with `layer=False` names one of them. `written` is how a
    source file makes the layer where that differs from the steps of a builder. An `attribute` is a weight of the block
    itself: its name alone is the value.
    """

    steps: tuple[Make, ...]
    slots: tuple[Slot, ...] = ()
    function: str = ""
    helpers: tuple[str, ...] = ()
    written: Make | None = None
    attribute: bool = False

    def holder(self, path: str, slot: Slot) -> str:
        """The name of the layer that keeps a weight of the node at `path`: the node's own, where a layer ends it."""
        return path if self.steps[-1].layer else f"{path}.{slot.name}"


def literal(value: Any, short: bool = False) -> str:
    """Python source of an argument, expressions kept; `short` writes an equal pair as one number, as layers take it.

    >>> literal((2, 2)), literal((2, 2), short=True), literal("same"), literal(1e-05)
    ('(2, 2)', '2', '"same"', '1e-5')
    """
    if isinstance(value, Make):
        return value.source()
    if isinstance(value, tuple):
        parts = [literal(item, short) for item in value]
        whole = parts[0].partition("[")[0] if parts else ""
        if parts == [f"{whole}[{index}]" for index in range(len(parts))] and len(parts) > 1:
            return whole
        if short and len(value) == 2 and isinstance(value[0], int) and parts[0] == parts[1]:
            return parts[0]
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    if isinstance(value, int) and not isinstance(value, bool):
        return text(value)
    if isinstance(value, float):
        return repr(value).replace("e-0", "e-")
    return f'"{value}"' if isinstance(value, str) and value.isprintable() and '"' not in value else repr(value)


def given(defaults: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    """The arguments that differ from a layer's defaults, so that printed code says only what matters.

    A symbolic argument stays whatever its value: another instance of the block may have another one.
    """
    return {k: v for k, v in values.items() if k not in defaults or defaults[k] != v or symbolic(v)}


def symbolic(value: Any) -> bool:
    """Whether a value holds the expression of a parameter."""
    return any(map(symbolic, value)) if isinstance(value, tuple) else isinstance(value, Sym)
