"""Which lines stand beside each other, and which light up together."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import pairwise

from ..common.emission.source import Source
from ..common.spec import Call, Net
from .zoo import Chunk, Zoo, children


@dataclass(frozen=True)
class PageSlot:
    """A stretch of the page: lines `first` to `last` of the emitted files, and beside them pieces of the zoo file.

    `name` is the class that they define ("" for the head of the file) and `call` its first instance, where it is a
    block; `beside` is the function that made it where its text stands in the slot of another class, `other`.
    """

    name: str
    first: int
    last: int
    call: Call | None
    chunks: tuple[Chunk, ...]
    beside: Chunk | None = None
    other: str = ""

    @property
    def rows(self) -> int:
        """The lines of the emitted files that stand here."""
        return self.last - self.first + 1


def slots(net: Net, sources: tuple[Source, Source], zoo: Zoo) -> list[PageSlot]:
    """The stretches of the page in the order of the emitted files; every used piece of the zoo stands in one."""
    torch, tf = sources
    calls = {call.path: call for call in net.root.walk()}
    owners = {name: calls[paths[0]] for name, paths in torch.instances.items()}
    starts = sorted(_starts(torch.text) | _starts(tf.text))
    placed: dict[str, str] = {}
    for _, name in starts:
        for chunk in _makers(net, owners[name], zoo) if name in owners else []:
            placed.setdefault(chunk.name, name)
    for name in zoo.functions:
        placed.setdefault(name, torch.root)
    chunks = _with_tables(zoo, placed)
    found = [PageSlot("", 1, starts[0][0] - 1, None, (zoo.docstring,) if zoo.docstring else ())]
    for (start, name), (following, _) in pairwise([*starts, (len(torch.origins) + 1, "")]):
        function = zoo.functions.get(_function(owners[name], zoo)) if name in owners else None
        other = placed[function.name] if function else name
        here = (None, "") if other == name else (function, other)
        found.append(PageSlot(name, start, following - 1, owners.get(name), chunks.get(name, ()), *here))
    return found


def links(net: Net, source: Source, zoo: Zoo) -> dict[int, tuple[int, ...]]:
    """Line of the emitted files -> lines of the zoo file that it comes from; `class` meets `def`."""
    homes = {path: name for name, paths in source.instances.items() for path in paths}
    written = {path for paths in source.origins for path in paths}
    lines: dict[str, set[int]] = {}
    for path, places in zoo.places.items():
        line = _canonical(path, homes, source)
        while line not in written and "." in line:  # a stack in a list of layers stands on the line of that list
            line = line.rpartition(".")[0]
        lines.setdefault(line, set()).update(places)
    found = {number: set().union(*(lines.get(path, set()) for path in paths))
             for number, paths in enumerate(source.origins, start=1)}  # fmt: skip
    calls = {call.path: call for call in net.root.walk()}
    for start, name in _starts(source.text):
        if name in source.instances:
            function = _function(calls[source.instances[name][0]], zoo)
            found[start] = {zoo.functions[function].head} if function in zoo.functions else set()
    return {number: tuple(sorted(some)) for number, some in found.items() if some}


def _canonical(path: str, homes: dict[str, str], source: Source) -> str:
    """A path with the first instance of its class in place of the block that it stands in."""
    block = path.rpartition(".")[0]
    while block not in homes:
        block = block.rpartition(".")[0]
    rest = path.removeprefix(block).removeprefix(".")
    first = source.instances[homes[block]][0]
    return f"{first}.{rest}" if first else rest


def _function(call: Call, zoo: Zoo) -> str:
    return call.block if call.path else zoo.root


def _makers(net: Net, call: Call, zoo: Zoo) -> list[Chunk]:
    """The function that makes a class, and those that it has called to make some of its parts."""
    lines = [line for path in children(net, call) for line in zoo.places.get(path, ())]
    found = [zoo.functions.get(_function(call, zoo)), *map(zoo.function_at, lines)]
    # Another block's function is met only where it is called without the decorator; it has a class of its own.
    return [chunk for chunk in found if chunk]


def _with_tables(zoo: Zoo, placed: dict[str, str]) -> dict[str, tuple[Chunk, ...]]:
    """The pieces of each class in the order of their files, that of its own function first.

    A table stands beside the first function that reads it.
    """
    tables: dict[str, tuple[Chunk, str]] = {}
    order = list(dict.fromkeys(placed.values()))
    for name in sorted(placed, key=lambda key: order.index(placed[key])):
        for chunk in zoo.tables.get(name, ()):
            tables.setdefault(chunk.name, (chunk, placed[name]))
    every = [(zoo.functions[name], home) for name, home in placed.items()] + list(tables.values())
    lead = {home: zoo.functions[name].file for name, home in reversed(placed.items())}
    every.sort(key=lambda pair: (pair[0].file != lead[pair[1]], pair[0].first))
    return {home: tuple(chunk for chunk, where in every if where == home) for _, home in every}


def _starts(text: str) -> set[tuple[int, str]]:
    """(first line, name) of the classes and functions of a file."""
    found = [item for item in ast.parse(text).body if isinstance(item, (ast.ClassDef, ast.FunctionDef))]
    return {(min([item.lineno, *(mark.lineno for mark in item.decorator_list)]), item.name) for item in found}
