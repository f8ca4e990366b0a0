"""How a framework says a class: what differs between two line-parallel files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..lowering import Function, Lowering, Make
from ..spec import Node
from .program import Comment, Method, Statement


@dataclass(frozen=True)
class Language:
    """The words of one framework; every entry is part of one line, so that two languages stay line-parallel.

    `module`, `root` and `sequence` are the base classes of a block, of the network, and of a chain. `chain` makes a
    chain of its layers, `element` is one of them, `several` a list of layers that is no chain, `named` a dict; `entry`
    is the call by which a chain takes one more layer under a name. `joined` makes one layer of the several that a
    lowering takes, `lifted` a layer of an expression. `building` is how the network's own class makes its weights for
    a shape, and `partly` what a class says of itself that has parts for each call, in as many lines in either language.
    `method` computes a block; `types` are what its values are annotated as: a value, a list, a tuple, a dict, a number.
    `reserved` are names that its classes use themselves, and `words` what all of this calls. `imports` are lines with
    the names that they bring.
    """

    title: str
    twin: str
    lower: Callable[[Node], Lowering]
    module: str
    root: str
    sequence: str
    chain: Callable[[Sequence[Any]], Function]
    element: Callable[[Any, str, int], Any]
    several: Callable[[Sequence[Any]], Any]
    named: Callable[[dict[str, Any]], Any]
    entry: Callable[[Any, str, Any], Function]
    joined: Callable[[tuple[Make, ...]], Make]
    lifted: Callable[[Any], Make]
    building: Method | Comment
    partly: Statement
    method: str
    imports: tuple[tuple[str, tuple[str, ...]], ...]
    helpers: Path
    types: Mapping[str, Any] = field(default_factory=dict)
    reserved: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()

    def attribute(self, name: str) -> str:
        """The attribute that holds a child: its name, unless the framework's classes have an attribute of that name."""
        return f"{name}_" if name in self.reserved else name
