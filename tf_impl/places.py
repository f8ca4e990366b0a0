"""Where the emitted Keras file of a network keeps each layer: in its model, and in the files of that model's weights.

Keras names the groups of a file of weights after the attributes that lead to a layer; what is in a list, or in a
Sequential, after its class, with a number where there are several (`saving_lib._walk_saveable` of Keras 3). A model's
own attributes are visited in the order of their names, and among them is `layers`, the list of all of them: a child
whose name comes after it is found there first. The weights that a block owns itself are variables of its own group, in
the order in which it makes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..common.emission.context import Context
from ..common.emission.lists import Entry, Item, Repeated, flat
from ..common.emission.naming import Classes
from ..common.errors import SpecError
from ..common.lowering import Lowering, Make
from ..common.spec import Call, Net
from .kept import kept
from .ops import lower_symbolic
from .source import LANGUAGE

LISTED = "layers"
Step = str | int


@dataclass(frozen=True)
class Place:
    """The way to a layer: by attributes and indexes in the model, and as the path of its group in a file.

    That to a weight of a block leads to the variable, and to the block's group: "group#1" is the second of several.
    """

    steps: tuple[Step, ...] = ()
    path: str = ""

    def at(self, step: Step, name: str) -> Place:
        """The place of what is inside under an attribute or index, and under a name in files."""
        return Place((*self.steps, step), _join(self.path, name))


@dataclass(frozen=True)
class EmittedModel:
    """The class of an emitted Keras model, and node path -> place of every node for which it has a layer."""

    name: str
    places: dict[str, Place]


@kept
def emitted_model(net: Net) -> EmittedModel:
    """The model that the emitted Keras file of a network makes."""
    walk = _Walk(net)
    return EmittedModel(walk.classes[net.root], dict(walk.block(net.root, Place())))


def snake(name: str) -> str:
    """The name of a class as Keras makes it that of a layer.

    >>> snake("BasicBlock"), snake("Conv2D"), snake("ReLU")
    ('basic_block', 'conv2d', 're_lu')
    """
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


class _Names:
    """Names for the members of one list: of several with one name, all but the first are numbered."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def unique(self, name: str) -> str:
        count = self.counts[name] = self.counts.get(name, -1) + 1
        return f"{name}_{count}" if count else name


class _Walk:
    """A walk over the block calls of a network, as the emitted file makes their layers."""

    def __init__(self, net: Net) -> None:
        self.net, self.classes = net, Classes(net)
        self.context = Context(net, LANGUAGE, self.classes)
        self.in_list_of_all = dict(self._in_list_of_all())
        self.groups = dict[int, str]()  # of the weights that blocks own

    def block(self, call: Call, place: Place) -> Iterator[tuple[str, Place]]:
        """The places inside a block, which are attributes, lists of layers, or the steps of a chain."""
        if call.style != "block":
            yield from self._members(list(call.body), Place(place.steps, _join(place.path, LISTED)))
            return
        self._take_own(call, place.path)
        for attribute, item in self._attributes(call):
            inside = place.at(attribute, attribute)
            yield from self._entry(item, inside)

    def _take_own(self, call: Call, group: str) -> None:
        """Note the group, and the place in it, of the weights that a block owns itself."""
        items = [item for _, entry in self._attributes(call) for item in flat(entry) if isinstance(item, int)]
        own = [item for item in items if self._lowering(item).attribute]
        for number, item in enumerate(own):
            node = self.net.nodes[item]
            if not group or node.per_call:
                whose = "a block owns for each of its calls" if group else "the network itself owns"
                raise SpecError(f"{node.path}: a weight that {whose} is not read from emitted Keras models")
            self.groups[item] = f"{group}#{number}" if len(own) > 1 else group

    def _attributes(self, call: Call) -> Iterator[tuple[str, Entry]]:
        for name, entry in self.context.members(call).items():
            if entry is not None and (not isinstance(entry, int) or self._needs_layer(entry)):
                yield LANGUAGE.attribute(name), entry

    def _entry(self, entry: Entry, place: Place) -> Iterator[tuple[str, Place]]:
        """The places of a layer, or of the members of a list or dict."""
        if isinstance(entry, (list, dict)):
            yield from self._members(entry, place)
        elif isinstance(entry, Repeated):
            yield from self._members([self._call(entry.item, number) for number in range(entry.count)], place)
        elif entry is not None:
            yield from self._item(entry, place)

    def _members(self, entries: Sequence[Entry] | Mapping[str, Entry], place: Place) -> Iterator[tuple[str, Place]]:
        """The places of the members of a list or dict."""
        names = _Names()
        for index, entry in entries.items() if isinstance(entries, Mapping) else enumerate(entries):
            if isinstance(entry, (list, dict, Repeated)):
                yield from self._entry(entry, place.at(index, names.unique("container")))
            elif entry is not None:
                yield from self._item(entry, place.at(index, names.unique(self._class(entry))))

    def _call(self, item: Item, number: int) -> Item:
        """What a child is in another call of the shared block around it."""
        if isinstance(item, Call):
            return self.context.calls[f"{item.path.rpartition('.')[0]}.{number}"]
        wanted = f"{self.net.nodes[item].path.rpartition('.')[0]}.{number}"
        return next(index for index, node in enumerate(self.net.nodes) if node.path == wanted)

    def _item(self, item: Item, place: Place) -> Iterator[tuple[str, Place]]:
        place = Place(place.steps, self.in_list_of_all.get(_key(item), place.path))
        if isinstance(item, Call):
            yield from self.block(item, place)
            return
        lowering = self._lowering(item)
        if lowering.attribute:
            place = Place(place.steps, self.groups[item])
        elif not lowering.written and len(lowering.steps) > 1:  # a Sequential, of the layer after what pads its input
            place = place.at(1, f"{LISTED}/{_class_name(lowering.steps[-1])}")
        yield self.net.nodes[item].path, place

    def _in_list_of_all(self) -> Iterator[tuple[int | str, str]]:
        """The paths of the network's own layers that a file has in the list of all of them."""
        names = _Names()
        for attribute, item in self._attributes(self.net.root) if self.net.root.style == "block" else ():
            for entry in flat(item):
                name = names.unique(self._class(entry))
                if attribute > LISTED:
                    yield _key(entry), _join(LISTED, name)

    def _class(self, item: Item) -> str:
        """The name of a layer's class, as files have it."""
        if isinstance(item, Call):
            return "sequential" if item.style == "stack" else snake(self.classes[item])
        lowering = self._lowering(item)
        if lowering.written:
            return _class_name(lowering.written)
        if lowering.lifted:
            return "lambda"
        return _class_name(lowering.steps[0]) if len(lowering.steps) == 1 else "sequential"

    def _needs_layer(self, index: int) -> bool:
        return not (self.net.nodes[index].owner or self._lowering(index).function)

    def _lowering(self, index: int) -> Lowering:
        return lower_symbolic(self.net.nodes[index])


def _class_name(make: Make) -> str:
    return snake(make.target.rpartition(".")[2])


def _key(item: Item) -> int | str:
    return item.path if isinstance(item, Call) else item


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name
