"""What is written as torch's zip without torch: torch itself takes it, and it lies as torch.save would lay it."""

from __future__ import annotations

import io
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from diptych.common.errors import FileError
from diptych.common.spec import Array
from diptych.files import read, torch_save
from diptych.files.again import read_again
from diptych.files.archive import Archive
from diptych.files.zip_writer import Writer

DTYPES = (
    *("float16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64", "uint16", "uint32", "uint64"),
    *("bool", "complex64", "complex128"),
)
ATTRIBUTES: dict[str, Any] = {"diptych": "ü" * 300, "_metadata": {"": {"version": 2}}}


def state() -> dict[str, Array]:
    """Tensors of every kind, and of odd shapes and places in memory."""
    rng = np.random.default_rng(0)
    found = {f"{kind}.é": (rng.standard_normal((3, 5, 2)) * 50).astype(kind) for kind in DTYPES}
    found |= {"empty": np.zeros((0, 5), np.float32), "number": np.array(7, np.int64)}
    found |= {"turned": np.asfortranarray(rng.standard_normal((40, 7))), "big": rng.random((3, 4)).astype(">f8")}
    return found | {"part": rng.random((9, 4))[::2, 1:3], "long": np.arange(70_000)}


def saved(path: Path) -> dict[str, Array]:
    """A file of such tensors."""
    with path.open("wb") as file:
        torch_save.save(file, state(), ATTRIBUTES)
    return state()


@pytest.mark.parametrize("mapped", [False, True])
def test_torch_loads_every_dtype(tmp_path: Path, mapped: bool) -> None:
    wanted = saved(tmp_path / "in.pth")
    found = torch.load(tmp_path / "in.pth", weights_only=True, mmap=mapped)
    assert list(found) == list(wanted)
    assert type(found) is OrderedDict
    assert vars(found) == ATTRIBUTES
    for name, array in wanted.items():
        plain = np.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape(array.shape)
        assert found[name].numpy().dtype == plain.dtype
        assert tuple(found[name].shape) == plain.shape
        assert found[name].numpy().tobytes() == plain.tobytes(), name
        assert found[name].is_contiguous()
        assert found[name].data_ptr() % 64 == 0 or not mapped


def test_places_that_torch_computes_hold(tmp_path: Path) -> None:
    from torch.utils.serialization import config

    wanted = saved(tmp_path / "in.pth")
    before = config.load.calculate_storage_offsets
    config.load.calculate_storage_offsets = True
    try:
        found = torch.load(tmp_path / "in.pth", weights_only=True, mmap=True)
    finally:
        config.load.calculate_storage_offsets = before
    assert all(found[name].numpy().tobytes() == np.asarray(a, a.dtype.newbyteorder("=")).tobytes() for name, a in
               wanted.items())  # fmt: skip


def test_the_records_are_those_of_torch(tmp_path: Path) -> None:
    wanted = {name: torch.from_numpy(array.copy()) for name, array in state().items() if array.dtype.isnative}
    plain, ours = io.BytesIO(), io.BytesIO()
    torch.save(OrderedDict(wanted), plain)
    torch_save.save(ours, {name: tensor.numpy() for name, tensor in wanted.items()}, {})
    one, two = zipfile.ZipFile(plain), zipfile.ZipFile(ours)
    assert two.testzip() is None
    assert two.namelist() == one.namelist()
    own = ("archive/data.pkl", "archive/.data/serialization_id")
    for name in one.namelist():
        facts = [(i.flag_bits, i.compress_type, i.file_size, i.create_version, i.extract_version, i.date_time)
                 for i in (one.getinfo(name), two.getinfo(name))]  # fmt: skip
        assert facts[0] == facts[1] or name in own
        assert one.read(name) == two.read(name) or name in own
    # The pickles differ in length, and so does what comes after them; from the next record on by whole alignments.
    gaps = {one.getinfo(name).header_offset - two.getinfo(name).header_offset for name in one.namelist()[2:]}
    assert len(gaps) == 1
    assert gaps.pop() % 64 == 0


def test_our_readers_read_it(tmp_path: Path) -> None:
    native = {name: np.ascontiguousarray(a) for name, a in state().items() if a.dtype.isnative and a.shape != ()}
    with (tmp_path / "in.pth").open("wb") as file:
        torch_save.save(file, native, {})
    found = {name: array for name, _, array in read(tmp_path / "in.pth").raw()}
    assert {name: (a.dtype, a.tobytes()) for name, a in found.items()} == {
        name: (a.dtype, a.tobytes()) for name, a in native.items()
    }
    again = read_again(tmp_path / "in.pth", "torch")
    assert again is not None
    with again:
        assert all(again.arrays[name,].tobytes() == array.tobytes() for name, array in native.items())


def test_the_same_weights_are_the_same_bytes(tmp_path: Path) -> None:
    saved(tmp_path / "one.pth")
    saved(tmp_path / "two.pth")
    assert (tmp_path / "one.pth").read_bytes() == (tmp_path / "two.pth").read_bytes()


def test_what_torch_has_no_tensor_of_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="which torch has no tensor of"):
        torch_save.save(io.BytesIO(), {"a": np.zeros(2, "U4")}, {})


def test_a_record_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="has 3 bytes, expected 4"):
        Writer(io.BytesIO()).add("a", 4, (b"abc",))


class _Sparse:
    """A file in which whole blocks of zeros are holes."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("wb")

    def write(self, data: Any) -> None:
        if memoryview(data).nbytes == torch_save.BLOCK:
            self.file.seek(torch_save.BLOCK, 1)
        else:
            self.file.write(data)


@pytest.mark.full  # 4 GiB of zeros, in a file with a hole
def test_records_beyond_four_gibibytes(tmp_path: Path) -> None:
    path = tmp_path / "big.pth"
    wanted = {"a": np.arange(4.0), "big": np.zeros((1 << 29) + 5), "b": np.arange(7.0)}
    sparse = _Sparse(path)
    torch_save.save(sparse, wanted, {})
    sparse.file.close()
    found = torch.load(path, weights_only=True, mmap=True)
    assert {name: tensor.numel() for name, tensor in found.items()} == {n: a.size for n, a in wanted.items()}
    assert found["b"].tolist() == wanted["b"].tolist()
    with Archive(path, "torch checkpoint") as archive:
        assert archive.read("archive/data/2").tobytes() == wanted["b"].tobytes()
    assert zipfile.ZipFile(path).read("archive/data/2") == wanted["b"].tobytes()
