"""torch files read without torch: the bits that torch saved, by both readers, in every form that torch writes."""

from __future__ import annotations

import argparse
import subprocess
import sys
import warnings
import zipfile
from collections import Counter, OrderedDict, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stored import tensors
from torch_bytes import NUMBERS, Reference, legacy, pickled, storage, tensor, zipped

from diptych.common.errors import FileError
from diptych.common.spec import Array
from diptych.files import read, torch_zip
from diptych.files.again import torch as again
from diptych.files.again.compare import compare
from diptych.files.tensors import Tensors


def state() -> OrderedDict[str, Any]:
    """Tensors of every kind that NumPy has, as they lie in memory in a program."""
    import torch

    torch.manual_seed(0)
    base = torch.randn(6, 4)
    return OrderedDict(
        plain=torch.randn(3, 4, 2), half=torch.randn(5).half(), double=torch.randn(2, 2).double(),
        int64=torch.arange(4), int32=torch.arange(4, dtype=torch.int32), int16=torch.arange(4, dtype=torch.int16),
        int8=torch.arange(-2, 2, dtype=torch.int8), uint8=torch.arange(4, dtype=torch.uint8),
        uint16=torch.arange(4).to(torch.uint16), boolean=torch.tensor([True, False]),
        complex=torch.randn(2, dtype=torch.complex64), empty=torch.zeros(0, 3), scalar=torch.tensor(3.5),
        turned=base.t(), view=base[2:4, 1:3], steps=base[::2], shared=base, spread=torch.ones(1).expand(3, 4),
        odd=torch.tensor([float("nan"), -0.0, float("inf")]), parameter=torch.nn.Parameter(torch.randn(3)),
        last=torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
    )  # fmt: skip


def same(found: Array, wanted: Any) -> bool:
    array = wanted.detach().numpy()
    return (found.dtype, found.shape, found.tobytes()) == (array.dtype, array.shape, array.tobytes())


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("is_zip", [True, False])
def test_what_torch_saves_is_read_bit_by_bit_by_both_readers(
    tmp_path: Path, is_zip: bool, protocol: int, wrapped: bool
) -> None:
    import torch

    path, wanted = tmp_path / "w.pth", state()
    saved = {"state_dict": wanted, "args": argparse.Namespace(lr=0.1), "epoch": 3} if wrapped else wanted
    torch.save(saved, path, pickle_protocol=protocol, _use_new_zipfile_serialization=is_zip)
    first, second = tensors(path), again.read(path)
    assert list(first.arrays) == list(wanted)
    assert all(same(first.arrays[name], tensor) for name, tensor in wanted.items())
    keys = ("state_dict",) if wrapped else ()
    assert all(same(second.arrays[*keys, name], tensor) for name, tensor in wanted.items())
    if wrapped:
        assert first.notes == (
            "the weights are under 'state_dict'; left out: args (an object of argparse.Namespace), epoch",
        )
        assert "inert classes" in second.reader


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_plain_state_dict_is_read_again_by_torch_itself(tmp_path: Path, is_zip: bool) -> None:
    import torch

    torch.save({"a": torch.ones(2, 3)}, tmp_path / "w.pth", _use_new_zipfile_serialization=is_zip)
    found = again.read(tmp_path / "w.pth")
    assert found.reader == f"torch.load of torch {torch.__version__}, weights_only=True"
    assert found.arrays["a",].tolist() == [[1.0] * 3] * 2


@pytest.mark.parametrize("version", [(2, 5), (2, 9), (0, 0)])
def test_an_old_torch_is_never_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int]) -> None:
    import torch

    torch.save(state(), tmp_path / "w.pth")
    monkeypatch.setattr(again, "torch_version", lambda: version)
    monkeypatch.setattr(torch, "load", lambda *rest, **more: pytest.fail("torch.load was called"))
    found = again.read(tmp_path / "w.pth")
    assert found.reader == "zipfile and pickle with inert classes"
    assert all(same(found.arrays[name,], tensor) for name, tensor in state().items())


