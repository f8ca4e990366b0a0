"""Darknet's files, hostile: headers that lie, numbers too many or too few, and a .cfg beside them that is damaged."""

from __future__ import annotations

import functools
import random
import struct
from collections.abc import Iterator

import diptych
from diptych.common.weights import scrambled
from diptych.files.darknet import cfg_text
from diptych.files.darknet.order import order
from hostile import Input

WEIGHTS, CFG = "a.weights", "a.cfg"
HEADER = struct.Struct("<3iQ")
VALUES = (
    "-1",
    "0",
    "1",
    "7",
    "65537",
    "99999999999999999999",
    "1e9",
    "nan",
    "inf",
    "0x10",
    "",
    " ",
    "a",
    "1,2,3",
    "-99",
)
SPACES = ("\x1b[31m", "\u202e", "\0", "=", "[", "\n[net]\n", "\n[route]\nlayers=9\n", "x" * 5000)
TEXTS = 48


@functools.cache
def _numbers() -> bytes:
    """The numbers of the smallest network, 24 MB of them."""
    net = diptych.spec("yolov4_tiny", num_classes=1)
    arrays = scrambled(net)
    return b"".join(arrays[name].tobytes() for name in order(net))


def _input(name: str, weights: bytes, cfg: bytes | None = None) -> Input:
    files = {WEIGHTS: weights} | ({CFG: cfg} if cfg is not None else {})
    return Input("darknet", f"darknet {name}", files, WEIGHTS)


def inputs() -> Iterator[Input]:
    """Whole files first, then headers, sizes, and texts beside a file that is too short for any network."""
    whole, head = _numbers(), HEADER.pack(0, 2, 5, 9)
    text = cfg_text(diptych.spec("yolov4_tiny", num_classes=1)).encode()
    yield _input("whole", head + whole)
    yield _input("whole, with its cfg", head + whole, text)
    yield _input("whole, of version 0.1", struct.pack("<3iI", 0, 1, 0, 9) + whole)
    yield _input("whole, of version 0.1 with 64 bits", HEADER.pack(0, 1, 0, 9) + whole)
    yield _input("whole, all seen", HEADER.pack(0, 2, 5, (1 << 64) - 1) + whole)
    for number in (-4, -1, 1, 4):
        yield _input(f"{number} bytes", (head + whole)[:number] if number < 0 else head + whole + bytes(number))
    few = whole[:400]
    for size in range(21):
        yield _input(f"cut at {size}", (head + few)[:size])
    for field in range(3):
        for value in (-(1 << 31), -1, 3, 999, 1000, (1 << 31) - 1):
            version = [0, 2, 5]
            version[field] = value
            yield _input(f"field {field} is {value}", struct.pack("<3i", *version) + head[12:] + few)
    yield from (_input(name, head + few, data) for name, data in _texts(text))


def _texts(text: bytes) -> Iterator[tuple[str, bytes]]:
    """(what was changed, the text) of damaged configurations, the same every time."""
    generator = random.Random("darknet")  # noqa: S311
    lines = text.decode().splitlines()
    yield "cfg empty", b""
    yield "cfg of noise", generator.randbytes(5000)
    yield "cfg of 300 kB", b"#" * 300_000
    yield "cfg of sections", b"[net]\nwidth=32\nheight=32\n" + b"[convolutional]\n" * 10_000
    yield "cfg of routes", b"[net]\nwidth=32\nheight=32\n[convolutional]\n" + b"[route]\nlayers=0,-1\n" * 1500
    yield "cfg of classes", text.replace(b"classes=1", b"classes=20000").replace(b"filters=18", b"filters=60015")
    yield "cfg of a large image", text.replace(b"width=416", b"width=16384").replace(b"height=416", b"height=16384")
    for number in range(TEXTS):
        place = generator.randrange(len(text))
        yield f"cfg cut at {place}", text[:place]
        key, equals, _ = lines[index := generator.randrange(len(lines))].partition("=")
        value = VALUES[number % len(VALUES)] if equals else SPACES[number % len(SPACES)]
        yield f"cfg {number}", "\n".join([*lines[:index], f"{key}{equals}{value}", *lines[index + 1 :]]).encode()
        yield f"cfg without line {index}", "\n".join([*lines[:index], *lines[index + 1 :]]).encode()
        flipped = bytearray(text)
        flipped[place] ^= 1 << generator.randrange(8)
        yield f"cfg flipped at {place}", bytes(flipped)
