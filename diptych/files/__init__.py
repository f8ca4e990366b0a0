"""Weights files: which format a path has, what is in it, and how canonical weights are written into one."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..common.errors import FileError
from ..common.spec import Array, Net
from . import keras_file, safetensors_file, torch_file
from .checkpoint import Checkpoint

Reader = Callable[[Path], Checkpoint]
Writer = Callable[[Path, Net, Mapping[str, Array], Mapping[str, int]], None]


@dataclass(frozen=True)
class Format:
    """A file format: its suffixes, what its content looks like, how it is read and written, what it needs."""

    name: str
    suffixes: tuple[str, ...]
    content: str
    read: Reader
    write: Writer
    one_dtype: bool = False


FORMATS = (
    Format("safetensors", (".safetensors",), "safetensors", safetensors_file.read, safetensors_file.write),
    Format("torch", (".pth", ".pt"), "torch", torch_file.read, torch_file.write),
    Format("keras", (".keras",), "keras", keras_file.read, keras_file.write, True),
    Format("weights.h5", (".weights.h5",), "HDF5", keras_file.read_weights, keras_file.write_weights, True),
)


def format_of(path: Path) -> Format:
    """The format that a path's suffix names; raises FileError listing those there are."""
    for known in FORMATS:
        if path.name.lower().endswith(known.suffixes):
            return known
    suffixes = ", ".join(suffix for known in FORMATS for suffix in known.suffixes)
    raise FileError(f"{path} has no known suffix; the formats are {suffixes}")


def read(path: Path) -> Checkpoint:
    """The checkpoint in a file; raises FileError where it is missing, empty, cut short, or not what its suffix says."""
    known = format_of(path)
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except FileNotFoundError:
        raise FileError(f"{path} does not exist") from None
    except IsADirectoryError:
        raise FileError(f"{path} is a folder, expected a file of weights") from None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from None
    if not head:
        raise FileError(f"{path} is empty, expected weights in {known.name} format")
    looks = content(path, head)
    if looks not in ("", known.content):
        raise FileError(f"{path} holds {looks} content, not what its suffix says; give the file its right suffix")
    try:
        return known.read(path)
    except ModuleNotFoundError as error:
        raise FileError(f"reading {path} needs {error.name}: pip install 'diptych[all]'") from None


def write(path: Path, net: Net, arrays: Mapping[str, Array], extras: Mapping[str, int]) -> None:
    """Write canonical weights and torch's batch counters; the file is not written whole or not at all: see `atomic`."""
    try:
        format_of(path).write(path, net, arrays, extras)
    except ModuleNotFoundError as error:
        raise FileError(f"writing {path.name} needs {error.name}: pip install 'diptych[all]'") from None


def content(path: Path, head: bytes) -> str:
    """What a file looks like by its content, or "" where that is not plain."""
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "HDF5"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 32:
        return "safetensors"
    if head.startswith(b"PK\x03\x04") and zipfile.is_zipfile(path):
        return _zip_content(path)
    return "torch" if head.startswith(b"\x80") else ""


def _zip_content(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return ""
    if any(name.endswith("/data.pkl") for name in names):
        return "torch"
    return "keras" if "config.json" in names and "model.weights.h5" in names else ""
