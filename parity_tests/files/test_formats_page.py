"""docs/formats.md is true: for each row of its tables a file is made, and is read or refused as the row says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from darknet_files import by_hand, small
from hostile.good import good_file, net, weights
from safetensors.torch import save_file

import diptych
from diptych.common.errors import DiptychError, FileError
from diptych.common.spec import Net
from diptych.files import FORMATS, format_of, read, write
from diptych.files.strangers import STRANGERS

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


def rows(title: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    part = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def state() -> dict[str, torch.Tensor]:
    return {name: torch.tensor(array) for name, array in weights().items()}


def model() -> Any:
    return diptych.build(net(), "keras", weights=weights())


def of_form(form: str) -> Callable[[Path], Path]:
    """A file of the generator of good files."""

    def make(folder: Path) -> Path:
        name, files = good_file(form)
        for each, data in files.items():
            (folder / each).parent.mkdir(parents=True, exist_ok=True)
            (folder / each).write_bytes(data)
        return folder / name

    return make


def saved(name: str, make: Callable[[], Any]) -> Callable[[Path], Path]:
    """What torch.save writes of an object."""

    def write_it(folder: Path) -> Path:
        torch.save(make(), folder / name)
        return folder / name

    return write_it


def by_keras(name: str) -> Callable[[Path], Path]:
    def write_it(folder: Path) -> Path:
        model().save(folder / name)
        return folder / name

    return write_it


def by_safetensors(folder: Path) -> Path:
    save_file(state(), folder / "a.safetensors")
    return folder / "a.safetensors"


def by_numpy(folder: Path) -> Path:
    np.savez(folder / "a.npz", **dict[str, Any](weights()))
    return folder / "a.npz"


MADE: dict[str, Callable[[Path], Path]] = {
    "`torch.save(model.state_dict(), FILE)`": saved("a.pth", state),
    "the same before PyTorch 1.6 (legacy)": of_form("legacy"),
    '`torch.save({"state_dict": ..., "epoch": ...}, FILE)`, as training scripts do': saved(
        "a.tar", lambda: {"state_dict": state(), "epoch": 3, "optimizer": {"state": {}}}
    ),
    "Lightning's and DistributedDataParallel's checkpoints": saved(
        "a.ckpt", lambda: {"state_dict": {f"model.module.{name}": value for name, value in state().items()}, "epoch": 1}
    ),
    "`torch.save(model, FILE)`, a pickled module": saved(
        "a.pt", lambda: diptych.build(net(), "torch", weights=weights())
    ),
    "`safetensors.torch.save_file`": by_safetensors,
    "`numpy.savez`": by_numpy,
    "Keras 3, `model.save`": by_keras("a.keras"),
    "Keras 3, `model.save` in the older format": by_keras("a.h5"),
    "Keras 3, `model.save_weights`": of_form("weights.h5"),
    "Keras 2, `model.save` and `model.save_weights`": of_form("keras2"),
    "TensorFlow, `tf.saved_model.save` and `model.export` (SavedModel)": of_form("saved"),
    "TensorFlow, `tf.train.Checkpoint`": of_form("bundle"),
    "TensorFlow, a frozen graph": of_form("frozen"),
    "PyTorch, `torch.onnx.export`; diptych; others": of_form("onnx"),
    "Darknet": lambda folder: by_hand(folder / "a.weights", small()),
}


@pytest.mark.parametrize("row", rows("What is read"), ids=lambda row: row[0])
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore:.*legacy.*")
def test_a_row_of_what_is_read(row: list[str], tmp_path: Path) -> None:
    who, suffixes, *_ = row
    path = MADE[who](tmp_path)
    assert path.suffix in suffixes or path.is_dir() == ("a folder" in suffixes)
    if who == "Darknet":
        assert read(path).nameless
    else:
        found, arrays = diptych.read(path)
        assert found.nodes == net().nodes
        assert all(np.array_equal(arrays[name], array) for name, array in weights().items())


def test_every_suffix_that_is_read_stands_on_the_page_and_no_other() -> None:
    told = {suffix for row in rows("What is read") for suffix in re.findall(r"`(\.[\w.]+)`", row[1])} - {".cfg"}
    assert told == {suffix for known in FORMATS for suffix in known.endings}
    written = {suffix for row in rows("What is read") for suffix in re.findall(r"`(\.[\w.]+)`", row[3])}
    assert written == {suffix for known in FORMATS for suffix in known.suffixes}
    assert written == {suffix for row in rows("What is written") for suffix in re.findall(r"`(\.[\w.]+)`", row[0])}


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".safetensors", ".npz", ".keras", ".weights.h5"])
def test_what_is_written_is_read_back(suffix: str, tmp_path: Path) -> None:
    write(tmp_path / f"a{suffix}", net(), weights(), {})
    back = read(tmp_path / f"a{suffix}").named(net())
    assert all(np.array_equal(back[name], array) for name, array in weights().items())


def test_what_another_command_writes_is_told() -> None:
    for name, verb in (("out.onnx", "export"), ("out.tflite", "deploy"), ("out.pt2", "deploy"), ("out", "deploy")):
        with pytest.raises(FileError, match=re.escape(f"`diptych {verb} NETWORK WEIGHTS {name}` writes")):
            format_of(Path(name))


def quantised(value: torch.Tensor) -> torch.Tensor:
    found: torch.Tensor = torch.quantize_per_tensor(value, 0.1, 0, torch.qint8)
    return found


NUMBERS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "float32, float64, float16": lambda value: value.double(),
    "bfloat16": lambda value: value.bfloat16(),
    "int8 and other whole numbers": lambda value: value.char(),
    "quantised tensors": quantised,
    "float8": lambda value: value.to(torch.float8_e4m3fn),
    "sparse tensors": lambda value: value.to_sparse(),
}


@pytest.mark.parametrize("row", rows("Numbers"), ids=lambda row: row[0])
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_a_row_of_numbers(row: list[str], tmp_path: Path) -> None:
    numbers, is_read, said = row
    torch.save({name: NUMBERS[numbers](value) for name, value in state().items()}, tmp_path / "a.pth")
    if is_read == "no":
        with pytest.raises(DiptychError, match=re.escape(said)):
            diptych.read(tmp_path / "a.pth")
    else:
        found = diptych.read(tmp_path / "a.pth")
        wanted = {name: np.asarray(NUMBERS[numbers](value).float()) for name, value in state().items()}
        assert all(np.array_equal(found.weights[name], array) for name, array in wanted.items())
        assert said in " ".join(found.notes)


def _script(folder: Path) -> None:
    torch.jit.script(torch.nn.Linear(2, 2)).save(folder / "script.pt")


def _own(folder: Path) -> None:
    class Own(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(3)

        def call(self, x: Any) -> Any:
            return self.dense(x)

    own = Own()
    own(np.zeros((1, 4), np.float32))
    own.save(folder / "own.keras")


def _lambda(folder: Path) -> None:
    layers = [keras.Input((8, 8, 3)), keras.layers.Lambda(lambda x: 2 * x), keras.layers.Conv2D(2, 3)]
    keras.Sequential(layers).save(folder / "lambda.keras")


def _zip(folder: Path) -> bytes:
    torch.save(state(), folder / "whole.pth")
    return (folder / "whole.pth").read_bytes()


def _objects(folder: Path) -> None:
    np.savez(folder / "objects.npz", x=np.array([{}], dtype=object))


REFUSED: dict[str, Callable[[Path], Any]] = {
    "script.pt": _script,
    "optimizer.pth": lambda folder: torch.save({"optimizer": {"state": {}}}, folder / "optimizer.pth"),
    "list.pth": lambda folder: torch.save([torch.zeros(3)], folder / "list.pth"),
    "objects.npz": _objects,
    "pointer.pth": lambda folder: (folder / "pointer.pth").write_text("version https://git-lfs.github.com/spec/v1\n"),
    "page.pth": lambda folder: (folder / "page.pth").write_text("\n<!DOCTYPE html><html></html>"),
    "cut.pth": lambda folder: (folder / "cut.pth").write_bytes(_zip(folder)[:99_999]),
    "empty.pth": lambda folder: (folder / "empty.pth").write_bytes(b""),
    "keras.pth": lambda folder: by_keras("a.keras")(folder).rename(folder / "keras.pth"),
    "folder": lambda folder: (folder / "folder").mkdir(),
    "lambda.keras": _lambda,
    "own.keras": _own,
}
"""The files that need more than a name."""


@pytest.mark.parametrize("row", rows("What is refused, and what is said"), ids=lambda row: row[0].strip("`"))
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_a_row_of_what_is_refused(row: list[str], tmp_path: Path) -> None:
    name, _, said = row[0].strip("`"), row[1], row[2]
    if name in REFUSED:
        REFUSED[name](tmp_path)
    else:
        (tmp_path / name).write_bytes(b"\0" * 300)
    with pytest.raises(DiptychError) as raised:
        diptych.read(tmp_path / name)
    assert said in str(raised.value)
    assert name in str(raised.value)


@pytest.mark.parametrize("suffix", STRANGERS)
def test_every_file_of_another_tool_is_answered_and_none_is_read(suffix: str) -> None:
    assert not any(suffix.endswith(known) for found in FORMATS for known in found.endings)
    with pytest.raises(FileError, match="which diptych does not read as weights; "):
        read(Path(f"a{suffix}"))


def test_the_network_of_the_files_is_small() -> None:
    assert isinstance(net(), Net)
    assert net().params < 100_000
