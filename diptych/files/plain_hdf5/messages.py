"""Object headers of version 1 and their messages: what a group or an array says of itself."""

from __future__ import annotations

import math
from collections.abc import Iterator
from struct import Struct
from typing import Any, NamedTuple

from .window import Odd, Window

NOTHING, SPACE, TYPE, OLD_FILL, FILL, LAYOUT, ATTRIBUTE, MORE, GROUP, CHANGED = 0, 1, 3, 4, 5, 8, 12, 16, 17, 18
"""The kinds of messages that a plain file has; any other one, such as that of a filter or of links, is odd."""
KNOWN = {NOTHING, SPACE, TYPE, OLD_FILL, FILL, LAYOUT, ATTRIBUTE, GROUP, CHANGED}
CONSTANT = 1
"""The one flag of a message that changes nothing for its reader."""
UNDEFINED = (1 << 64) - 1

_HEADER, _MESSAGE, _PAIR = Struct("<BBHLLL"), Struct("<HHBBBB"), Struct("<QQ")
_SPACE, _LAYOUT, _SAID = Struct("<BBBBL"), Struct("<BBQQ"), Struct("<BBHHH")
_HEAP, _OBJECT, _REFERENCE = Struct("<4sBBHQ"), Struct("<HHLQ"), Struct("<LQL")


def _whole(size: int, signed: bool) -> bytes:
    return bytes((0x10, 8 * signed, 0, 0)) + Struct("<LHH").pack(size, 0, 8 * size)


def _float(size: int, exponent: int, bias: int) -> bytes:
    mantissa = 8 * size - exponent - 1
    head = bytes((0x11, 0x20, 8 * size - 1, 0))
    return head + Struct("<LHHBBBBL").pack(size, 0, 8 * size, mantissa, exponent, 0, mantissa, bias)


KINDS = {
    **{_float(*args): kind for kind, args in {"f2": (2, 5, 15), "f4": (4, 8, 127), "f8": (8, 11, 1023)}.items()},
    **{_whole(size, signed): f"{'ui'[signed]}{size}" for size in (1, 2, 4, 8) for signed in (False, True)},
}
"""A type as the file has it -> as NumPy spells it, little-endian."""
TEXT, LISTED = 0x13, bytes((0x19, 1))
"""The first byte of a text of so many bytes; the first two of one whose bytes lie elsewhere, in a heap."""


class Message(NamedTuple):
    """Where the content of a message lies."""

    kind: int
    place: int
    size: int


class Attribute(NamedTuple):
    """Texts that a header keeps: their type, how many there are (None: one alone), and where they lie."""

    type: bytes
    many: int | None
    place: int
    size: int


def messages(window: Window, address: int) -> Iterator[Message]:
    """The messages of an object's header, without those that say nothing."""
    version, _, count, _, size, _ = window.fields(_HEADER, address)
    if version != 1:
        raise Odd("a header of another version")
    blocks = [(address + _HEADER.size, size)]
    for place, length in blocks:
        end = place + length
        while place < end:
            kind, size, flags, *_ = window.fields(_MESSAGE, place)
            place += _MESSAGE.size
            count -= 1
            if place + size > end or size % 8 or flags & ~CONSTANT or count < 0:
                raise Odd("a message that is shared, or too long, or one too many")
            if kind == MORE and size == _PAIR.size:
                blocks.append(window.fields(_PAIR, place))
            elif kind not in KNOWN:
                raise Odd(f"a message of the kind {kind}")
            elif kind != NOTHING:
                yield Message(kind, place, size)
            place += size
    if count:
        raise Odd("messages are missing")


def shape(window: Window, place: int, size: int) -> tuple[int, ...]:
    """The shape that a dataspace states, () for a single number."""
    version, count, flags, *_ = window.fields(_SPACE, place)
    words = count * (2 if flags & 1 else 1)
    if version != 1 or flags & ~1 or count > 32 or size < _SPACE.size + 8 * words:
        raise Odd("a shape of another kind")
    found = window.fields(Struct(f"<{words}Q"), place + _SPACE.size)
    if flags and found[:count] != found[count:]:
        raise Odd("a shape that may grow")
    return found[:count]


