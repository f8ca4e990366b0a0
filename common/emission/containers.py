"""Chains and lists of layers as one expression, and whether that fits on a line."""

from __future__ import annotations

from typing import Any

from ..lowering import Function, Name
from ..spec import Call
from .constructions import made, neutral
from .context import Context
from .expressions import Block
from .lists import Entry
from .loops import comprehended
from .printing import printed

CHAIN, LIST = "keras.Sequential", "nn.ModuleList"
"""The longest words that a language has for them."""
MARGIN = Name("")


def inline(context: Context, entry: Entry) -> Any:
    """The expression that makes a layer, a block, a chain of blocks, or a list of these."""
    if entry is None:
        return None
    if isinstance(entry, list):
        alike = [neutral(context, item) if isinstance(item, Call) else None for item in entry]
        return context.language.several(comprehended([inline(context, item) for item in entry], alike))
    if isinstance(entry, Call) and entry.style == "stack":
        return context.language.chain(elements(context, entry))
    return made(context, entry)


def elements(context: Context, chain: Call) -> list[Any]:
    """The layers and blocks of a chain, runs of blocks as comprehensions."""
    alike = [neutral(context, item) for item in chain.body]
    return comprehended([made(context, item) for item in chain.body], alike)


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
    if isinstance(entry, int) or (isinstance(entry, Call) and entry.style != "stack"):
        return neutral(context, entry)
    items = entry if isinstance(entry, list) else entry.body
    inner = [_longest(context, item) for item in items]
    if None in inner or (isinstance(entry, Call) and any(_chain(item) for item in items)):
        return None
    alike = [item if isinstance(item, Block) else None for item in inner]
    made = comprehended(inner, alike)
    return Function(LIST, (made,)) if isinstance(entry, list) else Function(CHAIN, ([*made, MARGIN],))


def _chain(item: Entry) -> bool:
    return isinstance(item, Call) and item.style == "stack"
