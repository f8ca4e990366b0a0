"""How a framework says a class: what differs between two line-parallel files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..lowering import Lowering, Make
from ..spec import Node


@dataclass(frozen=True)
class Language:
    """The words of one framework; every entry is part of one line, so that two languages stay line-parallel.

    `listed` makes a chain of a list of layers with a name, `inline` of layers written out; `entry` is the call by which
    a chain takes one more layer under a name. `several` makes a list of layers that are no chain. `joined` makes one
    layer of the several that a form takes, `lifted` a layer of a function. `reserved` are names that its classes use
    themselves. `building` is how the network's own class makes its weights, in as many lines in either language.
    `imports` are lines with the names that they bring.
    """

    title: str
    twin: str
    lower: Callable[[Node], Lowering]
    module: str
    root: str
    sequence: str
    listed: str
    inline: str
    several: str
    entry: Callable[[str, str], str]
    joined: Callable[[tuple[Make, ...]], str]
    lifted: str
    method: Callable[[list[str], bool], str]
    building: tuple[str, ...]
    imports: tuple[tuple[str, tuple[str, ...]], ...]
    helpers: Path
    reserved: frozenset[str] = frozenset()

    def attribute(self, name: str) -> str:
        """The attribute that holds a child: its name, unless the framework's classes have an attribute of that name."""
        return f"{name}_" if name in self.reserved else name
