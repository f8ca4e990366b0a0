"""Statements, methods and classes of emitted source as data, with the paths of what each makes or runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Paths = tuple[str, ...]


@dataclass(frozen=True)
class Assign:
    """`target = value`; several targets are a tuple."""

    target: Any
    value: Any
    paths: Paths = ()
    comment: str = ""


@dataclass(frozen=True)
class Do:
    """An expression that is run for what it does."""

    value: Any
    paths: Paths = ()


@dataclass(frozen=True)
class Return:
    """`return value`; several values are a tuple, a list or a dict."""

    value: Any
    paths: Paths = ()


@dataclass(frozen=True)
class Loop:
    """`for counter in range(count):` and one statement."""

    counter: str
    count: int
    body: Do
    paths: Paths = ()


@dataclass(frozen=True)
class Listing:
    """`target = [...]` over as many lines as there are entries, each an expression with its paths."""

    target: Any
    entries: tuple[tuple[Any, Paths], ...]


@dataclass(frozen=True)
class Comment:
    """Lines of comment in the place of what only the twin needs."""

    lines: tuple[str, ...]


Statement = Assign | Do | Return | Loop | Listing | Comment


@dataclass(frozen=True)
class Parameter:
    """A parameter of a method; `annotation` is a type, and a default is written where there is one."""

    name: str
    annotation: Any = None
    default: Any = None
    has_default: bool = False


@dataclass(frozen=True)
class Method:
    """A method; `returns` is the type of its result, where that is written."""

    name: str
    parameters: tuple[Parameter, ...]
    body: Sequence[Statement] = ()
    returns: Any = None


@dataclass(frozen=True)
class Class:
    """A class of a block; a note says why it is one of its own, where one of the frameworks would write another."""

    name: str
    base: str
    doc: str
    methods: tuple[Method | Comment, ...]
    paths: Paths
    note: str = ""
