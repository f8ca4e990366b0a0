"""Bad files in the formats of other libraries: one clear error, no code run, nothing allocated that is not there."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import h5py
import numpy as np
import pytest
import torch
from foreign import LAYERS, frozen, legacy, numbers, onnx_model
from refusal import RunsCode, refused

from diptych.common.errors import FileError
from diptych.files import read

FLAT = {f"net/{layer}/{kind}": array for layer, kinds in LAYERS.items() for kind, array in kinds.items()}
SUFFIXES = (".npz", ".h5", ".hdf5", ".onnx", ".pb", ".index", ".bin", ".ckpt", ".tar")


def npy(array: Any = None, *, header: str = "", data: bytes = b"") -> bytes:
    """The bytes of an array file, with a header of one's own where one is given."""
    buffer = io.BytesIO()
    np.save(buffer, numbers(2) if array is None else array, allow_pickle=True)
    if not header:
        return buffer.getvalue()
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def npz(path: Path, *members: tuple[str, bytes], packed: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", packed) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def sound(path: Path) -> Path:
    """A sound file of the format of a suffix."""
    arrays = {name: np.tile(array, 50) for name, array in FLAT.items()}
    groups = {
        layer: {f"{layer}/{kind}:0": np.tile(a, 50) for kind, a in kinds.items()} for layer, kinds in LAYERS.items()
    }
    match path.suffix:
        case ".npz":
            np.savez(path, **cast(dict[str, Any], arrays))
        case ".h5" | ".hdf5":
            legacy(path, groups)
        case ".onnx":
            onnx_model(path, arrays)
        case ".pb":
            frozen(path, arrays)
        case ".index":
            saved(path.with_suffix(""), arrays)
        case _:
            import torch

            torch.save({name: torch.tensor(array) for name, array in arrays.items()}, path)
    return path


def saved(prefix: Path, arrays: dict[str, Any]) -> None:
    import tensorflow as tf

    variables = [tf.Variable(array, name=name) for name, array in arrays.items()]
    tf.train.Checkpoint(v=variables).write(str(prefix))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("part", [0.05, 0.5, 0.95, 0.9999])
def test_a_truncated_file(tmp_path: Path, suffix: str, part: float) -> None:
    source = sound(tmp_path / f"in{suffix}")
    assert read(source).format
    source.write_bytes(source.read_bytes()[: int(source.stat().st_size * part)])
    error = refused(tmp_path, "convert", source, tmp_path / "out.safetensors")
    assert str(source) in error
    assert " whole" in error


@pytest.mark.parametrize("part", [0.0, 0.5, 0.9999])
def test_truncated_data_of_a_checkpoint(tmp_path: Path, part: float) -> None:
    source = sound(tmp_path / "in.index")
    data = tmp_path / "in.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[: int(data.stat().st_size * part)])
    assert "is not whole: its shape" in refused(tmp_path, "convert", source, tmp_path / "out.pth")
    data.unlink()
    error = refused(tmp_path, "convert", tmp_path / "in", tmp_path / "out.pth")
    assert "needs in.data-00000-of-00001 beside it" in error


@pytest.mark.parametrize("place", [7, -7])
def test_a_flipped_bit_in_a_checkpoint(tmp_path: Path, place: int) -> None:
    sound(tmp_path / "in.index")
    path = tmp_path / "in.data-00000-of-00001"
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    error = refused(tmp_path, "convert", tmp_path / "in", tmp_path / "out.pth")
    assert "is not a whole TensorFlow checkpoint" in error


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("content", [b"", b"<html>404: there are no weights here</html>\n" * 20, bytes(5000)])
def test_files_that_are_something_else(tmp_path: Path, suffix: str, content: bytes) -> None:
    source = tmp_path / f"in{suffix}"
    source.write_bytes(content)
    error = refused(tmp_path, "convert", source, tmp_path / "out.safetensors")
    assert f"in{suffix}" in error
    assert ("is empty, expected weights in" in error) == (not content)


@pytest.mark.parametrize(
    ("suffix", "real"), [(a, b) for a in SUFFIXES[:4] for b in (".npz", ".h5", ".bin") if a.replace("df5", "5") != b]
)
def test_a_file_of_another_format(tmp_path: Path, suffix: str, real: str) -> None:
    source = tmp_path / f"in{suffix}"
    source.write_bytes(sound(tmp_path / f"whole{real}").read_bytes())
    assert "not what its suffix says" in refused(tmp_path, "convert", source, tmp_path / "out.safetensors")


def test_a_folder_that_is_no_saved_model(tmp_path: Path) -> None:
    for name in ("folder", "folder.pb"):
        (tmp_path / name).mkdir()
        assert "is a folder, expected a file" in refused(tmp_path, "convert", tmp_path / name, tmp_path / "out.pth")
    (tmp_path / "folder" / "saved_model.pb").write_bytes(b"text")
    assert "is not whole" in refused(tmp_path, "convert", tmp_path / "folder", tmp_path / "out.pth")


DICT = "{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}"


@pytest.mark.parametrize(
    ("members", "complaint"),
    [
        ([("a.npy", npy()), ("a.npy", npy())], "two members named 'a.npy'"),
        ([("../a.npy", npy())], "leads out of the archive"),
        ([("/a.npy", npy())], "leads out of the archive"),
        ([("b\\a.npy", npy())], "leads out of the archive"),
        ([("a.npy", npy()), ("a.txt", b"text")], "'a.txt' is not an array"),
        ([("a.npy", npy(header=DICT.format("<f4", (1 << 40,))))], "claims 4398046511104 bytes"),
        ([("a.npy", npy(header=DICT.format("<f4", (-2, -1)), data=bytes(8)))], "is not whole: it claims"),
        ([("a.npy", npy(header=DICT.format("<f4", (3,)), data=bytes(8)))], "is not whole: it claims 12 bytes"),
        ([("a.npy", npy(header=DICT.format("|V2", (4,)), data=bytes(8)))], "no numbers for"),
        ([("a.npy", npy(header="{'descr': __import__('os').getcwd()}"))], "is not a whole .npz file"),
        ([("a.npy", b"\x93NUMPY\x04\x00" + npy()[8:])], "version (4, 0)"),
        ([("a.npy", npy(np.zeros(50_000_000, np.int8)))], "claims to 50000128 bytes"),
        ([(f"{n}.npy", npy(np.zeros(1_000_000, np.int8))) for n in range(40)], "brings what the file claims to"),
        ([], "is not a whole .npz file"),
    ],
)
def test_npz_files_that_are_not_what_numpy_writes(tmp_path: Path, members: Any, complaint: str) -> None:
    with pytest.warns(UserWarning, match="Duplicate") if "two members" in complaint else _quiet():
        source = npz(tmp_path / "in.npz", *members)
    if not members:
        source.write_bytes(b"PK\x03\x04")
    assert complaint in refused(tmp_path, "convert", source, tmp_path / "out.pth")


def _quiet() -> Any:
    import contextlib

    return contextlib.nullcontext()


def test_objects_in_an_npz_file_are_not_loaded(tmp_path: Path) -> None:
    marker = tmp_path / "it_ran"
    source = npz(tmp_path / "in.npz", ("a.npy", npy(np.array([RunsCode(marker)], dtype=object))))
    assert "holds Python objects" in refused(tmp_path, "convert", source, tmp_path / "out.pth")
    assert not marker.exists()
    with np.load(source, allow_pickle=True) as file:
        assert len(file["a"]) == 1
    assert marker.exists()


@pytest.mark.parametrize("kind", ["external link", "soft link", "inner link", "external data", "huge", "many", "text"])
def test_arrays_of_legacy_files_that_lie_elsewhere_or_swell(tmp_path: Path, kind: str) -> None:
    groups = {"conv1": {f"conv1/{name}:0": array for name, array in LAYERS["conv1"].items()}}
    secret = legacy(tmp_path / "secret.h5", groups)
    source = legacy(tmp_path / "in.h5", groups)
    with h5py.File(source, "a") as file:
        place, name = ("conv1/conv1", "kernel:0") if kind != "inner link" else ("conv1", "conv1")
        group = file[place]
        del group[name]
        if kind == "external link":
            group[name] = h5py.ExternalLink(str(secret), "conv1/conv1/kernel:0")
        elif kind in ("soft link", "inner link"):
            group[name] = h5py.SoftLink("/elsewhere")
        elif kind == "external data":
            group.create_dataset(name, (5,), np.float32, external=[(str(secret), 0, 20)])
        elif kind == "huge":
            group.create_dataset(name, (1 << 40,), np.float32, chunks=(1 << 20,), compression="gzip")
        elif kind == "many":
            _many(file, group)
        else:
            group[name] = "text"
    error = refused(tmp_path, "convert", source, tmp_path / "out.pth")
    assert "inside the file" in error or "claims" in error or "expected numbers" in error


def _many(file: Any, group: Any) -> None:
    """Arrays of a megabyte each without a byte stored, each of them within what one array may claim."""
    names = [f"conv1/v{number}" for number in range(60)]
    for name in names:
        group.create_dataset(name.rpartition("/")[2], (1_000_000,), np.int8, chunks=(1_000_000,))
    file["conv1"].attrs["weight_names"] = [name.encode() for name in names]


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda file: file.attrs.__setitem__("layer_names", [b"conv1", b"absent"]), "no group for"),
        (lambda file: file.attrs.__setitem__("layer_names", [b"conv1", b"conv1"]), "each once"),
        (lambda file: file.attrs.__setitem__("layer_names", [1, 2]), "each once"),
        (lambda file: file["conv1"].attrs.__delitem__("weight_names"), "no attribute 'weight_names'"),
        (lambda file: file["conv1"].attrs.__setitem__("weight_names", [b"conv1/gone:0"]), "is not an array"),
        (lambda file: file["conv1"].attrs.__setitem__("weight_names", [b"/conv1/conv1/kernel:0"]), "is not an array"),
        (lambda file: file.attrs.__setitem__("model_config", "["), "model_config is not readable"),
        (lambda file: file.attrs.__setitem__("model_config", "[1]"), "not that of a Keras model"),
        (lambda file: file.attrs.__setitem__("backend", "theano"), "kernels are mirrored"),
        (lambda file: file.attrs.__delitem__("layer_names"), "has no group 'layers'"),
    ],
)
def test_legacy_files_that_contradict_themselves(tmp_path: Path, spoil: Callable[[Any], Any], complaint: str) -> None:
    groups = {"conv1": {f"conv1/{name}:0": array for name, array in LAYERS["conv1"].items()}}
    with h5py.File(legacy(tmp_path / "in.h5", groups), "a") as file:
        spoil(file)
    assert complaint in refused(tmp_path, "convert", tmp_path / "in.h5", tmp_path / "out.pth")