def kind(window: Window, place: int, size: int) -> str:
    """The type of the numbers of an array, as "f4"."""
    said = window.take(place, size)
    found = KINDS.get(said[:20]) or KINDS.get(said[:12])
    if found is None:
        raise Odd("an array of something else than plain numbers")
    return found


def extent(window: Window, place: int, size: int) -> tuple[int, int]:
    """(address, bytes) of the numbers of an array that lies in one piece."""
    if size < _LAYOUT.size:
        raise Odd("an array of another layout")
    version, layout, address, length = window.fields(_LAYOUT, place)
    if version != 3 or layout != 1 or (length and address + length > window.size):
        raise Odd("an array of another layout, or outside")
    return address, length


def attribute(window: Window, place: int, size: int) -> tuple[str, Attribute]:
    """(name, where its texts lie) of an attribute."""
    version, _, *sizes = window.fields(_SAID, place)
    parts, there = list[tuple[int, int]](), place + _SAID.size
    for length in sizes:
        parts.append((there, length))
        there += -(-length // 8) * 8
    if version != 1 or there > place + size:
        raise Odd("an attribute of another version, or too long")
    name = window.take(*parts[0])
    if len(name) < 2 or name.find(b"\0") != len(name) - 1:
        raise Odd("an attribute without a name")
    dims = shape(window, *parts[2])
    if len(dims) > 1:
        raise Odd("an attribute of several axes")
    said = Attribute(window.take(*parts[1]), dims[0] if dims else None, there, place + size - there)
    return _decoded(name[:-1]), said


def texts(window: Window, found: Attribute) -> str | bytes | list[str] | list[bytes]:
    """The text of an attribute, or its texts: str where they lie in a heap, bytes where they have one length."""
    count = 1 if found.many is None else found.many
    if not count:
        return list[str]()  # of whatever type: Keras 2 has a list of no names as numbers
    if found.type[:1] == bytes((TEXT,)) and len(found.type) >= 8:
        length = int.from_bytes(found.type[4:8], "little")
        if not length or count * length > found.size:
            raise Odd("texts that are too long")
        said = window.take(found.place, count * length)
        each = [said[start : start + length].rstrip(b"\0") for start in range(0, len(said), length)]
        return each[0] if found.many is None else each
    if found.type[:2] == LISTED and count * _REFERENCE.size <= found.size:
        places = range(found.place, found.place + count * _REFERENCE.size, _REFERENCE.size)
        listed = [_decoded(_of_heap(window, *window.fields(_REFERENCE, place))) for place in places]
        return listed[0] if found.many is None else listed
    raise Odd("an attribute of something else than text")


def _of_heap(window: Window, length: int, address: int, number: int) -> bytes:
    """The bytes of an object of a global heap, which are so many as the reference says."""
    if address not in window.heaps:
        window.heaps[address] = _objects(window, address)
    place, size, end = window.heaps[address].get(number, (0, 0, 0))
    if not place:
        raise Odd("a text that is not there")
    if size != length or place + size > end:
        raise Odd("a text that is cut short, or longer")
    text = window.take(place, length)
    if b"\0" in text:
        raise Odd("a text that ends before its end")
    return text


def _objects(window: Window, address: int) -> dict[int, tuple[int, int, int]]:
    """Number -> (place, bytes, end of the heap) of each object of a global heap; of a number, the first."""
    mark, version, _, _, size = window.fields(_HEAP, address)
    if mark != b"GCOL" or version != 1:
        raise Odd("no heap")
    found, place, end = dict[int, tuple[int, int, int]](), address + _HEAP.size, address + size
    while place + _OBJECT.size <= end:
        index, _, _, size = window.fields(_OBJECT, place)
        if not index:
            break
        place += _OBJECT.size
        found.setdefault(index, (place, size, end))
        place += -(-size // 8) * 8
    return found


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        raise Odd("a text that is not UTF-8") from None


def stored(dims: tuple[int, ...], name: str) -> int:
    """The bytes of an array."""
    return math.prod(dims) * int(name[1:])


def only(found: dict[int, list[Any]], kind: int) -> Any:
    """The one message of a kind that a header must have."""
    if len(found.get(kind, ())) != 1:
        raise Odd("a header without what it needs, or with two of it")
    return found[kind][0]
