"""The constructor of a block that is no chain: its layers, blocks, chains and lists, one attribute each."""

from __future__ import annotations

from typing import Any

from ..lowering import Attribute, Function, Name
from ..spec import Call
from .chains import BEGIN, ROOM, SELF, chain, local
from .constructions import made
from .containers import fits, inline
from .context import Context
from .lists import Entry, flat, members
from .printing import printed
from .program import Assign, Do, Statement


def member_class(context: Context, call: Call) -> list[Statement]:
    """The constructor of a block with a method of its own."""
    lines: list[Statement] = [Do(Function(BEGIN))]
    for name, entry in members(context.net, call).items():
        lines += _member(context, entry, Attribute(SELF, context.language.attribute(name)))
    return lines


def _member(context: Context, entry: Entry, target: Any) -> list[Statement]:
    if isinstance(entry, list):
        return _several(context, entry, target)
    if isinstance(entry, Call) and entry.style == "stack":
        return chain(context, entry, target)
    if entry is None or (isinstance(entry, int) and (context.lowering(entry).function or context.owner(entry))):
        return []
    return [Assign((target,), made(context, entry), context.paths(entry))]


def _several(context: Context, entries: list[Entry], target: Any) -> list[Statement]:
    """The statements that make a list of layers and assign it: one, or one for each of its entries."""
    paths = context.paths(*flat(entries))
    if fits(context, entries, ROOM - len(f"{printed(target)} = ")):
        return [Assign((target,), inline(context, entries), paths)]
    lines: list[Statement] = [Assign((target,), context.language.several([]), paths)]
    for number, entry in enumerate(entries):
        before, value = _appended(context, entry, target, number)
        append = Function(Attribute(target, "append"), (value,))
        lines += [*before, Do(append, context.paths(*flat(entry)))]
    return lines


def _appended(context: Context, entry: Entry, target: Any, number: int) -> tuple[list[Statement], Any]:
    """An entry of a list as an expression, after the statements that make it, where it does not fit on a line."""
    name = Name(local(str(number), target))
    long = not fits(context, entry, ROOM - len(f"{printed(target)}.append()"))
    if isinstance(entry, list) and long:
        return _several(context, entry, name), name
    if isinstance(entry, Call) and entry.style == "stack" and long:
        return chain(context, entry, name), name
    return [], inline(context, entry)
