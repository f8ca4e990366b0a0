"""The expressions that make a layer or a block, and the parameters that a block's class takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ..errors import SpecError
from ..lowering import Make, symbolic
from ..spec import Call
from .context import Context
from .expressions import Block, parameters_in
from .lists import Item


class Argument(NamedTuple):
    """An argument of a block: its name, the caller's value, and the default, if there is one."""

    name: str
    value: Any
    default: Any = None
    has_default: bool = False

    @property
    def said(self) -> bool:
        """Whether the caller must say it: there is no default, or its value may be another."""
        return not self.has_default or self.value != self.default or symbolic(self.value)


def arguments(call: Call) -> list[Argument]:
    """Everything that a block may depend on: the channels that come in and its arguments."""
    channels = [Argument(name, value) for name, value in call.input_channels]
    return channels + [Argument(a.name, a.value, a.default, a.has_default) for a in call.arguments]


def parameters(context: Context, call: Call) -> list[Argument]:
    """Those that the constructor takes in this language: those that stand in its body."""
    used = _inside(context, call)
    return [argument for argument in arguments(call) if argument.name in used]


def _inside(context: Context, call: Call) -> frozenset[str]:
    """The names that the constructions of a block's children mention."""
    return frozenset[str]().union(*(_used(context, item) for item in call.body))


def _used(context: Context, item: Item) -> frozenset[str]:
    """The parameters of the block around a child that its construction mentions, which every block around asks for."""
    place = item.path if isinstance(item, Call) else item
    if place not in context.used:
        context.used[place] = _mentioned(context, item)
    return context.used[place]


def _mentioned(context: Context, item: Item) -> frozenset[str]:
    if context.owner(item) or context.tied(item):
        return frozenset()
    if not isinstance(item, Call):
        return frozenset(parameters_in(list(_steps(context, item))))
    if item.style == "stack":
        return _inside(context, item)
    return frozenset(parameters_in([argument.value for argument in parameters(context, item)]))


def _steps(context: Context, index: int) -> Iterator[Make]:
    lowering = context.lowering(index)
    yield from (lowering.written,) if lowering.written else lowering.steps


def made(context: Context, item: Item) -> Any:
    """The expression that makes a layer or a block, in the terms of the block around it."""
    if isinstance(item, Call):
        return construction(context, item, parameters(context, item))
    lowering = context.lowering(item)
    if lowering.written:
        return lowering.written
    if lowering.lifted:
        return context.language.lifted(lowering.function)
    return lowering.steps[0] if len(lowering.steps) == 1 else context.language.joined(lowering.steps)


def part(context: Context, item: Item) -> Any:
    """The same for a part of a chain or of a list; raises SpecError for what cannot be one."""
    if not isinstance(item, Call):
        node, lowering = context.net.nodes[item], context.lowering(item)
        if node.owner:
            raise SpecError(f"{node.path}: a layer of a chain cannot share those of {node.owner}; call it in a block")
        if not lowering.steps:
            raise SpecError(f"{node.path}: {node.kind} cannot be part of a chain")
        if lowering.attribute:
            raise SpecError(f"{node.path}: a {node.kind} is no layer; give it a name without dots, outside of chains")
    return made(context, item)


def construction(context: Context, call: Call, given: Sequence[Argument]) -> Block:
    """The construction of a block with these arguments."""
    required = tuple(argument.value for argument in given if not argument.has_default)
    rest = {argument.name: argument.value for argument in given if argument.has_default and argument.said}
    return Block(context.classes[call], required, rest)


def neutral(context: Context, item: Item) -> Block | None:
    """A block with all of its arguments, whether a language writes them or not; None for a layer or a chain."""
    if isinstance(item, Call) and item.style != "stack":
        return construction(context, item, arguments(item))
    return None
