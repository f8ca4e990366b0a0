"""Conversions of models of somebody's own, proven again: from their files; of code and memory it is said how."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
import torch
from command_line import run
from keras_reading import scramble
from refusal import refused
from torch import nn

import diptych

MODULE = "import torch\n\n\ndef make():\n    return torch.nn.Conv2d(3, 4, 3)\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """in.keras, and what it was converted to: out.pth, with its source in out.py."""
    place = tmp_path_factory.mktemp("own")
    layers = keras.layers
    chain = [layers.Conv2D(4, 3, name="conv"), layers.BatchNormalization(name="bn"), layers.ReLU(name="act")]
    model = keras.Sequential([keras.Input((None, None, 3)), *chain], name="tiny")
    scramble(model)
    model.save(place / "in.keras")
    words = ("--example", "1x14x12x3", "--html", place / "out.html")
    done = run("convert", place / "in.keras", place / "out.pth", *words)
    assert done.exit_code == 0, done.output
    return place


def copied(folder: Path, to: Path) -> Path:
    """The same files elsewhere, the source where it was."""
    for name in ("out.pth", "out.pth.report.json", "out.py"):
        (to / name).write_bytes((folder / name).read_bytes())
    return to / "out.pth"


def test_a_file_of_a_model_is_read_and_run_again(folder: Path) -> None:
    done = run("verify", folder / "out.pth")
    assert done.exit_code == 0, done.output
    assert "tiny: verified" in done.stdout
    assert "in.keras is unchanged, and read again, the same bits" in done.stdout
    assert "its emitted TensorFlow file against the Keras model itself in float64" in done.stdout
    assert "out.py, is the one that was run" in done.stdout


def test_the_result_alone_is_held_to_its_report(folder: Path, tmp_path: Path) -> None:
    done = run("verify", copied(folder, tmp_path), "--result-only")
    assert done.exit_code == 0, done.output
    assert "the file has weights alone" in done.stdout
    diptych.convert(nn.Conv2d(3, 4, 3), tmp_path / "o.keras", example=torch.zeros(1, 3, 12, 10), check="float32")
    found = diptych.verify(tmp_path / "o.keras", result_only=True)
    assert found.passed
    assert "its emitted PyTorch file" in str(found)


def edited(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    place = path.with_name(f"{path.name}.report.json")
    data = json.loads(place.read_text())
    change(data)
    place.write_text(json.dumps(data))


def lied(data: dict[str, Any]) -> None:
    data["proof"]["compared"][0]["difference"] = 1e-3


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "the digest": (lambda data: data["result"].update(sha256="0" * 64), "its SHA-256 is"),
    "the format": (lambda data: data["result"].update(format="npz"), "its result.format is"),
    "the mapping": (lambda data: data["mapping"].reverse(), "its mapping is not that"),
    "the network": (lambda data: data["result"].update(network="other"), "its network is other"),
    "the proof": (lied, "its proof.difference is 0.001"),
    "the bits": (lambda data: data.update(bitwise=False), "its bitwise is False"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_report_that_lies_is_found(folder: Path, tmp_path: Path, name: str) -> None:
    change, said = CHANGES[name]
    path = copied(folder, tmp_path)
    edited(path, change)
    done = run("verify", path)
    assert done.exit_code == 1, done.output
    assert said in done.stdout


def test_weights_of_another_source_are_found(folder: Path, tmp_path: Path) -> None:
    path = copied(folder, tmp_path)
    state = torch.load(path)
    state["conv.weight"][0, 0, 0, 0] += 1e-7
    torch.save(state, path)
    from diptych.conversion.report import digest

    edited(path, lambda data: data["result"].update(sha256=digest(path)))
    done = run("verify", path)
    assert done.exit_code == 1, done.output
    assert "conv.weight has other bits than in the source" in done.stdout


def test_a_report_of_other_types_is_refused(folder: Path, tmp_path: Path) -> None:
    path = copied(folder, tmp_path)
    edited(path, lambda data: data["model"].update(path="in.keras"))
    assert "expected an absolute path" in refused(tmp_path, "verify", path)


def test_a_changed_source_is_not_compared(folder: Path, tmp_path: Path) -> None:
    path = copied(folder, tmp_path)
    other = tmp_path / "in.keras"
    other.write_bytes((folder / "in.keras").read_bytes() + b" ")
    edited(path, lambda data: data["model"].update(path=str(other)))
    done = run("verify", path)
    assert done.exit_code == 2, done.output
    assert "has changed since the conversion" in done.stdout


def test_code_is_not_run_and_its_command_is_said(tmp_path: Path) -> None:
    (tmp_path / "my own.py").write_text(MODULE)
    name = f"{tmp_path / 'my own.py'}:make"
    done = run("convert", name, tmp_path / "out.npz", "--example", "1x3x12x10", "--fast")
    assert done.exit_code == 0, done.output
    (tmp_path / "my own.py").write_text("raise SystemExit('run')")
    found = run("verify", tmp_path / "out.npz")
    assert found.exit_code == 2, found.output
    assert "run'" not in found.output
    command = found.stdout.partition("this does: ")[2].partition("\n")[0]
    (tmp_path / "my own.py").write_text(MODULE)
    again = run(*shlex.split(command)[1:])
    assert again.exit_code == 0, again.output


def test_a_model_in_memory_is_not_found_again(tmp_path: Path) -> None:
    diptych.convert(nn.Conv2d(3, 4, 3), tmp_path / "o.npz", example=torch.zeros(1, 3, 12, 10), check=None)
    found = diptych.verify(tmp_path / "o.npz")
    assert (found.passed, found.unknown) == (False, True)
    assert "was in memory; call diptych.convert with it again" in str(found)


def test_the_page_shows_what_was_compared(folder: Path) -> None:
    page = (folder / "out.html").read_text()
    assert "its emitted TensorFlow file" in page
    assert "the Keras model itself" in page
    assert "conv.weight" in page
    assert "the class" in page
