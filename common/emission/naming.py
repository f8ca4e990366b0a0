"""Which block calls are instances of one class, and what the classes are called.

The key of a class holds no sizes and nothing of a framework, but the op's facts: what a framework must know beyond the
fields to write an op down (a depthwise multiplier, the overhang of a pool in ceil mode, the size that a resize starts
from).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..spec import Call, Net, Node
from .expressions import key as source_key
from .lists import name_of
from .names import LONGEST, camel
from .sharing import homes, levels, ties
from .variants import details, differences

Key = tuple[Any, ...]
KEPT = "_classes"


def classes_of(net: Net) -> Classes:
    """The classes of a network, found once for all languages and kept with it, as its other properties are."""
    found: Classes | None = vars(net).get(KEPT)
    if found is None:
        found = vars(net)[KEPT] = Classes(net)
    return found


@dataclass
class Classes:
    """The classes of a network's blocks; the same in either framework, since no framework has a say in them."""

    net: Net
    levels: dict[str, int] = field(init=False)
    ties: dict[str, dict[str, str]] = field(init=False)
    keys: dict[str, Key] = field(default_factory=dict)
    names: dict[Key, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """A name per distinct block: the commonest form of a function bears its plain name."""
        self.levels, self.ties = levels(self.net), ties(self.net)
        self._homes, self._calls = homes(self.net), {call.path: call for call in self.net.root.walk()}
        calls = [call for call in self._calls.values() if call.style != "stack"]
        self._first: dict[str, Call] = {}
        counts = Counter(self.key(call) for call in calls)
        first = {self.key(call): call for call in reversed(calls)}
        plain: dict[str, Call] = {}
        for key in sorted(counts, key=lambda k: -counts[k]):
            base = camel(first[key].block)
            self.names[key] = self._free(base, plain.get(base), first[key])
            plain.setdefault(base, first[key])

    def _free(self, base: str, plain: Call | None, call: Call) -> str:
        """A name that no class has: the plain one, or one that tells how it differs; where nothing tells, a number."""
        words = list(differences(self.net, plain, call)) if plain else [""]
        rival = self._first.get(base + words[0], call)
        more = [words[0] + word for word in details(self.net, rival, call)]
        names = itertools.chain((base + word for word in [*words, *more]), (f"{base}{n}" for n in itertools.count(2)))
        name = next(name for name in names if name not in self._first and len(name) <= LONGEST)
        self._first[name] = call
        return name

    def __getitem__(self, call: Call) -> str:
        return self.names[self.key(call)]

    def instances(self) -> dict[str, tuple[str, ...]]:
        """Class name -> the paths of the blocks that are its instances, in the order of the trace."""
        found: dict[str, list[str]] = {}
        for call in self.net.root.walk():
            if call.style != "stack":
                found.setdefault(self[call], []).append(call.path)
        return {name: tuple(paths) for name, paths in found.items()}

    def key(self, call: Call) -> Key:
        """What makes two blocks the same class: equal structure, with parameters by their symbols, not their values."""
        if call.path not in self.keys:
            self.keys[call.path] = self.key(self._calls[call.owner]) if call.owner else self._key(call, facts=True)
        return self.keys[call.path]

    def notes(self) -> dict[str, str]:
        """Class name -> why it is a class of its own, for those that one of the frameworks would write as another."""
        groups: dict[Key, list[str]] = {}
        for name, call in self._first.items():
            groups.setdefault(self._key(call, facts=False), []).append(name)
        pairs = [(group[0], name) for group in groups.values() for name in group[1:]]
        return {name: f"In one of the frameworks it is {base}: {self._note(base, name)}." for base, name in pairs}

    def _note(self, base: str, name: str) -> str:
        """What an op says of the difference between two classes that differ in its facts alone."""
        for a, b in zip(_own(self._first[base]), _own(self._first[name]), strict=True):
            one, two = self.net.nodes[a].plain(), self.net.nodes[b].plain()
            if one.op.class_key(*one.in_shapes) != two.op.class_key(*two.in_shapes):
                return two.op.class_note
        return ""

    def _key(self, call: Call, facts: bool) -> Key:
        """The key of a class, or without the facts of its own ops, which a framework may have no use for."""
        places = {index: place for place, index in enumerate(_produced(call))}
        body = tuple(self._item(call, item, places, facts) for item in call.body)
        tied = tuple((call.inner(path), call.inner(owner)) for path, owner in self.ties.get(call.path, {}).items())
        called = (call.parameters, call.returns, self.levels.get(call.path, 1))
        return (call.block, call.style, called, tied, *body)

    def beside(self, node: Node) -> bool:
        """Whether a node uses the layer of another one of the same block, or of the same chain."""
        return bool(node.owner) and self._homes[node.path] is self._homes[node.owner]

    def _item(self, call: Call, item: int | Call, places: dict[int, int], facts: bool) -> Key:
        name = name_of(self.net, call, item)
        if isinstance(item, Call):
            arguments = tuple((a.name, source_key(a.value)) for a in item.arguments)
            channels = tuple((name, source_key(value)) for name, value in item.input_channels)
            shared = (call.inner(item.owner), item.number) if item.owner else ()
            made = self.key(item) if facts or item.style != "stack" else self._key(item, facts)
            return (name, made, _wires(item.inputs, places), arguments, channels, shared)
        node = self.net.nodes[item]
        fields = tuple((name, source_key(value)) for name, value in vars(node.op).items())
        widths = tuple(source_key(shape[0]) for shape in node.in_shapes)
        owner = call.inner(node.owner) if self.beside(node) else bool(node.owner)
        fact = node.plain().op.class_key(*node.in_shapes) if facts else ()
        return (name, node.kind, fact, _wires(node.inputs, places), fields, widths, owner)


def _wires(inputs: tuple[int, ...], places: dict[int, int]) -> tuple[int, ...]:
    """Which values of the block an item reads, by their place in it (in a stack inside it, whatever comes in)."""
    return tuple(places.get(index, -1) for index in inputs)


def _own(call: Call) -> Iterator[int]:
    """The nodes of a class itself: those of the block and of its plain chains."""
    for item in call.body:
        if isinstance(item, int):
            yield item
        elif item.style == "stack":
            yield from _own(item)


def _produced(call: Call) -> Iterator[int]:
    yield from call.inputs
    for item in call.body:
        yield from item.outputs if isinstance(item, Call) else (item,)
