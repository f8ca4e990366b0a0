"""A part of a file as bytes that are taken within its bounds, and only so often."""

from __future__ import annotations

import mmap
from struct import Struct
from typing import Any

MOST = 500_000
"""Records of a file at most: it has some five for each array and fifteen for each group, in half a microsecond each."""


class Odd(Exception):
    """Why a file is not of the plain kind; it may be whole, or damaged."""


class Window:
    """The `size` bytes of a file from `start` on."""

    def __init__(self, data: mmap.mmap | bytes, start: int, size: int) -> None:
        if start < 0 or size < 0 or start + size > len(data):
            raise Odd("cut short")
        self.data, self.start, self.size = data, start, size
        self._records = MOST
        self._text = self._room = size
        self._visited = set[int]()
        self.heaps: dict[int, dict[int, tuple[int, int, int]]] = {}
        """Of each heap of texts that was read, where its objects lie."""

    def enter(self, address: int) -> None:
        """Mark a group as read; raises Odd where it was read before, under another name or inside itself."""
        if address in self._visited:
            raise Odd("a group with two names")
        self._visited.add(address)

    def claim(self, size: int) -> None:
        """Count the bytes of an array; raises Odd where all of them have more than the file."""
        self._room -= size
        if self._room < 0:
            raise Odd("arrays that lie in each other")

    def fields(self, record: Struct, place: int) -> tuple[Any, ...]:
        """The fields of a record at a place; raises Odd where it lies outside, or is one of too many."""
        self._records -= 1
        if place < 0 or place + record.size > self.size or self._records < 0:
            raise Odd("a record outside, or too many")
        return record.unpack_from(self.data, self.start + place)

    def take(self, place: int, size: int) -> bytes:
        """Some bytes; raises Odd where they lie outside, or where more are asked for in all than the file has."""
        self._text -= size
        if place < 0 or size < 0 or place + size > self.size or self._text < 0:
            raise Odd("bytes outside, or too many")
        return self.data[self.start + place : self.start + place + size]

    def text(self, place: int, end: int) -> bytes:
        """The bytes from a place to the next NUL, which lies before `end`."""
        stop = self.data.find(b"\0", self.start + place, self.start + min(end, self.size)) if place >= 0 else -1
        if stop < 0:
            raise Odd("a text without an end")
        return self.take(place, stop - self.start - place)
