"""The constructor of a block that is no chain: its layers, blocks, chains, lists and dicts, one attribute each."""

from __future__ import annotations

from typing import Any

from ..errors import SpecError
from ..lowering import Attribute, Function, Name
from ..lowering import Item as Part
from ..spec import Call
from .chains import BEGIN, ROOM, chain, local
from .constructions import made
from .containers import fits, inline, is_chain
from .context import SELF, Context
from .lists import Entry, Repeated, flat, name_parts
from .printing import printed
from .program import Assign, Do, Statement

TIED = "tied: one layer under two names"
GIVEN = "tied: the block around gives it the layer of another block"


def member_class(context: Context, call: Call) -> list[Statement]:
    """The constructor of a block with a method of its own."""
    lines: list[Statement] = [Do(Function(BEGIN))]
    for name, entry in context.members(call).items():
        lines += _member(context, entry, Attribute(SELF, context.language.attribute(name)))
    if context.count(call) > 1:
        lines.append(context.language.partly)
    return [*lines, *_ties(context, call)]


def _member(context: Context, entry: Entry, target: Any) -> list[Statement]:
    item = entry.item if isinstance(entry, Repeated) else entry
    if item is None:
        return [Assign(target, None, (), GIVEN)]
    if isinstance(item, int) and context.lowering(item).function:
        return []
    if isinstance(item, list | dict):
        return _several(context, item, target)
    if is_chain(entry):
        return chain(context, entry, target)
    value = inline(context, entry) if isinstance(entry, Repeated) else made(context, item)
    return [Assign(target, value, context.paths(item))]


def _several(context: Context, entries: list[Entry] | dict[str, Entry], target: Any) -> list[Statement]:
    """The statements that make a list or dict of layers and assign it: one, or one for each of its entries."""
    paths = context.paths(*flat(entries))
    if fits(context, entries, ROOM - len(f"{printed(target)} = ")):
        return [Assign(target, inline(context, entries), paths)]
    lines: list[Statement]
    if isinstance(entries, dict):
        lines = [Assign(target, context.language.named({}), paths)]
        for name, entry in entries.items():
            before, value = _added(context, entry, target, name, f'{printed(target)}["{name}"] = ')
            lines += [*before, Assign(Part(target, name), value, context.paths(*flat(entry)))]
        return lines
    lines = [Assign(target, context.language.several([]), paths)]
    for number, entry in enumerate(entries):
        before, value = _added(context, entry, target, str(number), f"{printed(target)}.append()")
        append = Function(Attribute(target, "append"), (value,))
        lines += [*before, Do(append, context.paths(*flat(entry)))]
    return lines


def _added(context: Context, entry: Entry, target: Any, name: str, around: str) -> tuple[list[Statement], Any]:
    """An entry of a list as an expression, after the statements that make it, where it does not fit on a line."""
    variable = Name(local(name, target))
    long = not fits(context, entry, ROOM - len(around))
    if isinstance(entry, list | dict) and long:
        return _several(context, entry, variable), variable
    if is_chain(entry) and long:
        return chain(context, entry, variable), variable
    return [], inline(context, entry)


def _ties(context: Context, call: Call) -> list[Statement]:
    """The statements that give layers of two inner blocks the same weights."""
    pairs = context.classes.ties.get(call.path, {})
    return [
        Assign(_inside(context, call, path, True), _inside(context, call, owner), (path,), TIED)
        for path, owner in pairs.items()
    ]


def _inside(context: Context, call: Call, path: str, assigned: bool = False) -> Any:
    """The layer at a path inside a block, in its terms."""
    found: Any = SELF
    while call.path != path:
        place, item = next(
            (place, item)
            for place, item in enumerate(call.body)
            if (inner := context.paths(item)[0]) == path or path[: len(inner) + 1] == f"{inner}."
        )
        name, *rest = name_parts(call.inner(context.paths(item)[0]))
        if call.style == "block":
            found = Attribute(found, context.language.attribute(str(name)))
            for number in rest:
                found = Part(found, number)
        elif assigned and not isinstance(item, Call):
            raise SpecError(f"{path}: a layer of a chain cannot have the weights of another block; put it in a block")
        else:
            found = context.language.element(found, str(name), place)
        if not isinstance(item, Call):
            return found
        call = item
    return found
