"""Weights files: which format a path has, what is in it, and how canonical weights are written into one.

Checkpoints are data: torch files are read with `weights_only=True`, HDF5 files as arrays, and nothing in a file is
run.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.errors import FileError
from ..common.spec import Array, Net
from . import keras_file, legacy_h5, npz_file, onnx_file, safetensors_file, tf_file, torch_file
from .checkpoint import Checkpoint
from .content import Content
from .tf_bundle import index_of, prefix_of

Reader = Callable[[Path], Checkpoint]
Writer = Callable[[Path, Content], None]


@dataclass(frozen=True)
class Format:
    """A file format: its suffixes, what its content looks like, how it is read and written, what it needs.

    `only_read` are the suffixes that are read but not written; a format without `write` has no others.
    """

    name: str
    suffixes: tuple[str, ...]
    content: str
    read: Reader
    write: Writer | None = None
    one_dtype: bool = False
    only_read: tuple[str, ...] = ()

    @property
    def framework(self) -> str:
        """The framework whose format it is, "torch" or "tf"; what belongs to neither has names as torch's files do."""
        return "tf" if self.content in ("keras", "HDF5", "TensorFlow") else "torch"


HEAD = 264
FOLDER = "{} is a folder, expected a file of weights, or a SavedModel (a folder with saved_model.pb in it)"
TORCH = (".bin", ".ckpt", ".tar")
FORMATS = (
    Format("safetensors", (".safetensors",), "safetensors", safetensors_file.read, safetensors_file.write),
    Format("torch", (".pth", ".pt"), "torch", torch_file.read, torch_file.write, only_read=TORCH),
    Format("keras", (".keras",), "keras", keras_file.read, keras_file.write, True),
    Format("weights.h5", (".weights.h5",), "HDF5", legacy_h5.read, keras_file.write_weights, True),
    Format("npz", (".npz",), "npz", npz_file.read, npz_file.write),
    Format("h5", (), "HDF5", legacy_h5.read, only_read=(".h5", ".hdf5")),
    Format("onnx", (), "ONNX", onnx_file.read, only_read=(".onnx",)),
    Format("tensorflow", (), "TensorFlow", tf_file.read, only_read=(".pb", ".index")),
)


def format_of(path: Path) -> Format:
    """The format to write that a path's suffix names; raises FileError listing those there are."""
    known = _named(path)
    suffixes = ", ".join(suffix for format_ in FORMATS for suffix in format_.suffixes)
    if known is None:
        raise FileError(f"{path} has no known suffix; the formats to write are {suffixes}")
    if not path.name.lower().endswith(known.suffixes):
        suffix = next(suffix for suffix in known.only_read if path.name.lower().endswith(suffix))
        raise FileError(f"{path}: diptych reads {suffix} but does not write it; the formats to write are {suffixes}")
    return known


def read(path: Path) -> Checkpoint:
    """The checkpoint in a file; raises FileError where it is missing, empty, cut short, or not what its suffix says.

    A TensorFlow checkpoint may also be named by its prefix, and a SavedModel by its folder.
    """
    known = source_format(path)
    try:
        return known.read(path)
    except ModuleNotFoundError as error:
        raise FileError(f"reading {path} needs {error.name}: pip install 'diptych[all]'") from None


def source_format(path: Path) -> Format:
    """The format to read a path in; raises FileError where its suffix, its place or its content is none of a format."""
    prefix = prefix_of(path)
    known = FORMATS[-1] if prefix is not None or tf_file.is_model(path) else _named(path)
    if known is None and os.path.isdir(path):
        raise FileError(FOLDER.format(path))
    if known is None:
        suffixes = ", ".join(suffix for format_ in FORMATS for suffix in (*format_.suffixes, *format_.only_read))
        raise FileError(f"{path} has no known suffix; the formats are {suffixes}")
    if tf_file.is_model(path):
        return known
    head = _head(path if prefix is None else index_of(prefix), known)
    looks = sniffed(path, head)
    if looks not in ("", known.content):
        raise FileError(f"{path} holds {looks} content, not what its suffix says; give the file its right suffix")
    return known


def write(path: Path, net: Net, arrays: Mapping[str, Array], extras: Mapping[str, int], **more: Any) -> None:
    """Write canonical weights and torch's batch counters, and what else `Content` takes, as the suffix says."""
    write_content(path, Content(net, arrays, extras, **more))


def write_content(path: Path, content: Content) -> None:
    """Write a weights file as its suffix says; not whole or not at all: see `atomic`."""
    writer = format_of(path).write
    if writer is None:
        raise TypeError(f"{path.name} is in a format without a writer")
    try:
        writer(path, content)
    except ModuleNotFoundError as error:
        raise FileError(f"writing {path.name} needs {error.name}: pip install 'diptych[all]'") from None


def sniffed(path: Path, head: bytes) -> str:
    """What a file looks like by its content, or "" where that is not plain."""
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "HDF5"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 32:
        return "safetensors"
    if head.startswith(b"PK\x03\x04") and zipfile.is_zipfile(path):
        return _zip_content(path)
    if head[257:262] == b"ustar":
        return "tar"
    return "torch" if head.startswith(b"\x80") else ""


def _named(path: Path) -> Format | None:
    name = path.name.lower()
    return next((known for known in FORMATS if name.endswith((*known.suffixes, *known.only_read))), None)


def _head(path: Path, known: Format) -> bytes:
    """The first bytes of a file; raises FileError where it is missing, empty or a folder."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError:
        raise FileError(f"{path} does not exist") from None
    except IsADirectoryError:
        raise FileError(FOLDER.format(path)) from None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from None
    if not head:
        raise FileError(f"{path} is empty, expected weights in {known.name} format")
    return head


def _zip_content(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return ""
    if any(name.endswith("/data.pkl") for name in names):
        return "torch"
    if names and all(name.endswith(".npy") or name == npz_file.MEMBER for name in names):
        return "npz"
    return "keras" if "config.json" in names and "model.weights.h5" in names else ""
