"""What stands for the values of a pickle that are no plain data: inert, named, never called."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, eq=False, slots=True)
class Global:
    """A class or function that a pickle names, as "module.name"; it is not imported."""

    name: str


@dataclass(eq=False, slots=True)
class Stub:
    """An object that a pickle would have made by calling something: its class or function, the arguments, the state.

    The state is what the pickle would have set last of all, as it stands there.
    """

    name: str
    arguments: Any = field(default=None, repr=False)
    state: Any = field(default=None, repr=False)


@dataclass(frozen=True, eq=False, slots=True)
class Opaque:
    """Data that is known to be harmless and is not looked into: an array or number of NumPy, a device, a long text."""

    kind: str


@dataclass(frozen=True, eq=False, slots=True)
class Constant:
    """A name that stands for a value: a dtype, a class of storages."""

    kind: str
    value: Any


class Ordered(dict[Any, Any]):
    """An OrderedDict, or another dict of Python's library, with the attributes that were set on it."""

    __slots__ = ("attributes",)

    def __init__(self) -> None:
        super().__init__()
        self.attributes: dict[str, Any] = {}


LOOKED_AT = 10_000
"""Values that a walk visits at most."""


@dataclass
class Walk:
    """A walk through containers, the shallow first, each visited once: shared ones cost nothing, cycles end."""

    waiting: deque[Any]
    seen: set[int] = field(default_factory=set)

    def foreign(self) -> str:
        """The name of the first object that is no data; "" for none among the first LOOKED_AT values."""
        for _ in range(LOOKED_AT):
            if not self.waiting:
                break
            value = self.waiting.popleft()
            if isinstance(value, Stub | Global):
                return value.name
            if isinstance(value, dict | list | tuple | set | frozenset) and id(value) not in self.seen:
                self.seen.add(id(value))
                room = LOOKED_AT - len(self.waiting)
                inside = [value.values()] if isinstance(value, dict) else [value]
                self.waiting += [item for items in inside for item, _ in zip(items, range(room), strict=False)]
        return ""


def described(value: Any, deep: bool) -> str:
    """What a value is where it is no data, or holds what is none (`deep`); "" for data."""
    if isinstance(value, Stub | Global):
        return f"an object of {value.name}"
    inside = Walk(deque([value])).foreign() if deep else ""
    return f"with an object of {inside} inside" if inside else ""


def kind_of(value: Any) -> str:
    """The type of a value, as its pickle names it."""
    if isinstance(value, Stub | Global):
        return value.name
    if isinstance(value, Opaque | Constant):
        return value.kind
    return "OrderedDict" if isinstance(value, Ordered) else type(value).__name__
