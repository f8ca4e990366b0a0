"""What every part of the emitter asks: the network, the language, and what its classes are called."""

from __future__ import annotations

from dataclasses import dataclass

from ..lowering import Attribute, Lowering, Name
from ..lowering import Item as Part
from ..spec import Call, Net
from .language import Language
from .lists import Item, name_of, path_of
from .naming import Classes
from .program import Paths


@dataclass(frozen=True)
class Context:
    """A network that is to be written in one language."""

    net: Net
    language: Language
    classes: Classes

    def lowering(self, item: Item) -> Lowering:
        """How the language says a node; a block needs nothing of it."""
        return Lowering(()) if isinstance(item, Call) else self.language.lower(self.net.nodes[item])

    def owner(self, item: Item) -> str:
        """The path of the node whose weights a node uses; "" where it has its own."""
        return "" if isinstance(item, Call) else self.net.nodes[item].owner

    def paths(self, *items: Item) -> Paths:
        """The paths of nodes and blocks."""
        return tuple(path_of(self.net, item) for item in items)

    def layer(self, call: Call, item: Item) -> Attribute | Part:
        """The attribute of a block, or the part of it, that is a child."""
        name, *numbers = name_of(self.net, call, item, self.owner(item)).split(".")
        found: Attribute | Part = Attribute(Name("self"), self.language.attribute(name))
        for number in numbers:
            found = Part(found, int(number))
        return found
