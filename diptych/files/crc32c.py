"""CRC-32C, the checksum of TensorFlow's files, in NumPy: many pieces of the data go through the table side by side."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

POLYNOMIAL = 0x82F63B78
LANES = 1 << 12
"""Pieces at once; data that is shorter than a few times this goes byte by byte."""
Words = np.ndarray[Any, np.dtype[np.uint32]]


def crc32c(data: bytes | memoryview | np.ndarray[Any, Any], before: int = 0) -> int:
    """The checksum of bytes, after others whose checksum is `before`.

    >>> hex(crc32c(b"123456789")), crc32c(b"789", crc32c(b"123456")) == crc32c(b"123456789")
    ('0xe3069283', True)
    """
    flat = np.frombuffer(data, np.uint8)
    size = len(flat) // LANES
    state = before ^ 0xFFFFFFFF
    if size >= 8:
        state = _wide(flat[: size * LANES].reshape(LANES, size), state)
        flat = flat[size * LANES :]
    entries = _entries()
    for byte in flat.tolist():
        state = (state >> 8) ^ entries[(state ^ byte) & 255]
    return state ^ 0xFFFFFFFF


def masked(crc: int) -> int:
    """The checksum as TensorFlow stores it, turned and shifted: https://www.tensorflow.org/tutorials/load_data/tfrecord."""
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def _wide(pieces: np.ndarray[Any, Any], state: int) -> int:
    """The state after pieces that follow each other: each from nothing, then joined, two and two."""
    table = _table()
    states: Words = np.zeros(len(pieces), np.uint32)
    states[0] = state
    turned = np.ascontiguousarray(pieces.T) if pieces.nbytes <= 1 << 24 else pieces.T
    for column in turned:
        states = (states >> np.uint32(8)) ^ table[(states ^ column) & np.uint32(255)]
    shift = _zeros(pieces.shape[1])
    while len(states) > 1:
        states = _applied(shift, states[0::2]) ^ states[1::2]
        shift = np.array([_applied(shift, shift[bit : bit + 1])[0] for bit in range(32)], np.uint32)
    return int(states[0])


def _zeros(count: int) -> Words:
    """What so many bytes of zero make of each bit of a state."""
    table = _table()
    one = np.array([1 << bit for bit in range(32)], np.uint32)
    step = (one >> np.uint32(8)) ^ table[one & np.uint32(255)]
    found = one
    while count:
        found = _applied(step, found) if count & 1 else found
        step, count = _applied(step, step), count >> 1
    return found


def _applied(shift: Words, states: Words) -> Words:
    """The states after a shift that is given by what becomes of each bit."""
    found: Words = np.zeros(len(states), np.uint32)
    for bit in range(32):
        found ^= np.where((states >> np.uint32(bit)) & np.uint32(1), shift[bit], np.uint32(0)).astype(np.uint32)
    return found


@cache
def _entries() -> list[int]:
    return [int(entry) for entry in _table()]


@cache
def _table() -> Words:
    """What a byte adds to a state."""
    found: Words = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        found = (found >> np.uint32(1)) ^ np.where(found & np.uint32(1), np.uint32(POLYNOMIAL), np.uint32(0))
    return found
