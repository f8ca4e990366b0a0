"""The state of a trace: the nodes so far, the blocks that are open, and the line of code that made each of them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, cast

from .errors import SpecError
from .spec import Argument, Call, Node

OWN = (__name__, f"{__package__}.trace", f"{__package__}.ops.", "contextlib")
"""Modules between a network's own code and the tracer."""


@dataclass
class Frame:
    """One open block, stack or sequence: its names are taken, its body grows."""

    path: str
    block: str
    style: str
    doc: str = ""
    arguments: tuple[Argument, ...] = ()
    inputs: tuple[int, ...] = ()
    input_channels: tuple[tuple[str, int], ...] = ()
    body: list[int | Call] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    chained: int | None = None

    def child(self, name: str | None, default: str) -> str:
        """The path of a child: the given name, else its number in a stack, else the default with a counter."""
        if name is None:
            name = str(len(self.body)) if self.style != "block" else self._free(default)
        if name in self.names:
            raise SpecError(f"{self.path or 'the network'}: two children are named {name!r}; give one another name")
        self.names.add(name)
        return f"{self.path}.{name}" if self.path else name

    def chain(self, path: str, inputs: tuple[int, ...], output: int) -> None:
        """Hold the rule that a stack is a chain: each child takes the result of the one before, and nothing else."""
        if self.style == "block":
            return
        if self.chained is not None and inputs != (self.chained,):
            raise SpecError(f"{path}: a stack is a chain, but this child takes other values than the child before it")
        self.inputs = self.inputs or inputs
        self.chained = output

    def closed(self, outputs: tuple[int, ...]) -> Call:
        return Call(self.path, self.block, cast(Any, self.style), self.doc, self.arguments, self.inputs,
                    self.input_channels, outputs, tuple(self.body))  # fmt: skip

    def _free(self, default: str) -> str:
        names = (default if n == 0 else f"{default}_{n}" for n in range(len(self.body) + 1))
        return next(name for name in names if name not in self.names)


def _own(frame: FrameType) -> bool:
    return bool(frame.f_globals.get("__name__", "").startswith(OWN))


@dataclass
class Tracer:
    """One trace in progress; `headless` leaves out layers without outputs, which only a head of no classes has."""

    headless: bool = False
    nodes: list[Node] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    origins: dict[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)

    def child(self, name: str | None, default: str) -> str:
        """The path of a new child of the innermost block; where the code of the network asks for it is kept."""
        path = self.frames[-1].child(name, default)
        caller: FrameType | None = sys._getframe(1)
        while caller is not None and _own(caller):
            caller = caller.f_back
        places = []
        while caller is not None and not _own(caller):
            places.append((caller.f_code.co_filename, caller.f_lineno))
            caller = caller.f_back
        self.origins[path] = tuple(places)
        return path
