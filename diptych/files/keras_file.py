"""Keras files, `.keras` and `.weights.h5`: read as arrays and text, never deserialised into layers or code."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..common.errors import FileError
from ..common.spec import Array, Net
from . import h5, provenance
from .checkpoint import Checkpoint

DTYPES = ("float32", "float64")
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
        raise FileError(f"{path} is not a whole .keras file ({_reason(error)})") from None
    missing = [name for name in (CONFIG, WEIGHTS) if members[name] is None]
    if missing:
        raise FileError(f"{path} is not a .keras file: the zip has no {' and no '.join(missing)}")
    config = _config(members[CONFIG] or b"", path)
    stated = provenance.Provenance()
    if members[MEMBER] is not None:
        stated = provenance.loads(members[MEMBER] or b"", path)
    layers, title, notes, _ = _opened(io.BytesIO(members[WEIGHTS] or b""), path)
    return Checkpoint(path, "keras", {}, layers, stated.extras, stated, config, title, notes)


def read_weights(path: Path) -> Checkpoint:
    """The checkpoint in a .weights.h5 file; raises FileError where it is not one."""
    layers, title, notes, text = _opened(path, path)
    stated = provenance.loads(text, path) if text else provenance.Provenance()
    return Checkpoint(path, "weights.h5", {}, layers, stated.extras, stated, None, title, notes)


def write(path: Path, net: Net, arrays: Mapping[str, Array], extras: Mapping[str, int]) -> None:
    """Write a .keras file that plain Keras loads; diptych.json, which Keras ignores, says what it is."""
    _model(net, arrays).save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(MEMBER, provenance.dumps(net, extras))


def write_weights(path: Path, net: Net, arrays: Mapping[str, Array], extras: Mapping[str, int]) -> None:
    """Write a .weights.h5 file for Keras's load_weights."""
    import h5py

    _model(net, arrays).save_weights(path)
    with h5py.File(path, "a") as file:
        file.attrs[ATTRIBUTE] = provenance.dumps(net, extras)


def check_dtype(arrays: Mapping[str, Array]) -> str:
    """The one dtype of all arrays; raises FileError for several, or for one that Keras models are not built in."""
    kinds = sorted({str(array.dtype) for array in arrays.values()})
    if len(kinds) != 1 or kinds[0] not in DTYPES:
        raise FileError(
            f"the weights are {' and '.join(kinds)}, but a Keras model is all {' or all '.join(DTYPES)}; save them in "
            "one of these first, or write .safetensors or .pth, which keep each dtype"
        )
    return kinds[0]


def _model(net: Net, arrays: Mapping[str, Array]) -> Any:
    dtype = check_dtype(arrays)
    from ..tf_impl.build import build

    return build(net, arrays, dtype)


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> bytes | None:
    """The bytes of a member, or None; raises FileError where it would swell beyond reason."""
    if name not in archive.namelist():
        return None
    info = archive.getinfo(name)
    too_large = h5.swollen(info.file_size, info.compress_size) if name == WEIGHTS else info.file_size > TEXT_LIMIT
    if too_large:
        raise FileError(f"{path}: {name} would swell from {info.compress_size} to {info.file_size} bytes; refused")
    return archive.read(info)


def _config(data: bytes, path: Path) -> dict[str, Any]:
    try:
        config = json.loads(data)
        return {str(layer["config"]["name"]): layer for layer in config["config"]["layers"]}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileError(f"{path}: its {CONFIG} is not that of a Keras model of layers ({_reason(error)})") from None


def _opened(source: Any, path: Path) -> tuple[dict[str, list[Array]], str, tuple[str, ...], str]:
    """(layers, model name, notes, what diptych wrote) of an HDF5 file."""
    import h5py

    try:
        with h5py.File(source, "r") as file:
            text = str(file.attrs.get(ATTRIBUTE, ""))
            return h5.layers_of(file, str(path)), h5.title(file, str(path)), h5.left_out(file), text
    except BROKEN as error:
        raise FileError(f"{path} holds no whole HDF5 file of weights ({_reason(error)})") from None


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:120]}"
