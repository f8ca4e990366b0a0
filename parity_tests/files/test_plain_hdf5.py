"""HDF5 without libhdf5: the same names, shapes and places, or `Odd`; never anything else of a damaged file."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import diptych
from diptych.common.memory import unread
from diptych.files import h5_checked, read, write
from diptych.files.plain_hdf5.tree import Array, Group, root
from diptych.files.plain_hdf5.window import Odd, Window

NAMED = ("name", "said", "names", "fixed", "nothing")
KINDS = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")


def filled(file: h5py.File) -> None:
    """Groups as Keras has them, of many members, with attributes of each sort and arrays of each type."""
    file.attrs["said"] = "ä text"
    file.attrs["names"] = ["one", "two"]
    file.attrs["fixed"] = np.array([b"three", b"eleven"])
    file.attrs["nothing"] = np.zeros(0)
    for number in range(70):  # more than the leaves of one node have
        group = file.create_group(f"layers/conv2d_{number}/vars")
        group.attrs["name"] = f"layer{number}"
        group["0"] = np.arange(6, dtype=KINDS[number % len(KINDS)]).reshape(2, 3)
    file["layers/conv2d_1/vars/1"] = np.float32(3)
    file["layers/conv2d_1/vars/2"] = np.zeros((0, 4), np.float32)


def data_of(fill: Callable[[h5py.File], None] = filled, **options: Any) -> bytes:
    out = io.BytesIO()
    with h5py.File(out, "w", **options) as file:
        fill(file)
    return out.getvalue()


def opened(data: bytes) -> Group:
    return root(Window(data, 0, len(data)))


def ours(group: Group) -> dict[str, Any]:
    """All that is read of a file."""
    found: dict[str, Any] = {f"{group.name}@{name}": group.text(name) for name in NAMED if name in group.attrs}
    for key in group:
        member = group.get(key)
        assert member is not None
        found |= ours(member) if isinstance(member, Group) else {member.name: described(member)}
    return found


def described(array: Array) -> tuple[Any, ...]:
    return array.shape, np.dtype(f"<{array.kind}"), array.place if array.nbytes else None


def theirs(group: Any) -> dict[str, Any]:
    """The same by h5py."""
    name = group.name.strip("/")
    found = {f"{name}@{key}": plain(group.attrs[key]) for key in NAMED if key in group.attrs}
    for member in group.values():
        one = {member.name.strip("/"): (member.shape, member.dtype, member.id.get_offset())} if hasattr(
            member, "dtype") else theirs(member)  # fmt: skip
        found |= one
    return found


def plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


def test_a_plain_file_is_read_as_h5py_reads_it() -> None:
    data = data_of()
    with h5py.File(io.BytesIO(data)) as file:
        known = theirs(file)
    assert ours(opened(data)) == known
    assert len(known) == 4 + 3 * 70 - 70 + 2


def links(file: h5py.File) -> None:
    filled(file)
    file["soft"] = h5py.SoftLink("/layers")


def outside(file: h5py.File) -> None:
    filled(file)
    file["outside"] = h5py.ExternalLink("other.h5", "/a")


def twice(file: h5py.File) -> None:
    filled(file)
    file["again"] = file["layers"]


def itself(file: h5py.File) -> None:
    filled(file)
    file["layers/layers"] = file["layers"]


def one(**how: Any) -> Callable[[h5py.File], None]:
    def fill(file: h5py.File) -> None:
        file.create_dataset("layers/x/vars/0", **how)

    return fill


def ordered(file: h5py.File) -> None:
    file.create_group("layers", track_order=True)["x"] = [1.0]


def committed(file: h5py.File) -> None:
    file["type"] = np.dtype("f4")
    file.create_dataset("x", (3,), dtype=file["type"])


TEN = np.arange(10.0)
STRANGE: dict[str, tuple[Callable[[h5py.File], None], dict[str, Any]]] = {
    **{fill.__name__: (fill, {}) for fill in (links, outside, twice, itself, ordered, committed)},
    "chunks": (one(data=TEN, chunks=(5,)), {}),
    "packed": (one(data=TEN, compression="gzip"), {}),
    "growing": (one(data=TEN, maxshape=(None,)), {}),
    "elsewhere": (one(shape=(10,), dtype="f8", external=[("raw.bin", 0, 80)]), {}),
    "never written": (one(shape=(10,), dtype="f8"), {}),
    "truths": (one(data=TEN > 3), {}),
    "pairs": (one(data=TEN * 1j), {}),
    "texts": (one(data="text"), {}),
    "big-endian": (one(data=TEN.astype(">f8")), {}),
    "latest": (filled, {"libver": "latest"}),
    "before it": (filled, {"userblock_size": 512}),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_what_is_not_plain_is_odd(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fill, options = STRANGE[kind]
    data = data_of(fill, **options)
    with pytest.raises(Odd):
        ours(opened(data))


@pytest.mark.parametrize("change", ["shorter", "longer", "empty"])
def test_a_file_has_the_length_that_it_says(change: str) -> None:
    data = data_of()
    with pytest.raises(Odd):
        opened({"shorter": data[:-1], "longer": data + b"x", "empty": b""}[change])


def test_damage_is_odd_or_is_read_as_something_else_and_ends() -> None:
    """No other error, and no long search: what is read is bounded."""
    data, known, told = data_of(), 0, 0
    draw = random.Random(0)  # noqa: S311  # no secret
    used = [place for place, byte in enumerate(data) if byte]
    whole = ours(opened(data))
    for _ in range(150):
        bad = bytearray(data)
        for place in draw.sample(used, draw.choice((1, 1, 3))):
            bad[place] = draw.choice((0, 255, bad[place] ^ 1 << draw.randrange(8)))
        try:
            known += ours(opened(bytes(bad))) == whole
        except Odd:
            told += 1
    assert known > 10
    assert told > 30


@pytest.mark.parametrize("suffix", [".keras", ".weights.h5"])
def test_headers_of_keras_files_take_no_libhdf5_and_say_the_same(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, net = tmp_path / f"x{suffix}", diptych.spec("squeezenet1_1", num_classes=7)
    write(path, net, diptych.init(net), {})
    known: Any = read(path)
    monkeypatch.setattr(h5_checked, "_survived", {})
    for module in ("h5_file.check_survivable", "keras_file.check_survivable"):
        monkeypatch.setattr(f"diptych.files.{module}", lambda *_: pytest.fail("libhdf5 was asked"))
    with unread():
        found: Any = read(path)
    assert (found.names, found.origins, found.place_origins) == (known.names, known.origins, known.place_origins)
    assert (found.stated, found.title, found.notes) == (known.stated, known.title, known.notes)
    pairs = zip(known.raw(), found.raw(), strict=True)
    assert all(key == other and np.array_equal(a, b) for (_, key, a), (_, other, b) in pairs)
