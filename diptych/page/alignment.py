"""Which lines stand beside each other, and which light up together."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from ..common.emission.source import Source
from ..common.spec import Call, Net
from .zoo import Chunk, Zoo, children


@dataclass(frozen=True)
class PageSlot:
    """A stretch of the page: lines `first` to `last` of the emitted files, and beside them pieces of the zoo file.

    `name` is the class that they define ("" for the head of the file) and `call` its first instance, where it is a
    block; `beside` is the function that made it where its text stands in the slot of another class, `other`. The first
    of the `chunks` is the function that made the class, where it stands here; the others are what that calls and reads.
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


def anchors(source: Source) -> Callable[[str], str]:
    """What the path of a block or node leads to: the line where its class begins, or that which makes it."""
    lines: dict[str, int] = {}
    for number, paths in enumerate(source.origins, start=1):
        for path in paths:
            lines.setdefault(path, number)
    for start, name in _starts(source.text):
        lines |= dict.fromkeys(filter(None, source.instances.get(name, ())), start)
    homes = {path: name for name, paths in source.instances.items() for path in paths}

    def anchor(path: str) -> str:
        for place in (path, _canonical(path, homes, source)):
            if place in lines:
                return f"L{lines[place]}"
        return ""

    return anchor


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
    """The function that makes a class, and those that it has called to make some of its parts, the nearest first."""
    depths: dict[str, int] = {}
    for path in children(net, call):
        for depth, line in enumerate(reversed(zoo.places.get(path, ())), start=1):
            # Another block's function is met only where it is called without the decorator; it has a class of its own.
            if chunk := zoo.function_at(line):
                depths[chunk.name] = min(depth, depths.get(chunk.name, depth))
    own = zoo.functions.get(_function(call, zoo))
    depths |= {own.name: 0} if own else {}
    return [zoo.functions[name] for name in sorted(depths, key=lambda name: depths[name])]


def _with_tables(zoo: Zoo, placed: dict[str, str]) -> dict[str, tuple[Chunk, ...]]:
    """The pieces of each class: its own function, then what that calls, each with the tables that it reads after it.

    A table stands with the first function that reads it; one of a single line says little and comes last.
    """
    found: dict[str, list[Chunk]] = {}
    last: dict[str, list[Chunk]] = {}
    seen = set(placed)
    for name, home in placed.items():
        tables = [chunk for chunk in zoo.tables.get(name, ()) if chunk.name not in seen]
        seen |= {chunk.name for chunk in tables}
        long = [chunk for chunk in tables if chunk.last > chunk.first]
        found.setdefault(home, []).extend([zoo.functions[name], *long])
        last.setdefault(home, []).extend(chunk for chunk in tables if chunk not in long)
    return {home: (*chunks, *last[home]) for home, chunks in found.items()}


def _starts(text: str) -> set[tuple[int, str]]:
    """(first line, name) of the classes and functions of a file."""
    found = [item for item in ast.parse(text).body if isinstance(item, (ast.ClassDef, ast.FunctionDef))]
    return {(min([item.lineno, *(mark.lineno for mark in item.decorator_list)]), item.name) for item in found}
