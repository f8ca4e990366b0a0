"""Zips that say two things: every header is held against the others, in torch files, .npz and .keras alike."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from refusal import keras_file
from stored import tensors
from torch_bytes import NUMBERS, pickled, storage, tensor, zipped

from diptych.common.errors import FileError
from diptych.files import read
from diptych.files.archive import Archive
from diptych.files.format import zip_members

LOCAL, ENTRY, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"


def sound(path: Path) -> Path:
    if path.suffix == ".pth":
        return zipped(path, pickled({"a": tensor(storage())}))
    if path.suffix == ".npz":
        np.savez(path, a=NUMBERS, b=NUMBERS)
        return path
    return keras_file(path, {"c1": [NUMBERS]}, {"config": {"layers": []}})


def changed(data: bytes, mark: bytes, offset: int, value: bytes, last: bool = False) -> bytes:
    """The bytes with a field of the first or last header of a kind changed."""
    place = (data.rindex(mark) if last else data.index(mark)) + offset
    assert data[place : place + len(value)] != value
    return data[:place] + value + data[place + len(value) :]


def number(value: int, size: int = 4) -> bytes:
    return value.to_bytes(size, "little")


def renamed(data: bytes) -> bytes:
    """The local name of the first member, not that in the directory."""
    place = data.index(LOCAL) + 30
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def overlapped(data: bytes) -> bytes:
    """The last member's place is that of the first."""
    return changed(data, ENTRY, 42, number(0), last=True)


def count(data: bytes, change: int) -> bytes:
    there = int.from_bytes(data[-14:-12], "little")
    return data[:-14] + number(there + change, 2) * 2 + data[-10:]


def with_prefix(data: bytes) -> bytes:
    """As a program that unpacks itself has before its archive; zipfile reads it, torch does not."""
    return data[:4] + data


FAULTS: dict[str, Callable[[bytes], bytes]] = {
    "local method": lambda data: changed(data, LOCAL, 8, number(8, 2)),
    "local checksum": lambda data: changed(data, LOCAL, 14, number(7)),
    "local size": lambda data: changed(data, LOCAL, 18, number(7)),
    "local flags": lambda data: changed(data, LOCAL, 6, number(8, 2)),
    "local name": renamed,
    "local mark": lambda data: changed(data, LOCAL, 0, b"PK\3\5", last=True),
    "method": lambda data: changed(data, ENTRY, 10, number(12, 2)),
    "deflated": lambda data: changed(data, ENTRY, 10, number(8, 2)),
    "encrypted": lambda data: changed(data, ENTRY, 8, number(1, 2)),
    "masked": lambda data: changed(data, ENTRY, 8, number(1 << 13, 2)),
    "checksum": lambda data: changed(data, ENTRY, 16, number(7)),
    "packed size": lambda data: changed(data, ENTRY, 20, number(7)),
    "size": lambda data: changed(data, ENTRY, 24, number(7)),
    "sizes": lambda data: changed(data, ENTRY, 20, number(1 << 30) * 2),
    "zip64 size": lambda data: changed(data, ENTRY, 24, b"\xff" * 4),
    "disk": lambda data: changed(data, ENTRY, 34, number(1, 2)),
    "offset": lambda data: changed(data, ENTRY, 42, number(1 << 30)),
    "overlap": overlapped,
    "name length": lambda data: changed(data, ENTRY, 28, number(60_000, 2)),
    "directory mark": lambda data: changed(data, ENTRY, 0, b"PK\1\3", last=True),
    "one member more": lambda data: count(data, 1),
    "one member less": lambda data: count(data, -1),
    "many members": lambda data: count(data, 60_000),
    "directory size": lambda data: changed(data, END, 12, number(46)),
    "directory place": lambda data: changed(data, END, 16, number(1 << 31)),
    "end disk": lambda data: changed(data, END, 4, number(1, 2)),
    "zip64 missing": lambda data: changed(data, END, 16, b"\xff" * 4),
    "comment": lambda data: changed(data, END, 20, number(9, 2)),
    "two end records": lambda data: data[:-2] + number(22, 2) + data[-22:],
    "after the end": lambda data: data + b"\0",
    "prefix": with_prefix,
    "no end": lambda data: data[:-22],
    "cut": lambda data: data[:-1],
    "only a mark": lambda data: LOCAL,
    "only an end": lambda data: LOCAL + data[-22:],
    "a flipped bit": lambda data: data[: (p := data.index(b"\0\0\x80\x3f"))] + bytes([1]) + data[p + 1 :],
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("suffix", [".pth", ".npz", ".keras"])
def test_a_zip_that_contradicts_itself(tmp_path: Path, suffix: str, fault: str) -> None:
    path = sound(tmp_path / f"in{suffix}")
    assert read(path).format
    path.write_bytes(FAULTS[fault](path.read_bytes()))
    with pytest.raises(FileError, match=r"is not a whole|not what its suffix says"):
        read(path)


def test_a_comment_is_no_fault(tmp_path: Path) -> None:
    path = sound(tmp_path / "in.pth")
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"from a friend"
    assert tensors(path).arrays["a"].shape == (2, 3)


def test_members_that_are_written_as_a_stream(tmp_path: Path) -> None:
    """Sizes then stand in a descriptor after the data, and must be those of the directory."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    pipe = Pipe()
    whole = zipped(tmp_path / "whole.pth", pickled({"a": tensor(storage())}))
    with zipfile.ZipFile(whole) as before, zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, before.read(name))
    path = tmp_path / "in.pth"
    path.write_bytes(pipe.getvalue())
    assert tensors(path).arrays["a"].tolist() == NUMBERS.reshape(2, 3).tolist()
    path.write_bytes(changed(pipe.getvalue(), b"PK\7\x08", 8, number(1)))
    with pytest.raises(FileError, match="has another size or checksum than the directory"):
        read(path)


def deflated(path: Path, data: bytes, size: int) -> Path:
    """A zip whose only member is deflated and claims a size."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", data)
    raw = path.read_bytes()
    said = number(len(data))
    assert raw.count(said) >= 2
    local, entry = raw.index(LOCAL) + 22, raw.index(ENTRY) + 24
    raw = raw[:local] + number(size) + raw[local + 4 : entry] + number(size) + raw[entry + 4 :]
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize("change", [-1, 1, -4_000, 100_000])
@pytest.mark.parametrize("length", [5_000, (1 << 22) + 300])
def test_what_is_inflated_has_the_size_that_it_claims(tmp_path: Path, change: int, length: int) -> None:
    data = np.random.default_rng(0).bytes(length)
    with Archive(deflated(tmp_path / "in.zip", data, length), "zip") as archive:
        assert archive.read("a.npy").tobytes() == data
    with (
        Archive(deflated(tmp_path / "in.zip", data, length + change), "zip") as archive,
        pytest.raises(FileError, match=r"than the|but claims|checksum differs"),
    ):
        archive.read("a.npy")


