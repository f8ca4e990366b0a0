"""A map of numbers as a PNG in a data: URI, made with the standard library."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

VALUES = ((34, 17, 68), (54, 78, 140), (40, 146, 140), (118, 200, 88), (250, 232, 60))
GAPS = ((12, 10, 26), (90, 20, 110), (190, 58, 80), (246, 150, 30), (252, 250, 180))
"""Colours from the least to the most; of differences from none."""
CLEAR = 255
"""The place in a palette of what has no colour."""
NOTHING = (128, 128, 128, 90)
"""Where a number is not finite."""


def png(values: NDArray[Any], low: float, high: float, colours: tuple[tuple[int, int, int], ...]) -> str:
    """The URI of a picture with a pixel for each number, `low` to `high` in these colours."""
    finite = np.isfinite(values)
    span = high - low if high > low else 1.0
    place = np.clip((np.where(finite, values, low).astype(np.float64) - low) / span, 0, 1) * (len(colours) - 1)
    channels = [np.interp(place, range(len(colours)), [colour[at] for colour in colours]) for at in range(3)]
    pixels = np.stack([*channels, np.full(values.shape, 255.0)], -1).round().astype(np.uint8)
    pixels[~finite] = NOTHING
    return f"data:image/png;base64,{base64.b64encode(_encoded(pixels)).decode('ascii')}"


def paletted(values: NDArray[Any], low: float, high: float, colours: tuple[tuple[int, int, int], ...]) -> str:
    """The same with a byte for each pixel, for large pictures; what is not finite is clear."""
    finite = np.isfinite(values)
    span = high - low if high > low else 1.0
    place = np.clip((np.where(finite, values, low).astype(np.float64) - low) / span, 0, 1) * (CLEAR - 1)
    pixels = place.round().astype(np.uint8)
    pixels[~finite] = CLEAR
    steps = np.linspace(0, len(colours) - 1, CLEAR)
    ramp = np.stack([np.interp(steps, range(len(colours)), channel) for channel in zip(*colours, strict=True)], -1)
    palette = ramp.round().astype(np.uint8).tobytes() + bytes(3)
    made = _packed(pixels[..., None], 3, _chunk(b"PLTE", palette) + _chunk(b"tRNS", b"\xff" * CLEAR + b"\0"))
    return f"data:image/png;base64,{base64.b64encode(made).decode('ascii')}"


def _encoded(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG of (height, width, RGBA)."""
    return _packed(pixels, 6, b"")


def _packed(pixels: NDArray[np.uint8], kind: int, before: bytes) -> bytes:
    """A PNG of (height, width, bytes) of a colour type; each row has the filter 0 (https://www.w3.org/TR/png/)."""
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    parts = _chunk(b"IHDR", header), before, _chunk(b"IDAT", zlib.compress(rows, 9)), _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
