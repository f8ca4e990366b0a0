"""How a framework says a class: what differs between two line-parallel files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..lowering import Function, Lowering, Make
from ..spec import Node
from .program import Comment, Method


@dataclass(frozen=True)
class Language:
    """The words of one framework; every entry is part of one line, so that two languages stay line-parallel.

    `module`, `root` and `sequence` are the base classes of a block, of the network, and of a chain. `chain` makes a
    chain of its layers, `several` a list of layers that is no chain; `entry` is the call by which a chain takes one
    more layer under a name. `joined` makes one layer of the several that a lowering takes, `lifted` a layer of an
    expression of the value `x`. `building` is how the network's own class makes its weights for a shape, in as many
    lines in either language. `method` computes a block, its values annotated as `value`, several as `values`.
    `reserved` are names that its classes use themselves. `imports` are lines with the names that they bring.
    """

    title: str
    twin: str
    lower: Callable[[Node], Lowering]
    module: str
    root: str
    sequence: str
    chain: Callable[[Sequence[Any]], Function]
    several: Callable[[Sequence[Any]], Any]
    entry: Callable[[Any, str, Any], Function]
    joined: Callable[[tuple[Make, ...]], Make]
    lifted: Callable[[Any], Make]
    building: Method | Comment
    method: str
    imports: tuple[tuple[str, tuple[str, ...]], ...]
    helpers: Path
    value: str = ""
    values: str = ""
    reserved: frozenset[str] = frozenset()

    def attribute(self, name: str) -> str:
        """The attribute that holds a child: its name, unless the framework's classes have an attribute of that name."""
        return f"{name}_" if name in self.reserved else name