@pytest.mark.parametrize("runs", [1, 258, 1 << 22, (1 << 23) + 1])
def test_long_runs_come_out_whole(tmp_path: Path, runs: int) -> None:
    """What is deflated to almost nothing comes out in several blocks, after all input was taken."""
    noise = np.random.default_rng(0).bytes(1 << 20)
    with zipfile.ZipFile(tmp_path / "in.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", noise + bytes(runs))
    with Archive(tmp_path / "in.zip", "zip") as found:
        assert found.read("a").tobytes() == noise + bytes(runs)
        assert found.open("a").read() == noise + bytes(runs)


def test_a_member_that_swells_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "in.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", bytes(50_000_000))
    with pytest.raises(FileError, match="would swell from"):
        read(tmp_path / "in.pth")


def test_a_record_beside_the_weights_is_held_against_its_checksum(tmp_path: Path) -> None:
    path = zipped(tmp_path / "in.pth", pickled({"a": tensor(storage())}), extra=b"sound text")
    path.write_bytes(path.read_bytes().replace(b"sound text", b"other text"))
    with pytest.raises(FileError, match="'a/extra' is damaged"):
        read(path)


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (["b/data.pkl", "a/data.pkl"], ""),
        (["b/version", "a/data.pkl"], "has no record b/data.pkl"),
        (["a/data.pkl", "A/DATA.PKL"], "one name but for case"),
        (["a/data.pkl", "a/data.pkl"], "two members named"),
    ],
)
def test_which_pickle_torch_takes(tmp_path: Path, names: list[str], complaint: str) -> None:
    path = tmp_path / "in.pth"
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in zip(names, ({"first": 1}, {"second": 2}), strict=True):
            if complaint.startswith("two"):
                with pytest.warns(UserWarning, match="Duplicate") if name in archive.namelist() else _nothing():
                    archive.writestr(name, pickled(value))
            else:
                archive.writestr(name, pickled(value) if name.lower().endswith("pkl") else b"3")
    with pytest.raises(FileError, match=complaint or "'first' is of type int"):
        read(path)


def _nothing() -> Any:
    import contextlib

    return contextlib.nullcontext()


@pytest.mark.parametrize("version", [b"0", b"11", b"-3", b"three", b"9" * 60])
def test_a_version_of_the_form_that_is_not_known(tmp_path: Path, version: bytes) -> None:
    path = tmp_path / "in.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", pickled({}))
        archive.writestr("a/version", version)
    with pytest.raises(FileError, match="its version is"):
        read(path)


def test_names_in_messages_are_safe_to_print(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "in.npz", "w") as archive:
        archive.writestr("\x1b[31m\n" + "x" * 60_000, b"")
    with pytest.raises(FileError) as error:
        read(tmp_path / "in.npz")
    assert str(error.value).isprintable()
    assert len(str(error.value)) <= 2_000


def test_large_fields_stand_in_zip64_records(tmp_path: Path) -> None:
    """As zipfile writes members of an unknown size, and as torch ends its archives."""
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as archive, archive.open(zipfile.ZipInfo("a"), "w", force_zip64=True) as member:
        member.write(b"text")
    with Archive(path, "zip") as found:
        assert found.read("a").tobytes() == b"text"
    data = path.read_bytes()
    place = data.index(ENTRY)
    entry = bytearray(data[place:-22])
    entry[20:28], entry[30:32] = b"\xff" * 8, number(20, 2)
    entry += struct.pack("<HHQQ", 1, 16, 4, 4)
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(entry), place)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, place + len(entry), 1)
    end = struct.pack("<4s4H2LH", END, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(data[:place] + entry + end64 + locator + end)
    with zipfile.ZipFile(path) as other, Archive(path, "zip") as found:
        assert found.read("a").tobytes() == other.read("a") == b"text"
    for wrong in (locator.replace(b"PK\6\7\0", b"PK\6\7\1"), locator[:8] + number(1, 8) + locator[16:], bytes(20)):
        path.write_bytes(data[:place] + entry + end64 + wrong + end)
        with pytest.raises(FileError, match="zip64"):
            Archive(path, "zip")
        assert zip_members(path, LOCAL) == []


def test_weights_of_a_keras_file_are_read_in_place(tmp_path: Path) -> None:
    path = keras_file(tmp_path / "in.keras", {"c1": [np.ones(3)]}, {})
    with Archive(path, ".keras file") as archive, archive.open("model.weights.h5") as weights:
        assert not isinstance(weights, io.BytesIO)
        with h5py.File(weights) as file:
            assert file["layers/layer_0/vars/0"][()].tolist() == [1.0] * 3
