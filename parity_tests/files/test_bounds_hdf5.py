"""HDF5 files and configs of Keras that claim too much, or are strange: refused in seconds."""

from __future__ import annotations

import json
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from foreign import legacy, numbers
from limited import bounded
from refusal import keras_file

import diptych
from diptych.common.errors import DiptychError, FileError
from diptych.files import read
from diptych.files.h5_checked import check_survivable


def wide(file: Any) -> None:
    for number in range(3000):
        file.create_group(f"layers/layer_{number}")


def deep(file: Any) -> None:
    file.create_group("layers/" + "/".join("a" * 600) + "/vars")


def large_names(file: Any) -> None:
    file.attrs.create("layer_names", np.zeros(1, "S60000"))


def null(file: Any) -> None:
    file["layers/a/vars/0"] = h5py.Empty("f4")


def compound(file: Any) -> None:
    file["layers/a/vars/0"] = np.zeros(3, [("x", "f4"), ("y", "i4")])


def texts(file: Any) -> None:
    file["layers/a/vars/0"] = np.array(["a", "b"], h5py.string_dtype())


def unstored(file: Any) -> None:
    for number in range(40):
        file.create_dataset(f"layers/a/vars/{number}", (1 << 18,), np.float32, chunks=(1 << 18,))


def packed(file: Any) -> None:
    file.create_dataset("layers/a/vars/0", (64, 64), np.int32, chunks=(8, 8), scaleoffset=0)


@pytest.mark.parametrize("spoil", [deep, large_names, null, compound, texts, unstored, packed])
def test_hdf5_that_claims_too_much_or_is_strange(spoil: Callable[[Any], None], tmp_path: Path) -> None:
    for name in ("in.h5", "in.weights.h5"):
        with h5py.File(tmp_path / name, "w") as file:
            spoil(file)
        with bounded(3, 200), pytest.raises(FileError):
            read(tmp_path / name)


def test_a_wide_hdf5_file_takes_no_time(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "in.weights.h5", "w") as file:
        wide(file)
        file["layers/layer_7/vars/0"] = numbers(3)
    with bounded(5, 200):
        assert len(read(tmp_path / "in.weights.h5").names) == 1


@pytest.mark.parametrize("crash", ["crash", "hang", "swell"])
def test_what_libhdf5_does_not_survive_is_an_error(crash: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = {
        "crash": "import os; os.kill(os.getpid(), 11)",
        "hang": "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass",
        "swell": "raise SystemExit(3)",
    }
    (tmp_path / "guard.py").write_text(programs[crash])
    monkeypatch.setattr("diptych.files.h5_forked.is_possible", lambda: False)
    monkeypatch.setattr("diptych.files.h5_guard.__file__", str(tmp_path / "guard.py"))
    legacy(tmp_path / "in.h5", {"a": {"a/b:0": numbers(3)}})
    words = {"crash": "crashes over it, with signal 11", "hang": "does not end", "swell": "too much memory"}
    with pytest.raises(FileError, match=words[crash]):
        read(tmp_path / "in.h5")
    with pytest.raises(FileError, match=words[crash]):
        check_survivable(tmp_path / "in.h5")


def test_many_texts_that_are_one_are_refused(tmp_path: Path) -> None:
    """An attribute of two thousand references to one text of a megabyte is two gigabytes once it is read."""
    path, count = tmp_path / "in.h5", 2000
    with h5py.File(path, "w") as file:
        file.attrs.create("backend", "x" * (1 << 20), dtype=h5py.string_dtype())
        file.attrs.create("layer_names", ["y"] * count, dtype=h5py.string_dtype())
    data = path.read_bytes()
    long = next(
        data[place : place + 16]
        for place in range(len(data) - 16)
        if data[place : place + 4] == struct.pack("<I", 1 << 20)
        and data[int.from_bytes(data[place + 4 : place + 12], "little") :][:4] == b"GCOL"
    )
    runs = [run for run in re.finditer(rb"(?s)(?:\x01\0\0\0.{12}){1000,}", data) if len(run[0]) >= 16 * count]
    path.write_bytes(data[: runs[0].start()] + long * count + data[runs[0].start() + 16 * count :])
    with bounded(10, 300), pytest.raises(FileError, match=r"too much memory|does not end"):
        read(path)


def config(count: int) -> bytes:
    layers = [{"class_name": "Dense", "config": {"name": f"a{number}"}} for number in range(count)]
    return json.dumps({"config": {"layers": layers}}).encode()


@pytest.mark.parametrize(
    "text",
    [
        config(100_000),
        b'{"config": {"layers": ' + b"[" * 90_000,
        b'{"config":' * 20_000 + b"1" + b"}" * 20_000,
        json.dumps({"config": {"layers": [{"config": {"name": "a"}}] * 2}}).encode(),
        json.dumps({"config": {"layers": [{"config": {"name": ["a"]}}]}}).encode(),
        json.dumps({"config": {"layers": {"a": 1}}}).encode(),
        json.dumps({"config": {"layers": ["a"]}}).encode(),
        json.dumps({"config": {"layers": [{"class_name": 3, "config": {"name": "a"}}]}}).encode(),
        json.dumps({"config": {"layers": [{"config": {"name": "a" * 5000}}]}}).encode(),
    ],
)
def test_configs_of_any_size_and_kind_are_an_error_in_time(text: bytes, tmp_path: Path) -> None:
    path = keras_file(tmp_path / "in.keras", {"c1": [np.ones((5, 5), np.float32)]}, {})
    with zipfile.ZipFile(path) as archive:
        weights = archive.read("model.weights.h5")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", text)
        archive.writestr("model.weights.h5", weights)
    with bounded(30, 400), pytest.raises(DiptychError):
        diptych.convert(path, tmp_path / "out.npz", network="lenet5_modern")


@pytest.mark.parametrize("value", [None, 5, [], {}, "x", [[1, 2], 3], -1, 1e308])
def test_values_of_a_config_of_any_type_are_a_difference(value: Any, tmp_path: Path) -> None:
    from diptych.conversion.keras_config import differences, input_size, weighted_differences

    net = diptych.spec("lenet5_modern")
    for key in ("batch_shape", "padding", "strides", "kernel_size", "activation", "name"):
        entries = {
            node.path: {"class_name": kind, "config": {key: value}, "inbound_nodes": value}
            for node in net.nodes
            for kind in ["InputLayer" if node is net.nodes[0] else "Conv2D"]
        }
        assert differences(entries, net)
        assert isinstance(weighted_differences(entries, net), list)
        assert input_size(entries) is None
