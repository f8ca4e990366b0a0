"""Chains and lists of layers as one expression, and whether that fits on a line."""

from __future__ import annotations

from typing import Any, TypeGuard

from ..lowering import Function, Name
from ..spec import Call
from .constructions import neutral, part
from .context import Context
from .expressions import Block
from .lists import Entry, Repeated
from .loops import comprehended, run_of
from .printing import printed

CHAIN, LIST, DICT = "keras.Sequential", "nn.ModuleList", "nn.ModuleDict"
"""The longest words that a language has for them."""
MARGIN = Name("")


def inline(context: Context, entry: Entry) -> Any:
    """The expression that makes a layer, a block, a chain of blocks, or a list or dict of these."""
    if entry is None:
        return None
    if isinstance(entry, Repeated):
        made = run_of(inline(context, entry.item), "_" if entry.count > 1 else "", entry.count)
        return context.language.several([made])
    if isinstance(entry, dict):
        return context.language.named({name: inline(context, item) for name, item in entry.items()})
    if isinstance(entry, list):
        alike = [neutral(context, item) if isinstance(item, Call) else None for item in entry]
        return context.language.several(comprehended([inline(context, item) for item in entry], alike))
    if isinstance(entry, Call) and entry.style == "stack":
        return context.language.chain(elements(context, entry))
    return part(context, entry)


def elements(context: Context, chain: Call) -> list[Any]:
    """The layers and blocks of a chain, runs of blocks as comprehensions."""
    alike = [neutral(context, item) for item in chain.body]
    return comprehended([part(context, item) for item in chain.body], alike)


def fits(context: Context, entry: Entry, room: int) -> bool:
    """Whether something fits into `room` columns in any language: blocks, chains and lists of them are written alike.

    Of layers, and of chains in chains, that cannot be said.
    """
    longest = _longest(context, entry)
    return longest is not None and len(printed(longest)) <= room


def _longest(context: Context, entry: Entry) -> Any:
    """Nothing shorter than what any language writes, and None where that cannot be said."""
    if entry is None:
        return Name("None")
    if isinstance(entry, Repeated):
        made = _longest(context, entry.item)
        return made and Function(LIST, ([run_of(made, "_", entry.count)],))
    if isinstance(entry, dict):
        named = {name: _longest(context, item) for name, item in entry.items()}
        return None if None in named.values() else Function(DICT, (named,))
    if isinstance(entry, int) or (isinstance(entry, Call) and entry.style != "stack"):
        return neutral(context, entry)
    return _longest_list(context, entry)


def _longest_list(context: Context, entry: Call | list[Entry]) -> Any:
    items = entry if isinstance(entry, list) else entry.body
    inner = [_longest(context, item) for item in items]
    if None in inner or (isinstance(entry, Call) and any(is_chain(item) for item in items)):
        return None
    made = comprehended(inner, [item if isinstance(item, Block) else None for item in inner])
    return Function(LIST, (made,)) if isinstance(entry, list) else Function(CHAIN, ([*made, MARGIN],))


def is_chain(item: Entry) -> TypeGuard[Call]:
    """Whether an entry is a plain chain, which takes several statements where it does not fit on a line."""
    return isinstance(item, Call) and item.style == "stack"
