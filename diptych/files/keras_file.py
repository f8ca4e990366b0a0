"""Keras 3's files of models, `.keras`: read as arrays and text, never deserialised into layers or code.

diptych composes a `.keras` file itself, without Keras: config.json and metadata.json as Keras writes them, and the
weights in its groups (`keras_archive`). A model that Keras alone can describe is built by it, and has never held the
weights: Model.save would hold them three times in memory.
"""

from __future__ import annotations

import gc
import io
import json
import shutil
from pathlib import Path
from typing import BinaryIO

from ..common.errors import FileError
from . import keras3, model_config, provenance, stored
from .archive import Archive
from .content import Content
from .format import Format, zip_members
from .guarded import guarded
from .h5_checked import check_bytes, check_survivable, note_survivable
from .h5_plain import plain
from .keras_archive.store import store
from .keras_save import save_weights
from .layer_arrays import named
from .layers import Layers
from .zip_writer import Writer

CONFIG, WEIGHTS, METADATA, MEMBER = "config.json", "model.weights.h5", "metadata.json", "diptych.json"
DATE = "1980-01-01@00:00:00"
"""When each file was saved, as it says: the first day of a zip, so that the same weights are the same bytes."""
BLOCK = 1 << 20
ROOM = 1 << 13
"""Bytes for what HDF5 has beside the numbers of a layer, at most."""
VERSION = "3.9.0"
"""The oldest Keras that reads what is written: the config has what all from it on know."""


def read(path: Path) -> Layers:
    """The checkpoint in a .keras file (a zip of config.json and model.weights.h5); raises FileError for any other."""
    with Archive(path, ".keras file") as archive:
        missing = [name for name in (CONFIG, WEIGHTS) if name not in archive.members]
        if missing:
            raise FileError(f"{path} is not a .keras file: the zip has no {' and no '.join(missing)}")
        model, layers = model_config.stated(_text(archive, CONFIG), f"{path}: its {CONFIG}")
        said = _text(archive, MEMBER) if MEMBER in archive.members else b""
        stated = provenance.loads(said, path) if said else provenance.Provenance()
        with archive.open(WEIGHTS) as weights:
            found = plain(weights, path, lambda file, source: keras3.contents_in(file, source, path))
            if found is None:
                _check_weights(weights, path)
                found = keras3.contents(weights, path)
    return named(Layers(
        path, "keras", found.layers, found.places, extras=stated.extras, stated=stated, title=found.title,
        notes=found.notes, origins=found.origins, place_origins=found.place_origins, unnamed=found.unnamed,
        config=layers, model=model,
    ))  # fmt: skip


def _check_weights(weights: BinaryIO, path: Path) -> None:
    """Raise FileError where libhdf5 does not survive the weights, which lie in the zip or were unpacked."""
    if isinstance(weights, io.BufferedReader) and isinstance(weights.raw, stored.Stored):
        check_survivable(path, weights.raw.start, weights.raw.length)
    elif isinstance(weights, io.BytesIO):
        check_bytes(weights.getbuffer(), path)


def write(path: Path, content: Content) -> None:
    """Write a .keras file that plain Keras loads; diptych.json, which Keras ignores, says what it is."""
    import h5py

    described = content.described() if content.training is None else None
    if described is None:
        _write_by_keras(path, content)
        return
    most = sum(array.nbytes for array in content.arrays.values())
    with guarded(path) as file:
        writer = Writer(file)
        _add_texts(writer, described.config, VERSION)
        with writer.region(WEIGHTS, most + ROOM * len(described.parts)) as region, h5py.File(region, "w") as weights:
            store(weights, described, content.net, content.arrays)
        writer.add_text(MEMBER, content.text(counters=True))
        writer.close()
    note_survivable(path, region.start)


def _write_by_keras(path: Path, content: Content) -> None:
    """Write a model that Keras itself has made: not as Model.save, which holds a whole file of weights beside them."""
    import keras

    model = content.model()
    if content.training is not None:
        content.training.compile(model)
    weights = path.with_name(WEIGHTS)
    save_weights(model, weights, {})
    config = json.dumps(keras.saving.serialize_keras_object(model))
    del model
    gc.collect()  # a Keras model is cyclic garbage, as large as its weights
    with guarded(path) as file:
        writer = Writer(file)
        _add_texts(writer, config, keras.__version__)
        with writer.region(WEIGHTS, weights.stat().st_size) as region, weights.open("rb") as saved:
            shutil.copyfileobj(saved, region, BLOCK)
        writer.add_text(MEMBER, content.text(counters=True))
        writer.close()
    weights.unlink()


def _add_texts(writer: Writer, config: str, version: str) -> None:
    writer.add_text(METADATA, json.dumps({"keras_version": version, "date_saved": DATE}))
    writer.add_text(CONFIG, config)


def _text(archive: Archive, name: str) -> bytes:
    size = archive.members[name].size
    if size > model_config.LIMIT:
        raise FileError(f"{archive.path}: {name} would swell to {size} bytes, expected a short text; refused")
    return bytes(archive.read(name))


def fits(path: Path, head: bytes) -> bool:
    """Whether a file is a zip with the members of a .keras file."""
    return {CONFIG, WEIGHTS} <= set(zip_members(path, head))


FORMAT = Format("keras", "tf", "keras", read, write, suffixes=(".keras",), fits=fits)
