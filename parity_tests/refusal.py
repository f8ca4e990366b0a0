"""What a refusal by the command line must look like, and files by hand to be refused."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from safetensors.numpy import save_file
from typer.testing import CliRunner

from diptych.commands.cli import app
from diptych.common.registry import spec
from diptych.common.spec import Array
from diptych.common.weights import init

NET = spec("lenet5_modern")
SUFFIXES = (".pth", ".pt", ".safetensors", ".keras", ".weights.h5")


class RunsCode:
    """A pickle of it creates a file when it is loaded as an object."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.marker),)


def refused(folder: Path, *words: str | Path) -> str:
    """The one line of error of a command, after checking how it ended and that it left the folder as it was."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 2, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert not list(folder.rglob(".diptych-*"))
    return lines[0]


def arrays(**changes: Array | None) -> dict[str, Array]:
    """The weights of a small network by name; changes go by name with __ for a full stop, None leaves one out."""
    found = init(NET) | {name.replace("__", "."): array for name, array in changes.items() if array is not None}
    return {name: array for name, array in found.items() if changes.get(name.replace(".", "__"), array) is not None}


def torch_file(path: Path, weights: dict[str, Array]) -> Path:
    import torch

    torch.save({name: torch.tensor(array) for name, array in weights.items()}, path)
    return path


def safetensors_file(path: Path, weights: dict[str, Array]) -> Path:
    save_file(weights, str(path))
    return path


def h5_bytes(layers: dict[str, list[Array]]) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_group("vars")
        for number, (name, variables) in enumerate(layers.items()):
            group = file.create_group(f"layers/layer_{number}/vars")
            group.attrs["name"] = name
            for index, array in enumerate(variables):
                group[str(index)] = array
    return buffer.getvalue()


def keras_file(path: Path, layers: dict[str, list[Array]], config: Any) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", h5_bytes(layers))
    return path


def good(path: Path) -> Path:
    """A sound file of the format of a suffix."""
    layers = {"c1": [np.ones((500, 50), np.float32)]}
    if path.name.endswith(".weights.h5"):
        path.write_bytes(h5_bytes(layers))
        return path
    if path.suffix == ".keras":
        return keras_file(path, layers, {"config": {"layers": []}})
    return (safetensors_file if path.suffix == ".safetensors" else torch_file)(path, arrays())
