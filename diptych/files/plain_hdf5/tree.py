"""Groups and arrays of a plain HDF5 file; a group has the words of h5py's that the readers of Keras's files use.

Members are read when they are asked for. There are hard links alone, and each group is read once.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Any

from . import messages as read
from .window import Odd, Window

_HEAD = Struct("<8sBBBBBBBBHHLQQQQ")
_ENTRY = Struct("<QQLLQQ")
_NODE, _SIBLINGS, _CHILD = Struct("<4sBBH"), Struct("<QQ"), Struct("<QQ")
_LEAF, _HEAP, _PAIR = Struct("<4sBBH"), Struct("<4sBBHQQQ"), Struct("<QQ")
MAGIC = b"\x89HDF\r\n\x1a\n"
LEAF, NODE = 4, 16
"""Half the entries of a leaf and of a node at most, as h5py leaves them."""
END = 1
"""What stands for the end of a list of free places."""
DEPTH = 8
"""Levels of a B-tree at most."""
Messages = dict[int, list[read.Message]]


@dataclass(frozen=True)
class Array:
    """An array by its header: where the file has its numbers, and of which shape and type they are."""

    name: str
    shape: tuple[int, ...]
    kind: str
    place: int
    nbytes: int


class Group:
    """A group of a plain file, by the place of its header."""

    def __init__(
        self,
        window: Window,
        address: int,
        name: str,
        found: Messages,
        cached: tuple[int, int] | None = None,
    ) -> None:
        self.window, self.address, self.name = window, address, name
        if found.keys() - {read.GROUP, read.ATTRIBUTE, read.CHANGED}:
            raise Odd("a group with more than members and attributes")
        _, place, size = read.only(found, read.GROUP)
        self._tree, self._heap = window.fields(_PAIR, place) if size >= _PAIR.size else (0, 0)
        if cached not in (None, (self._tree, self._heap)):
            raise Odd("a group that is in two places")
        said = [read.attribute(window, place, size) for _, place, size in found.get(read.ATTRIBUTE, ())]
        self._attributes = dict(said)
        if len(self._attributes) < len(said):
            raise Odd("two attributes of one name")

    @property
    def attrs(self) -> dict[str, read.Attribute]:
        """The attributes by name, unread: see `text`."""
        return self._attributes

    def text(self, name: str) -> Any:
        """The text of an attribute, or its list of texts; None where there is none."""
        found = self._attributes.get(name)
        return None if found is None else read.texts(self.window, found)

    @functools.cached_property
    def _members(self) -> dict[str, Group | Array]:
        self.window.enter(self.address)
        found, last = dict[str, Group | Array](), b""
        for name, address, cached in self._links():
            if name <= last or b"/" in name or name in (b".", b".."):
                raise Odd("names that are out of order, or none")
            last, text = name, _decoded(name)
            found[text] = _member(self.window, address, f"{self.name}/{text}".lstrip("/"), cached)
        return found

    def _links(self) -> Iterator[tuple[bytes, int, tuple[int, int] | None]]:
        mark, version, _, _, size, free, names = self.window.fields(_HEAP, self._heap)
        if mark != b"HEAP" or version:
            raise Odd("no heap of names")
        while free != END:
            following, length = self.window.fields(_PAIR, names + free)
            if free + max(length, _PAIR.size) > size or following == free:
                raise Odd("free places of a heap outside it")
            free = following
        for leaf in _leaves(self.window, self._tree, None):
            mark, version, _, count = self.window.fields(_LEAF, leaf)
            if mark != b"SNOD" or version != 1 or count > 2 * LEAF:
                raise Odd("no node of names")
            for number in range(count):
                place = leaf + _LEAF.size + number * _ENTRY.size
                name, address, cache, _, *cached = self.window.fields(_ENTRY, place)
                if cache > 1 or name >= size:
                    raise Odd("a link to another place")
                tree, heap = cached
                yield self.window.text(names + name, names + size), address, (tree, heap) if cache else None

    def keys(self) -> list[str]:
        """The names of the members, in their order."""
        return list(self._members)

    def get(self, name: str) -> Group | Array | None:
        """A member; None where there is none."""
        return self._members.get(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def __len__(self) -> int:
        return len(self._members)


def _leaves(window: Window, address: int, level: int | None) -> Iterator[int]:
    """The places of the leaves of a B-tree, in their order."""
    mark, kind, here, count = window.fields(_NODE, address)
    if mark != b"TREE" or kind or here > DEPTH or count > 2 * NODE or (level is not None and here != level):
        raise Odd("no tree of a group")
    for number in range(count):
        _, child = window.fields(_CHILD, address + _NODE.size + _SIBLINGS.size + number * _CHILD.size)
        if here:
            yield from _leaves(window, child, here - 1)
        else:
            yield child


def _member(window: Window, address: int, name: str, cached: tuple[int, int] | None) -> Group | Array:
    found = _header(window, address)
    return Group(window, address, name, found, cached) if read.GROUP in found else _array(window, found, name)


def _header(window: Window, address: int) -> Messages:
    """The messages of an object by their kinds."""
    found: Messages = {}
    for message in read.messages(window, address):
        found.setdefault(message.kind, []).append(message)
    return found


def _array(window: Window, found: Messages, name: str) -> Array:
    _, *space = read.only(found, read.SPACE)
    _, *type_ = read.only(found, read.TYPE)
    _, *layout = read.only(found, read.LAYOUT)
    shape, kind = read.shape(window, *space), read.kind(window, *type_)
    place, length = read.extent(window, *layout)
    if length != read.stored(shape, kind):
        raise Odd("an array that is not stored as it is, or not at all")
    window.claim(length)
    return Array(name, shape, kind, place, length)


def root(window: Window) -> Group:
    """The root of a file; raises Odd where it is not of the plain kind."""
    mark, *versions, lengths, nothing, leaf, node, flags, base, _, end, driver = window.fields(_HEAD, 0)
    sizes = [*versions[5:], lengths, leaf, node]
    if mark != MAGIC or any(versions[:5]) or sizes != [8, 8, LEAF, NODE] or nothing or flags or base:
        raise Odd("another version of HDF5")
    if end != window.size or driver != read.UNDEFINED:
        raise Odd("cut short, or longer than it says")
    _, address, cache, _, *cached = window.fields(_ENTRY, _HEAD.size)
    if cache > 1:
        raise Odd("a root that is a link")
    tree, heap = cached
    return Group(window, address, "", _header(window, address), (tree, heap) if cache else None)


def _decoded(name: bytes) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        raise Odd("a name that is not UTF-8") from None
