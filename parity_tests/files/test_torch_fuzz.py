"""Damaged torch files, seeded: each is refused in one error, or read as torch itself reads it, bit by bit."""

from __future__ import annotations

import pickletools
import random
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stored import tensors

from diptych.common.errors import FileError
from diptych.files.again import torch as again

FORMS = ("zip", "wrapped", "legacy", "protocol 4")


def sound(path: Path, form: str) -> bytes:
    import torch

    torch.manual_seed(0)
    state: Any = {"a": torch.randn(2, 3), "b": torch.arange(3), "c": torch.randn(4).half()[1:]}
    value = {"state_dict": state, "epoch": 3, "best": 0.5} if form == "wrapped" else state
    protocol = 4 if form == "protocol 4" else 2
    torch.save(
        value, path, pickle_protocol=protocol, _use_new_zipfile_serialization=form not in ("legacy", "protocol 4")
    )
    return path.read_bytes()


def borders(path: Path, data: bytes) -> list[int]:
    """Where a structure of the file begins: a header, a member, an opcode, a storage."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(path) as archive:
            found = [info.header_offset for info in archive.infolist()]
        marks = (b"PK\1\2", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\7\x08", b"\x80\2")
        return sorted({*found, *(place for mark in marks for place in places(data, mark))})
    found, start = [], 0
    for _ in range(5):
        for _, _, place in pickletools.genops(data[start:]):
            found.append(start + (place or 0))
        start = found[-1] + 1
    return [*found, start, start + 8, start + 8 + 24]


def places(data: bytes, mark: bytes) -> Iterator[int]:
    place = data.find(mark)
    while place >= 0:
        yield place
        place = data.find(mark, place + 1)


def outcome(path: Path) -> str:
    """How a file is taken: refused, or as what; raises AssertionError where torch or the second reader differ."""
    try:
        first = tensors(path)
    except FileError as error:
        assert str(path) in str(error)  # noqa: PT017
        return "refused"
    try:
        second = again.read(path)
    except FileError:
        return "not proved"
    for name, array in first.arrays.items():
        same = [keys for keys in second.arrays if keys[-1].removeprefix("module.") == name]
        assert any(
            second.arrays[k].tobytes() == array.tobytes() and second.arrays[k].dtype == array.dtype for k in same
        )
    return "torch" if second.reader.startswith("torch.load") else "again"


def tally(path: Path, variants: Iterator[bytes]) -> dict[str, int]:
    counted: dict[str, int] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for data in variants:
            path.write_bytes(data)
            found = outcome(path)
            counted[found] = counted.get(found, 0) + 1
    return counted


@pytest.mark.parametrize("form", FORMS)
def test_files_that_are_cut_at_the_border_of_a_structure(tmp_path: Path, form: str) -> None:
    path = tmp_path / "in.pth"
    data = sound(path, form)
    cuts = sorted(
        {place + near for place in borders(path, data) for near in (-1, 0, 1) if 0 < place + near < len(data)}
    )
    assert len(cuts) > 30
    assert tally(path, (data[:cut] for cut in cuts)) == {"refused": len(cuts)}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rounds", [150, pytest.param(3_000, marks=pytest.mark.slow)])
def test_files_with_flipped_bits_and_bytes_put_in(tmp_path: Path, form: str, rounds: int) -> None:
    path, chance = tmp_path / "in.pth", random.Random(rounds)  # noqa: S311
    data = sound(path, form)

    def variants() -> Iterator[bytes]:
        for _ in range(rounds):
            place, kind = chance.randrange(len(data)), chance.randrange(4)
            if kind == 0:
                yield data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]
            elif kind == 1:
                yield data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]
            elif kind == 2:
                yield data[:place] + data[place + chance.randrange(1, 9) :]
            else:
                yield data[:place] + chance.randbytes(chance.randrange(1, 9)) + data[place:]

    counted = tally(path, variants())
    assert sum(counted.values()) == rounds
    assert counted["refused"] > rounds // 3