@pytest.mark.parametrize("place", ["layers/again", "layers/model/layers/model"])
def test_a_group_of_keras_3_that_is_there_twice_is_refused(tmp_path: Path, place: str) -> None:
    with h5py.File(tmp_path / "in.h5", "w") as file:
        file["layers/model/layers/dense/vars/0"] = numbers(3)
        file[place] = file["layers/model"]
    with pytest.raises(FileError, match="second name of a group"):
        read(tmp_path / "in.h5")


def external(tensor: Any) -> None:
    tensor.data_location = 1
    tensor.external_data.add(key="location", value="../../etc/passwd")


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (external, "keeps its data in '../../etc/passwd'; beside a model, only"),
        (lambda tensor: tensor.dims.__setitem__(0, 1 << 60), "is not whole: its shape"),
        (lambda tensor: tensor.dims.__setitem__(0, -4), "has the shape [-4]"),
        (lambda tensor: tensor.__setattr__("data_type", 16), "is bfloat16, which NumPy has no numbers for"),
        (lambda tensor: tensor.__setattr__("data_type", 77), "is type 77"),
        (lambda tensor: tensor.__setattr__("name", "net/bn1/beta"), "one name twice"),
        (lambda tensor: tensor.__setattr__("raw_data", b""), "needs 4 numbers, it has 0"),
    ],
)
def test_onnx_models_that_contradict_themselves(tmp_path: Path, spoil: Callable[[Any], Any], complaint: str) -> None:
    model = onnx_model(tmp_path / "in.onnx", FLAT)
    spoil(next(tensor for tensor in model.graph.initializer if tensor.name == "net/bn1/gamma"))
    (tmp_path / "in.onnx").write_bytes(model.SerializeToString())
    assert complaint in refused(tmp_path, "convert", tmp_path / "in.onnx", tmp_path / "out.pth")


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_names_that_are_no_unicode_are_refused_by_name(tmp_path: Path, suffix: str) -> None:
    """Half of a surrogate pair comes out of JSON and of pickles, and goes into no file and no digest."""
    path = tmp_path / f"in{suffix}"
    if suffix == ".pth":
        torch.save({"a\ud800.weight": torch.zeros(1)}, path)
    else:
        header = b'{"a\\ud800.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
        path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    for words in (("identify", path), ("convert", path, tmp_path / "out.npz")):
        assert "the name 'a\\ud800.weight' is no Unicode text" in refused(tmp_path, *words)
