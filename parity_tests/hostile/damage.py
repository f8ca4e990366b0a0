"""Damage to good files: cut at borders, bits flipped, sizes that lie, blocks that are zero, doubled or gone."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from hostile import Input, cut_short
from hostile.borders import borders, structure
from hostile.good import good_file

CUTS, FLIPS, LIES, OTHERS = 44, 64, 44, 3
"""How many of each are made of the main file of a format; of its other files, a third."""
SIZES = (
    *(b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x00", b"\xff" * 8, b"\xff" * 7 + b"\x7f"),
    *(b"\x00\x00\x00\x40\x00\x00\x00\x00", b"\x01\x00\x00\x80", b"\x80" * 9 + b"\x01", b"\xfe\xff"),
)
"""What is written over the beginning of a structure, where sizes and counts stand."""


def inputs(form: str) -> Iterator[Input]:
    """The damaged files of a format."""
    path, files = good_file(form)
    for name in files:
        share = 1 if len(files) == 1 or name == path or name.endswith(("saved_model.pb", ".index")) else 3
        generator = random.Random(f"{form} {name}")  # noqa: S311  # the same inputs every time
        for what, data in _damaged(name, files[name], generator, share):
            yield Input(form, f"{form} {name} {what}", {**files, name: data}, path)
    for name in files if len(files) > 1 else ():
        yield Input(form, f"{form} {name} gone", {key: data for key, data in files.items() if key != name}, path)


def _damaged(name: str, data: bytes, generator: random.Random, share: int) -> Iterator[tuple[str, bytes]]:
    places, inside = borders(name, data), structure(name, data)
    near = sorted({min(max(place + step, 0), len(data) - 1) for place in places for step in (-1, 0, 1)})
    for place in cut_short(near, CUTS // share):
        yield f"cut at {place}", data[:place]
    for number in range(FLIPS // share):
        place = generator.choice(inside) if number % 4 else generator.randrange(len(data))
        yield f"bit flipped at {place}", _over(data, place, bytes([data[place] ^ (1 << generator.randrange(8))]))
    for number in range(LIES // share):
        place, size = generator.choice(places[:-1]), SIZES[number % len(SIZES)]
        yield f"{size.hex()} at {place}", _over(data, place, size)[: len(data)]
    for change in (_zeroed, _doubled, _gone, _swapped, _inserted, _noise):
        for number in range(OTHERS if share == 1 else 1):
            yield f"{change.__name__[1:]} {number}", change(data, places, generator)
    yield "with bytes after its end", data + b"\x00" * 512
    yield "after another file", b"#!/bin/sh\n" + data


Change = Callable[[bytes, list[int], random.Random], bytes]


def _over(data: bytes, place: int, new: bytes) -> bytes:
    return data[:place] + new + data[place + len(new) :]


def _span(data: bytes, places: list[int], generator: random.Random) -> tuple[int, int]:
    first = generator.choice(places[:-1])
    return first, min(first + generator.choice((1, 8, 64, 600, 5000)), len(data))


def _zeroed(data: bytes, places: list[int], generator: random.Random) -> bytes:
    first, last = _span(data, places, generator)
    return _over(data, first, bytes(last - first))


def _doubled(data: bytes, places: list[int], generator: random.Random) -> bytes:
    first, last = _span(data, places, generator)
    return data[:last] + data[first:]


def _gone(data: bytes, places: list[int], generator: random.Random) -> bytes:
    first, last = _span(data, places, generator)
    return data[:first] + data[last:]


def _swapped(data: bytes, places: list[int], generator: random.Random) -> bytes:
    one, two = sorted(generator.sample(places[:-1], 2)) if len(places) > 2 else (0, 1)
    size = min(32, two - one, len(data) - two)
    return _over(_over(data, one, data[two : two + size]), two, data[one : one + size])


def _inserted(data: bytes, places: list[int], generator: random.Random) -> bytes:
    place = generator.choice(places)
    return data[:place] + generator.randbytes(generator.choice((1, 3, 16))) + data[place:]


def _noise(data: bytes, places: list[int], generator: random.Random) -> bytes:
    first, last = _span(data, places, generator)
    return _over(data, first, generator.randbytes(last - first))
