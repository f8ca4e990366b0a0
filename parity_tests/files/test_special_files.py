"""What is no regular file is refused by its kind before it is opened, what is not what it says before it is hashed."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest
from foreign import LAYERS, bundle, onnx_model
from refusal import good, refused

import diptych
from diptych.common.errors import DiptychError, FileError
from diptych.files import FORMATS, read

SUFFIXES = sorted({suffix for known in FORMATS for suffix in known.endings})


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_special_file_is_never_opened(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"in{suffix}"
    os.mkfifo(path)
    with pytest.raises(FileError, match="is a FIFO, expected a file"):
        read(path)
    targets = {"/dev/zero": "is a device", "/proc/self/environ": "is a file of the system", path.name: "cannot read"}
    for target, complaint in targets.items():
        path.unlink()
        path.symlink_to(target)
        with pytest.raises(FileError, match=complaint):
            read(path)


def test_a_socket_is_refused_and_so_is_all_of_it_by_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("in.npz")
        with pytest.raises(FileError, match="is a socket, expected a file"):
            read(Path("in.npz"))
    os.mkfifo("in.h5")
    assert "is a FIFO, expected a file" in refused(tmp_path, "convert", tmp_path / "in.h5", tmp_path / "out.npz")


PATHS = ("a\0.npz", "a" * 300 + ".npz", "a\ud800.npz", "a" + chr(0xDC80) + ".npz", "", "/", "..", "x/" * 3000)


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_a_path_that_no_file_has(path: str) -> None:
    with pytest.raises(FileError):
        diptych.identify(path)
    with pytest.raises(FileError):
        read(Path(path + ".onnx"))


@pytest.mark.parametrize("kind", ["fifo", "device"])
def test_the_files_of_a_saved_model_and_of_a_checkpoint_are_regular(kind: str, tmp_path: Path) -> None:
    def spoil(path: Path) -> None:
        path.unlink(missing_ok=True)
        if kind == "fifo":
            os.mkfifo(path)
        else:
            path.symlink_to("/dev/zero")

    folder = tmp_path / "saved"
    (folder / "variables").mkdir(parents=True)
    (folder / "assets").mkdir()
    (folder / "saved_model.pb").write_bytes(b"\x08\x01")
    bundle(folder / "variables" / "variables", [4], 16)
    said = "is a FIFO" if kind == "fifo" else "is a device"
    for name in ("assets/words.txt", "variables/variables.data-00000-of-00001", "variables/variables.index"):
        kept = (folder / name).read_bytes() if (folder / name).exists() else b""
        spoil(folder / name)
        with pytest.raises(FileError, match=said):
            read(folder)
        (folder / name).unlink()
        (folder / name).write_bytes(kept)
    bundle(tmp_path / "in", [4], 16)
    spoil(tmp_path / "in.data-00000-of-00001")
    with pytest.raises(FileError, match=said):
        read(tmp_path / "in.index")


def test_the_data_beside_a_model_is_regular(tmp_path: Path) -> None:
    model = onnx_model(tmp_path / "in.onnx", {f"a.{name}": array for name, array in LAYERS["bn1"].items()})
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = 1
    tensor.external_data.add(key="location", value="in.onnx.data")
    (tmp_path / "in.onnx").write_bytes(model.SerializeToString())
    os.mkfifo(tmp_path / "in.onnx.data")
    with pytest.raises(FileError, match="which is not there, or is a link"):
        read(tmp_path / "in.onnx")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_ten_gigabytes_of_nothing_are_not_hashed(suffix: str, tmp_path: Path) -> None:
    import tensorflow as tf
    import torch

    assert {torch.__name__, tf.__name__} == {"torch", "tensorflow"}  # loaded before the clock starts
    path = tmp_path / f"in{suffix}"
    with path.open("wb") as file:
        file.write(b"junk")
        file.truncate(10 << 30)
    start = time.process_time()
    with pytest.raises(FileError):
        diptych.convert(path, tmp_path / "out.npz")
    assert time.process_time() - start < 1


@pytest.mark.parametrize("suffix", [".safetensors", ".keras", ".weights.h5"])
def test_a_sound_beginning_does_not_save_it(suffix: str, tmp_path: Path) -> None:
    path = good(tmp_path / f"in{suffix}")
    os.truncate(path, 10 << 30)
    start = time.process_time()
    with pytest.raises(DiptychError):
        diptych.convert(path, tmp_path / "out.npz", network="lenet5_modern")
    assert time.process_time() - start < 2
