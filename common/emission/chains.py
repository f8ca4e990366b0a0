"""The statements that make a plain chain of layers, as a class or as a part of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..lowering import Function, Name
from ..spec import Call
from .constructions import neutral, part
from .containers import fits, inline, is_chain
from .context import SELF, Context
from .expressions import Star
from .lists import Item, name_of
from .loops import folded, lengths, numbers, run_of
from .names import safe
from .printing import printed
from .program import Assign, Do, Listing, Loop, Paths, Statement

ROOM = 112
"""The columns of a line of a constructor."""
STEPS = Name("steps")
BEGIN = "super().__init__"


def chain_class(context: Context, call: Call) -> list[Statement]:
    """The constructor of a class that is a chain itself."""
    if named(context, call):
        return [Do(Function(BEGIN)), *_entries(context, call, SELF)]
    whole = context.language.chain([Star(STEPS)])
    return [*_listed(context, call, STEPS), Do(replace(whole, target=BEGIN))]


def chain(context: Context, call: Call, target: Any) -> list[Statement]:
    """The statements that make a plain chain and assign it."""
    if named(context, call):
        begin = Assign(target, Function(context.language.sequence), (call.path,))
        return [begin, *_entries(context, call, target)]
    if fits(context, call, ROOM - len(f"{printed(target)} = ")):
        return [Assign(target, inline(context, call), context.paths(call, *call.body))]
    name = Name(local(target.name))
    whole = context.language.chain([Star(name)])
    return [*_listed(context, call, name), Assign(target, whole, (call.path,))]


def named(context: Context, call: Call) -> bool:
    """Whether the children of a chain bear names other than their numbers."""
    return [name_of(context.net, call, item) for item in call.body] != list(map(str, range(len(call.body))))


def local(name: str, around: Any = STEPS) -> str:
    """A name for a local variable: that of what it is for, after that of what it goes into."""
    if around not in (SELF, STEPS):
        return f"{around.name}_{name}"  # the names of other chains inside other chains must not take its place
    if isinstance(numbers(name)[0], int):
        return f"part{name}"
    return safe(name)


def _listed(context: Context, call: Call, name: Name) -> list[Statement]:
    """A list of the layers of a chain, under a local name."""
    before = [statement for item in call.body for statement in _nested(context, item, name)]
    return [*before, Listing(name, tuple(_elements(context, call, name)))]


def _elements(context: Context, call: Call, around: Name) -> Iterator[tuple[Any, Paths]]:
    """The elements of that list, runs of blocks as comprehensions, with what each makes."""
    for items in _runs(context, call):
        value, counter = folded([_entered(context, item, around) for item in items])
        yield run_of(value, counter, len(items)), context.paths(*items)


def _entries(context: Context, call: Call, target: Any) -> Iterator[Statement]:
    """The statements that give a chain its layers under their names, runs of blocks as loops."""
    for items in _runs(context, call):
        yield from _nested(context, items[0], target)
        names = [name_of(context.net, call, item) for item in items]
        layers = [_entered(context, item, target) for item in items]
        entries = [context.language.entry(target, *pair) for pair in zip(names, layers, strict=True)]
        value, counter = folded(entries)
        step = Do(value, context.paths(*items))
        yield Loop(counter, len(items), step, step.paths) if counter else step


def _runs(context: Context, call: Call) -> Iterator[tuple[Item, ...]]:
    """The children of a chain, neighbours that differ by a count together: the same in every language."""
    alike: list[Any] = [neutral(context, item) for item in call.body]
    if named(context, call):
        names = [name_of(context.net, call, item) for item in call.body]
        alike = [block and (name, block) for name, block in zip(names, alike, strict=True)]
    done = 0
    for length in lengths(alike):
        yield call.body[done : done + length]
        done += length


def _nested(context: Context, item: Item, around: Any) -> list[Statement]:
    """The statements that make a chain inside a chain, under a name of its own."""
    if is_chain(item):
        return chain(context, item, Name(local(item.name, around)))
    return []


def _entered(context: Context, item: Item, around: Any) -> Any:
    if is_chain(item):
        return Name(local(item.name, around))
    return part(context, item)
