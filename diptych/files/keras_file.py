"""Keras files, `.keras` and `.weights.h5`: read as arrays and text, never deserialised into layers or code.

diptych composes a `.keras` file itself: config.json and metadata.json as Keras writes them, and the weights by the
layers' own `save_own_variables`. Model.save would hold the weights three times in memory; here the model that is saved
has never held them.
"""

from __future__ import annotations

import gc
import json
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

from ..common.errors import FileError
from ..common.spec import Array
from . import h5, provenance, stored
from .checkpoint import Checkpoint
from .content import Content
from .limits import swollen

CONFIG, WEIGHTS, METADATA, MEMBER = "config.json", "model.weights.h5", "metadata.json", "diptych.json"
ATTRIBUTE = "diptych"
TEXT_LIMIT = 1 << 26
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError, KeyError)


def read(path: Path) -> Checkpoint:
    """The checkpoint in a .keras file (a zip of config.json and model.weights.h5); raises FileError for any other."""
    stated = provenance.Provenance()
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            missing = [name for name in (CONFIG, WEIGHTS) if name not in names]
            if missing:
                raise FileError(f"{path} is not a .keras file: the zip has no {' and no '.join(missing)}")
            config, said = _text(archive, CONFIG, path), _text(archive, MEMBER, path) if MEMBER in names else b""
            info = archive.getinfo(WEIGHTS)
        _check_size(info, swollen(info.file_size, info.compress_size), path)
        weights = stored.opened(path, info)
    except BROKEN as error:
        raise FileError(f"{path} is not a whole .keras file ({reason(error)})") from None
    if said:
        stated = provenance.loads(said, path)
    with weights:
        layers, title, notes, _ = _opened(weights, path)
    return Checkpoint(path, "keras", {}, layers, stated.extras, stated, _config(config, path), title, notes)


def read_keras3(path: Path) -> Checkpoint:
    """The checkpoint in an HDF5 file that Keras 3 saved weights to; raises FileError where it is not one."""
    layers, title, notes, text = _opened(path, path)
    stated = provenance.loads(text, path) if text else provenance.Provenance()
    return Checkpoint(path, "weights.h5", {}, layers, stated.extras, stated, None, title, notes)


def write(path: Path, content: Content) -> None:
    """Write a .keras file that plain Keras loads; diptych.json, which Keras ignores, says what it is."""
    import keras

    model = content.model()
    weights = path.with_name(WEIGHTS)
    # As Model.save does, which keeps the whole file of weights in memory beside the weights.
    model.save_weights(weights)
    config = json.dumps(keras.saving.serialize_keras_object(model))
    del model
    gc.collect()  # a Keras model is cyclic garbage, as large as its weights
    saved = time.strftime("%Y-%m-%d@%H:%M:%S")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(METADATA, json.dumps({"keras_version": keras.__version__, "date_saved": saved}))
        archive.writestr(CONFIG, config)
        archive.write(weights, WEIGHTS)
        archive.writestr(MEMBER, content.text(counters=True))
    weights.unlink()


def write_weights(path: Path, content: Content) -> None:
    """Write a .weights.h5 file for Keras's load_weights."""
    import h5py

    content.model().save_weights(path)
    gc.collect()
    with h5py.File(path, "a") as file:
        file.attrs[ATTRIBUTE] = content.text(counters=True)


def _text(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    info = archive.getinfo(name)
    _check_size(info, info.file_size > TEXT_LIMIT, path)
    return archive.read(info)


def _check_size(info: zipfile.ZipInfo, too_large: bool, path: Path) -> None:
    """Raise FileError for a member that would swell beyond reason."""
    if too_large:
        sizes = f"from {info.compress_size} to {info.file_size}"
        raise FileError(f"{path}: {info.filename} would swell {sizes} bytes; refused")


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
