"""Protocol buffers, as ONNX and TensorFlow write them: counted as bytes first, then parsed as data.

A field of two bytes becomes an object of a hundred, so that the parts are counted before a message is made of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..common.errors import FileError

LIMIT = (1 << 31) - 1
"""Where a protocol buffer ends, whatever it holds."""
PARTS, BYTES = 300_000, 64
"""Parts of a message that are let through: so many, and one more for every BYTES bytes of it."""
DEPTH = 60
VARINT, FIXED64, DELIMITED, FIXED32 = 0, 1, 2, 5
MESSAGE, STRING = 11, 9
"""Kinds of fields in a descriptor."""


def parse(message: Any, data: bytes, where: str) -> Any:
    """The message in these bytes; raises FileError where they are not a whole one, or have too many parts."""
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        left = PARTS + len(data) // BYTES
        for _ in parts(data, 0, len(data), message.DESCRIPTOR):
            left -= 1
            if left < 0:
                raise ValueError(f"it has more than {PARTS + len(data) // BYTES} parts in {len(data)} bytes")
        return message.FromString(data)
    except (DecodeError, ValueError, IndexError) as error:
        raise FileError(f"{where} is not whole ({str(error)[:120]}); copy or export it again") from None


def parts(data: bytes, start: int, end: int, descriptor: Any) -> Iterator[int]:
    """The place of every field of a message and of those inside it; raises ValueError for what is no message."""
    todo = [(start, end, descriptor, 0)]
    while todo:
        place, stop, known, depth = todo.pop()
        fields = known.fields_by_number
        while place < stop:
            yield place
            tag, place = number(data, place, stop)
            place, size = _value(data, place, stop, tag & 7)
            field = fields.get(tag >> 3)
            if size and field is not None and tag & 7 == DELIMITED:
                if field.type == MESSAGE:
                    if depth == DEPTH:
                        raise ValueError(f"its messages lie in each other more than {DEPTH} times")
                    todo.append((place, place + size, field.message_type, depth + 1))
                elif field.type == STRING:
                    _check_text(data[place : place + size], field.name)
            place += size


def _check_text(data: bytes, name: str) -> None:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"a text, {name}, is not in UTF-8: {data[:40]!r}") from None


def _value(data: bytes, place: int, stop: int, wire: int) -> tuple[int, int]:
    """(where the value of a field begins, its bytes)."""
    if wire == VARINT:
        after = number(data, place, stop)[1]
        return after, 0
    if wire == DELIMITED:
        size, place = number(data, place, stop)
    elif wire in (FIXED32, FIXED64):
        size = 4 if wire == FIXED32 else 8
    else:
        raise ValueError(f"a field at byte {place} is of no kind")
    if place + size > stop:
        raise ValueError(f"a field of {size} bytes at byte {place} is cut short")
    return place, size


def number(data: bytes, place: int, stop: int) -> tuple[int, int]:
    """(a number of seven bits a byte, the place after it); raises ValueError where it does not end in time."""
    value = 0
    for shift in range(0, 70, 7):
        if place >= stop:
            break
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
    raise ValueError("a number has no end")


def read(message: Any, path: Path, kind: str) -> Any:
    """The message that a file is; raises FileError where it is none, or larger than any can be."""
    try:
        size = path.stat().st_size
        if size > LIMIT:
            raise FileError(f"{path} has {size} bytes, but {kind} ends at 2 GB; save its weights in another format")
        with path.open("rb") as file:
            if file.read(1) in (b"\0", b""):
                raise FileError(
                    f"{path}, to be {kind}, is not whole (it begins with no field); copy or export it again"
                )
        return parse(message, path.read_bytes(), f"{path}, to be {kind},")
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from None
