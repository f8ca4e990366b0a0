"""What every part of the emitter asks: the network, the language, and what its classes are called."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..lowering import Attribute, Lowering, Name
from ..lowering import Item as Part
from ..spec import Call, Net
from .language import Language
from .lists import Entry, Item, Repeated, entries, name_parts, path_of
from .naming import Classes
from .program import Paths

SELF = Name("self")
LEVEL = Name("level")
"""The number of the call, in a block that is told it."""


@dataclass(frozen=True)
class Context:
    """A network that is to be written in one language."""

    net: Net
    language: Language
    classes: Classes

    @cached_property
    def calls(self) -> dict[str, Call]:
        """The blocks and chains by their paths."""
        return {call.path: call for call in self.net.root.walk()}

    def lowering(self, item: Item) -> Lowering:
        """How the language says a node; a block needs nothing of it, nor does the image."""
        if isinstance(item, Call) or not item:
            return Lowering(())
        if item not in self._lowered:
            self._lowered[item] = self.language.lower(self.net.nodes[item])
        return self._lowered[item]

    @cached_property
    def _lowered(self) -> dict[int, Lowering]:
        return {}

    @cached_property
    def used(self) -> dict[int | str, frozenset[str]]:
        """The parameters that a node, or a block by its path, mentions, as far as it was asked for: by every caller."""
        return {}

    def owner(self, item: Item) -> str:
        """The path of the layer or block of the same block that this one uses once more; "" for one of its own."""
        if isinstance(item, Call):
            return item.owner
        node = self.net.nodes[item]
        return node.owner if self.classes.beside(node) else ""

    def tied(self, item: Item) -> bool:
        """Whether a node has the weights of one in another block: the block around both gives it that one's layer."""
        return not isinstance(item, Call) and bool(self.net.nodes[item].owner) and not self.owner(item)

    def paths(self, *items: Item) -> Paths:
        """The paths of nodes and blocks."""
        return tuple(path_of(self.net, item) for item in items)

    def repeated(self, item: Item) -> bool:
        """Whether a child is there once for each call of the shared block around it."""
        return item.per_call if isinstance(item, Call) else self.net.nodes[item].per_call

    def count(self, call: Call) -> int:
        """How often a block is called that is told the number of the call; 1 for any other."""
        return self.classes.levels.get(call.owner or call.path, 1)

    def members(self, call: Call) -> dict[str, Entry]:
        """The attributes of a block: what it makes, by name, and None for what the block around gives it."""
        found: dict[tuple[str | int, ...], Item | Repeated | None] = {}
        for item in call.body:
            name = name_parts(call.inner(path_of(self.net, item)))
            if self.repeated(item):
                found.setdefault(name[:-1], Repeated(item, self.count(call)))
            elif not self.owner(item):
                found[name] = None if self.tied(item) else item
        return entries(call.path, found)

    def layer(self, call: Call, item: Item) -> Any:
        """The attribute of a block, or the part of it, that is a child."""
        name, *rest = name_parts(call.inner(self.owner(item) or path_of(self.net, item)))
        found: Any = Attribute(SELF, self.language.attribute(str(name)))
        told = self.repeated(item) and self.count(call) > 1
        for part in [*rest[:-1], LEVEL] if told else rest:
            found = Part(found, part)
        return found
