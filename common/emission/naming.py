"""Which block calls are instances of one class, and what the classes are called.

The key of a class holds no sizes and nothing of a framework, but the op's facts: what a framework must know beyond the
fields to write an op down (a depthwise multiplier, the overhang of a pool in ceil mode, the size that a resize starts
from).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..ops.conv import Conv
from ..spec import Call, Net, Node
from .expressions import key as source_key
from .lists import name_of
from .sharing import homes, levels, ties

Key = tuple[Any, ...]


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
        counts = Counter(self.key(call) for call in calls)
        first = {self.key(call): call for call in reversed(calls)}
        plain: dict[str, Call] = {}
        for key in sorted(counts, key=lambda k: -counts[k]):
            base = camel(first[key].block)
            name = base if base not in plain else base + self._difference(plain[base], first[key])
            plain.setdefault(base, first[key])
            while name in self.names.values():
                name = _next(name)
            self.names[key] = name

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
            if call.owner:
                return self.key(self._calls[call.owner])
            places = {index: place for place, index in enumerate(_produced(call))}
            body = tuple(self._item(call, item, places) for item in call.body)
            tied = tuple((call.inner(path), call.inner(owner)) for path, owner in self.ties.get(call.path, {}).items())
            called = (call.parameters, call.returns, self.levels.get(call.path, 1))
            self.keys[call.path] = (call.block, call.style, called, tied, *body)
        return self.keys[call.path]

    def beside(self, node: Node) -> bool:
        """Whether a node uses the layer of another one of the same block, or of the same chain."""
        return bool(node.owner) and self._homes[node.path] is self._homes[node.owner]

    def _item(self, call: Call, item: int | Call, places: dict[int, int]) -> Key:
        name = name_of(self.net, call, item)
        if isinstance(item, Call):
            arguments = tuple((a.name, source_key(a.value)) for a in item.arguments)
            channels = tuple((name, source_key(value)) for name, value in item.input_channels)
            shared = (call.inner(item.owner), item.number) if item.owner else ()
            return (name, self.key(item), _wires(item.inputs, places), arguments, channels, shared)
        node = self.net.nodes[item]
        fields = tuple((name, source_key(value)) for name, value in vars(node.op).items())
        widths = tuple(source_key(shape[0]) for shape in node.in_shapes)
        owner = call.inner(node.owner) if self.beside(node) else bool(node.owner)
        facts = node.plain().op.class_key(*node.in_shapes)
        return (name, node.kind, facts, _wires(node.inputs, places), fields, widths, owner)

    def _difference(self, plain: Call, other: Call) -> str:
        """How a variant differs, as part of its name: by what it has and the other lacks, at most two parts of it."""
        ours, theirs = (self._parts(call) for call in (other, plain))
        extra = list(dict.fromkeys(part for part in ours if part not in theirs))
        lacking = next((part for part in theirs if part not in ours), "")
        return "".join(map(camel, extra[:2])) or (f"Without{camel(lacking)}" if lacking else "2")

    def _parts(self, call: Call) -> list[str]:
        """The names of the inner blocks and the kinds of the ops of a block, those of plain chains included."""
        parts: list[str] = []
        for item in call.body:
            if isinstance(item, int):
                node = self.net.nodes[item].plain()
                parts.append(node.kind)
                if isinstance(node.op, Conv) and node.op.depthwise(node.in_shapes[0]):
                    parts.append("depthwise")  # which Keras has a layer of its own for
            elif item.style == "stack":
                parts += self._parts(item)
            else:
                parts.append(item.block if item.name.isdigit() else item.name)
        return parts


def camel(name: str) -> str:
    """A class name from a function name or a title.

    >>> camel("basic_block"), camel("ResNet-50")
    ('BasicBlock', 'ResNet50')
    """
    words = "".join(c if c.isalnum() else " " for c in name).split()
    return "".join(word[:1].upper() + word[1:] for word in words)


def _next(name: str) -> str:
    stem = name.rstrip("0123456789")
    return f"{stem}{int(name[len(stem) :] or 1) + 1}"


def _wires(inputs: tuple[int, ...], places: dict[int, int]) -> tuple[int, ...]:
    """Which values of the block an item reads, by their place in it (in a stack inside it, whatever comes in)."""
    return tuple(places.get(index, -1) for index in inputs)


def _produced(call: Call) -> Iterator[int]:
    yield from call.inputs
    for item in call.body:
        yield from item.outputs if isinstance(item, Call) else (item,)
