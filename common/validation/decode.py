"""A Net from plain data: every object with the keys of its class, and every value of the kind that its field has.

What fields mean together is looked at afterwards, in `retrace`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import SpecError
from ..ops import op_class
from ..spec import Argument, Call, Input, Net, Node, Op
from .kinds import entries, fitted, hints, listed, wrong

VERSION = 2
NODES, CALLS, DEPTH, WIRES = 10_000, 10_000, 50, 200_000
"""Layers, blocks, blocks in blocks, and what all of them read: the largest registered network has 1,145 layers."""
NAME = 2000
"""Characters of a path."""
HEAD = tuple(field.name for field in dataclasses.fields(Net) if field.compare)
Readers = Mapping[str, Callable[[str, Any], Any]]


def decoded(data: Any) -> Net:
    """The Net of plain data; raises SpecError for a key or a value that no Net has, naming its place."""
    if isinstance(data, dict) and data.get("diptych", VERSION) != VERSION:
        raise SpecError(f"this trace has format {data['diptych']!r:.40}; this diptych reads format {VERSION}")
    entries("the trace", data, ("diptych", *HEAD))
    work = _Decoding()
    readers: Readers = {"nodes": work.nodes, "root": work.root, "options": _options}
    return Net(**_fields("", {name: data[name] for name in HEAD}, Net, readers, HEAD))


class _Decoding:
    """The kinds of ops met so far, each looked up once, and how much there is."""

    def __init__(self) -> None:
        self.ops: dict[str, type[Op]] = {"input": Input}
        self.count = self.calls = self.wires = 0

    def nodes(self, where: str, data: Any) -> tuple[Node, ...]:
        found = listed(where, data, NODES)
        self.count = len(found)
        return tuple(self._node(f"{where}[{index}]", item, index) for index, item in enumerate(found))

    def root(self, where: str, data: Any) -> Call:
        return self._call(where, data, DEPTH)

    def _node(self, where: str, data: Any, index: int) -> Node:
        node = Node(**_fields(where, data, Node, {"op": self._op}, symbolic=("in_shapes", "flattened")))
        if bool(index) != (node.kind != "input"):
            raise wrong(f"{where}.op.kind", node.kind, "'input' for the first node, and another op for each other one")
        self._wires(f"{where}.inputs", node.inputs, index)
        return node

    def _op(self, where: str, data: Any) -> Op:
        found = entries(where, data, ("kind", "fields"))
        kind = found["kind"]
        if not isinstance(kind, str) or len(kind) > 100:
            raise wrong(f"{where}.kind", kind, "the name of an op")
        if kind not in self.ops:
            try:
                self.ops[kind] = op_class(kind)
            except SpecError as error:
                raise SpecError(f"{where}.kind: {error}") from None
        cls = self.ops[kind]
        names = tuple(field.name for field in dataclasses.fields(cls))
        values = _fields(f"{where}.fields", found["fields"], cls, {}, symbolic=names)
        return cls(**values)

    def _call(self, where: str, data: Any, depth: int) -> Call:
        self.calls += 1
        if self.calls > CALLS or not depth:
            raise SpecError(f"{where}: a net has at most {CALLS:,} blocks, and {DEPTH} of them in one another")

        def body(place: str, items: Any) -> tuple[int | Call, ...]:
            found = listed(place, items, NODES + CALLS)
            return tuple(self._item(f"{place}[{i}]", item, depth) for i, item in enumerate(found))

        readers: Readers = {"body": body, "arguments": _arguments}
        call = Call(**_fields(where, data, Call, readers, symbolic=("input_channels",)))
        self._wires(f"{where}.inputs", call.inputs, self.count)
        self._wires(f"{where}.outputs", call.outputs, self.count)
        return call

    def _item(self, where: str, data: Any, depth: int) -> int | Call:
        if isinstance(data, dict):
            return self._call(where, data, depth - 1)
        index: int = fitted(where, data, int)
        self._wires(where, (index,), self.count)
        return index

    def _wires(self, where: str, indexes: tuple[int, ...], end: int) -> None:
        """Hold indexes to the nodes before `end`."""
        self.wires += len(indexes)
        if self.wires > WIRES:
            raise SpecError(f"{where}: what the layers and blocks of a net read are at most {WIRES:,} values")
        for index in indexes:
            if not 0 <= index < end:
                raise wrong(where, index, f"the number of an earlier node, 0 to {end - 1}" if end else "no number")


def _fields(
    where: str, data: Any, cls: type, readers: Readers, names: tuple[str, ...] = (), symbolic: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The values of the fields of a dataclass, of which some have readers of their own."""
    kinds = hints(cls) if not names else {name: hint for name, hint in hints(cls).items() if name in names}
    found = entries(where, data, tuple(kinds))
    before = f"{where}." if where else ""
    return {
        name: readers[name](before + name, found[name])
        if name in readers
        else _value(before + name, found[name], hint, name in symbolic)
        for name, hint in kinds.items()
    }


def _value(where: str, data: Any, hint: Any, symbols: bool) -> Any:
    value = fitted(where, data, hint, symbols)
    if hint is str and where.endswith((".path", ".owner", ".block")) and len(value) > NAME:
        raise wrong(where, value, f"a name of at most {NAME:,} characters")
    return value


def _arguments(where: str, data: Any) -> tuple[Argument, ...]:
    items = enumerate(listed(where, data, 200))
    return tuple(Argument(**_fields(f"{where}[{i}]", item, Argument, {}, symbolic=("value",))) for i, item in items)


def _options(where: str, data: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((fitted(f"{where}[{i}]", item, tuple[str, Any])) for i, item in enumerate(listed(where, data, 100)))
