"""Darknet's `.weights` by Python's own `array`, from the end of the file: what is before its numbers is the header."""

from __future__ import annotations

import array
import sys
from pathlib import Path

import numpy as np

from ...common.spec import Array
from . import Again, Key


def read(path: Path) -> Again:
    """The numbers of a file, and its header as four numbers."""
    data = path.read_bytes()
    words = array.array("I")
    words.frombytes(data[:16])
    if sys.byteorder == "big":
        words.byteswap()
    major, minor, revision, seen = words
    start = 16
    if (major, minor) > (0, 1):
        seen, start = seen + (int.from_bytes(data[16:20], "little") << 32), 20
    numbers = array.array("f")
    numbers.frombytes(data[start:])
    if sys.byteorder == "big":
        numbers.byteswap()
    found: dict[Key, Array] = {
        ("numbers",): np.asarray(numbers),
        ("header",): np.array([major, minor, revision, seen], "u8"),
    }
    return Again(found, f"array.array of Python {sys.version_info.major}.{sys.version_info.minor}")