def test_reading_needs_no_torch(tmp_path: Path) -> None:
    import torch

    torch.save(state(), tmp_path / "w.pth")
    code = (
        "import sys; from pathlib import Path; from diptych.files import read;"
        f"found = read(Path({str(tmp_path / 'w.pth')!r})); assert len(found.names) == {len(state())};"
        "assert 'torch' not in sys.modules and 'pickle' not in found.format"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_small_records_may_be_deflated(tmp_path: Path) -> None:
    """As zip tools do with what shrinks; torch's mapped reading takes the packed bytes for numbers."""
    import torch

    wanted = {"a": torch.full((6,), 0.5), "b": torch.randn(4, 5), "c": torch.full((100,), 0.25)}
    torch.save(wanted, tmp_path / "plain.pth")
    with zipfile.ZipFile(tmp_path / "plain.pth") as before, zipfile.ZipFile(tmp_path / "w.pth", "w") as after:
        for number, info in enumerate(before.infolist()):
            method = zipfile.ZIP_DEFLATED if number % 2 else zipfile.ZIP_STORED
            after.writestr(info.filename, before.read(info), method)
        assert {info.compress_type for info in after.infolist()} == {0, 8}
    found, second = tensors(tmp_path / "w.pth").arrays, again.read(tmp_path / "w.pth").arrays
    assert all(same(found[name], tensor) and same(second[name,], tensor) for name, tensor in wanted.items())


def test_numbers_of_a_big_endian_machine_are_turned(tmp_path: Path) -> None:
    path = zipped(tmp_path / "w.pth", pickled({"a": tensor(storage())}), {"0": NUMBERS.astype(">f4").tobytes()}, "big")
    found = tensors(path).arrays["a"]
    assert found.dtype == np.float32
    assert found.tolist() == again.read(path).arrays["a",].tolist() == NUMBERS.reshape(2, 3).tolist()


def test_parts_of_storages_in_legacy_files(tmp_path: Path) -> None:
    part = storage(6, "0", "FloatStorage", ("v", 2, 3))
    path = legacy(tmp_path / "w.pth", pickled({"a": tensor(part, 1, (2,), (1,)), "b": tensor(part, 0, (3,), (1,))}))
    first, second = tensors(path).arrays, again.read(path).arrays
    assert first["a"].tolist() == second["a",].tolist() == [3.0, 4.0]
    assert first["b"].tolist() == second["b",].tolist() == [2.0, 3.0, 4.0]


def test_strings_of_python_2(tmp_path: Path) -> None:
    """BINSTRING and SHORT_BINSTRING, and an OrderedDict that is made of a list of pairs."""
    data = pickled(OrderedDict(a=tensor(storage())))
    data = data.replace(b"X\x01\x00\x00\x00a", b"U\x01a").replace(b"X\x03\x00\x00\x00cpu", b"T\x03\x00\x00\x00cpu")
    old = b"\x80\x02ccollections\nOrderedDict\n]]\x28U\x01bK\x01ea\x85R."
    assert b"U\x01a" in data
    assert tensors(zipped(tmp_path / "w.pth", data)).arrays["a"].tolist() == NUMBERS.reshape(2, 3).tolist()
    with pytest.raises(FileError, match="'b' is of type int"):
        read(zipped(tmp_path / "old.pth", old))


def test_a_file_without_checksums_is_read_with_a_note(tmp_path: Path) -> None:
    import torch

    torch.serialization.set_crc32_options(False)
    try:
        torch.save(state(), tmp_path / "w.pth")
    finally:
        torch.serialization.set_crc32_options(True)
    found = tensors(tmp_path / "w.pth")
    assert found.notes == (torch_zip.UNSUMMED,)
    assert all(same(found.arrays[name], tensor) for name, tensor in state().items())


class Attributes(dict[str, Any]):
    """A dict of a class of its own, as Lightning keeps what a network was made with."""


@pytest.mark.parametrize(
    ("beside", "named"),
    [
        ({"config": argparse.Namespace(a=1)}, "config (an object of argparse.Namespace)"),
        ({"hyper": Attributes(a=1, b=[2])}, "hyper (an object of test_torch_read.Attributes)"),
        ({"path": Path("x")}, "path (an object of pathlib.PosixPath)"),
        ({"where": {"deep": [argparse.Namespace()]}}, "where (with an object of argparse.Namespace inside)"),
        ({"kind": Counter}, "kind (an object of collections.Counter)"),
        ({"best": np.float64(0.5)}, "left out: best"),
        ({"curve": np.zeros(3)}, "left out: curve"),
        ({"log": defaultdict(list, a=[1]), "set": {1}, "bytes": b"x", "c": 1j}, "left out: log, set, bytes, c"),
        ({"optimizer": {"state": {0: {"step": 1}}, "betas": (0.9, 0.999)}}, "left out: optimizer"),
    ],
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_what_stands_beside_the_weights_is_left_out_by_name(
    tmp_path: Path, beside: dict[str, Any], named: str, protocol: int
) -> None:
    import torch

    torch.save({"model": {"a": torch.ones(2)}, **beside}, tmp_path / "w.pth", pickle_protocol=protocol)
    found = tensors(tmp_path / "w.pth")
    assert found.notes[0].startswith("the weights are under 'model'; ")
    assert named in found.notes[0]
    assert found.arrays["a"].tolist() == again.read(tmp_path / "w.pth").arrays["model", "a"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("place", ["weights", "alone"])
def test_an_object_where_weights_should_be_is_refused(tmp_path: Path, place: str) -> None:
    import torch

    content: Any = argparse.Namespace()
    torch.save(
        {"state_dict": {"a": torch.ones(2), "b": content}} if place == "weights" else content, tmp_path / "w.pth"
    )
    with pytest.raises(
        FileError, match=r"holds more than tensors \(.*nothing of it was run\. Save the model's state_di"
    ):
        read(tmp_path / "w.pth")


def test_strange_tensors_are_refused_by_what_they_are(tmp_path: Path) -> None:
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch announces to drop them
        quantised = torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)
    strange = {
        "float8_e5m2": torch.zeros(2, dtype=torch.float8_e5m2),
        "sparse": torch.eye(2).to_sparse(),
        "quantised": quantised,
        "meta": torch.empty(2, device="meta"),
        "lazily negated or conjugated": torch.zeros(2, dtype=torch.complex64).conj().imag,
    }
    for kind, value in strange.items():
        torch.save({"a": value}, tmp_path / "w.pth")
        advice = ", of whole numbers.*before it was quantised" if kind == "quantised" else "; save it as a dense float"
        with pytest.raises(FileError, match=f"a is a {kind} tensor that NumPy has no type for{advice}"):
            read(tmp_path / "w.pth")


@pytest.mark.parametrize("reader", ["first", "second"])
def test_a_fault_in_one_reader_shows_beside_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    import torch

    torch.save({"model": state(), "args": argparse.Namespace()}, tmp_path / "w.pth")
    if reader == "first":
        raw = torch_zip.ZipFile.raw
        monkeypatch.setattr(torch_zip.ZipFile, "raw", lambda self, storage: raw(self, storage) ^ 1)
    else:
        monkeypatch.setattr("diptych.files.again.torch_plain.ELEMENTS", {"FloatStorage": "i4"})
    first = tensors(tmp_path / "w.pth").arrays
    try:
        second = again.read(tmp_path / "w.pth").arrays
    except FileError as error:
        assert "cannot be read a second time" in str(error)  # noqa: PT017
    else:
        assert any(first[name].tobytes() != second["model", name].tobytes() for name in first)


def test_a_reference_to_a_class_of_a_module_with_its_source(tmp_path: Path) -> None:
    module = Reference("module", argparse.Namespace, "source.py", "class Namespace: ...")
    path = legacy(
        tmp_path / "w.pth", pickled({"model": {"a": tensor(storage(6, "0", "FloatStorage", None))}, "m": module})
    )
    assert "m (an object of argparse.Namespace)" in tensors(path).notes[0]


def test_a_tensor_with_attributes_is_a_tensor(tmp_path: Path) -> None:
    import torch

    value = torch.nn.Parameter(torch.randn(3))
    value.decay = False  # type: ignore[attr-defined]
    torch.save({"a": value}, tmp_path / "w.pth")
    assert same(tensors(tmp_path / "w.pth").arrays["a"], value)


def test_state_dicts_under_keys_of_somebodys_own(tmp_path: Path) -> None:
    import torch

    student, teacher = ({"module.a.weight": torch.full((2, 3), value)} for value in (1.0, 2.0))
    torch.save({"student": student, "teacher": teacher, "epoch": 3, "optimizer": {"state": {}}}, tmp_path / "w.pth")
    found = read(tmp_path / "w.pth")
    assert isinstance(found, Tensors)
    assert {name: float(array.mean()) for name, array in found.arrays.items()} == {
        "student.module.a.weight": 1.0,
        "teacher.module.a.weight": 2.0,
    }
    assert "the weights are under 'student', 'teacher'; left out: epoch, optimizer" in found.notes
    assert compare(found, tmp_path / "w.pth")
