"""Keras files, `.keras` and `.weights.h5`: read as arrays and text, never deserialised into layers or code."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

from ..common.errors import FileError
from ..common.spec import Array
from . import h5, provenance
from .checkpoint import Checkpoint
from .content import Content
from .limits import swollen

CONFIG, WEIGHTS, MEMBER = "config.json", "model.weights.h5", "diptych.json"
ATTRIBUTE = "diptych"
TEXT_LIMIT = 1 << 26
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError, KeyError)


def read(path: Path) -> Checkpoint:
    """The checkpoint in a .keras file (a zip of config.json and model.weights.h5); raises FileError for any other."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {name: _member(archive, name, path) for name in (CONFIG, WEIGHTS, MEMBER)}
    except BROKEN as error:
        raise FileError(f"{path} is not a whole .keras file ({reason(error)})") from None
    missing = [name for name in (CONFIG, WEIGHTS) if members[name] is None]
    if missing:
        raise FileError(f"{path} is not a .keras file: the zip has no {' and no '.join(missing)}")
    config = _config(members[CONFIG] or b"", path)
    stated = provenance.Provenance()
    if members[MEMBER] is not None:
        stated = provenance.loads(members[MEMBER] or b"", path)
    layers, title, notes, _ = _opened(io.BytesIO(members[WEIGHTS] or b""), path)
    return Checkpoint(path, "keras", {}, layers, stated.extras, stated, config, title, notes)


def read_keras3(path: Path) -> Checkpoint:
    """The checkpoint in an HDF5 file that Keras 3 saved weights to; raises FileError where it is not one."""
    layers, title, notes, text = _opened(path, path)
    stated = provenance.loads(text, path) if text else provenance.Provenance()
    return Checkpoint(path, "weights.h5", {}, layers, stated.extras, stated, None, title, notes)


def write(path: Path, content: Content) -> None:
    """Write a .keras file that plain Keras loads; diptych.json, which Keras ignores, says what it is."""
    content.model().save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(MEMBER, content.text(counters=True))


def write_weights(path: Path, content: Content) -> None:
    """Write a .weights.h5 file for Keras's load_weights."""
    import h5py

    content.model().save_weights(path)
    with h5py.File(path, "a") as file:
        file.attrs[ATTRIBUTE] = content.text(counters=True)


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> bytes | None:
    """The bytes of a member, or None; raises FileError where it would swell beyond reason."""
    if name not in archive.namelist():
        return None
    info = archive.getinfo(name)
    too_large = swollen(info.file_size, info.compress_size) if name == WEIGHTS else info.file_size > TEXT_LIMIT
    if too_large:
        raise FileError(f"{path}: {name} would swell from {info.compress_size} to {info.file_size} bytes; refused")
    return archive.read(info)


def entries(model: Any, where: str) -> dict[str, Any]:
    """Layer name -> its entry in the config of a model, "outer/inner" for layers inside one; raises FileError."""
    found: dict[str, Any] = {}
    try:
        _collect(model["config"], "", found)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FileError(f"{where} is not that of a Keras model of layers ({reason(error)})") from None
    return found


def reason(error: Exception) -> str:
    """What went wrong below, in one short line."""
    return f"{type(error).__name__}: {' '.join(str(error)[:120].split())}"


def _collect(config: Any, outer: str, found: dict[str, Any]) -> None:
    """Add the entries of a model's layers; a wrapper such as TimeDistributed has one inner layer, under `layer`."""
    layers = config if isinstance(config, list) else config["layers"]  # a list: Sequential before Keras 2.2.3
    for entry in layers:
        inside = entry["config"]
        name = f"{outer}{inside['name']}" if isinstance(inside, dict) else f"{outer}{entry['name']}"
        found[name] = entry
        if isinstance(inside, list) or isinstance(inside.get("layers"), list):
            _collect(inside, f"{name}/", found)
        elif isinstance(inside.get("layer"), dict):
            _collect([inside["layer"]], f"{name}/", found)


def _config(data: bytes, path: Path) -> dict[str, Any]:
    where = f"{path}: its {CONFIG}"
    try:
        config = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{where} is not that of a Keras model of layers ({reason(error)})") from None
    return entries(config, where)


def _opened(source: Any, path: Path) -> tuple[dict[str, list[Array]], str, tuple[str, ...], str]:
    """(layers, model name, notes, what diptych wrote) of an HDF5 file."""
    import h5py

    try:
        with h5py.File(source, "r") as file:
            text = str(file.attrs.get(ATTRIBUTE, ""))
            return h5.layers_of(file, str(path)), h5.title(file, str(path)), h5.left_out(file), text
    except BROKEN as error:
        raise FileError(f"{path} holds no whole HDF5 file of weights ({reason(error)})") from None
