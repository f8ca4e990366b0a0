"""Keras 3's files of models, `.keras`: read as arrays and text, never deserialised into layers or code.

diptych composes a `.keras` file itself: config.json and metadata.json as Keras writes them, and the weights by the
layers' own `save_own_variables`. Model.save would hold the weights three times in memory; here the model that is saved
has never held them.
"""

from __future__ import annotations

import gc
import json
import shutil
import zipfile
from pathlib import Path

from ..common.errors import FileError
from . import keras3, model_config, provenance, stored
from .content import Content
from .format import Format, zip_members
from .guarded import guarded
from .h5 import BROKEN, reason
from .keras_save import save_weights
from .layers import Layers
from .limits import is_swollen

CONFIG, WEIGHTS, METADATA, MEMBER = "config.json", "model.weights.h5", "metadata.json", "diptych.json"
DATE = "1980-01-01@00:00:00"
"""When each file was saved, as it says: the first day of a zip, so that the same weights are the same bytes."""
BLOCK = 1 << 20


def read(path: Path) -> Layers:
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
        _check_size(info, is_swollen(info.file_size, info.compress_size), path)
        weights = stored.open_member(path, info)
    except BROKEN as error:
        raise FileError(f"{path} is not a whole .keras file ({reason(error)})") from None
    if said:
        stated = provenance.loads(said, path)
    with weights:
        found = keras3.contents(weights, path)
    return Layers(
        path, "keras", found.layers, found.places, extras=stated.extras, stated=stated, title=found.title,
        notes=found.notes, config=model_config.layers_in(config, f"{path}: its {CONFIG}"),
    )  # fmt: skip


def write(path: Path, content: Content) -> None:
    """Write a .keras file that plain Keras loads; diptych.json, which Keras ignores, says what it is."""
    import keras

    model = content.model()
    weights = path.with_name(WEIGHTS)
    # Not as Model.save does, which keeps the whole file of weights in memory beside the weights.
    save_weights(model, weights, {})
    config = json.dumps(keras.saving.serialize_keras_object(model))
    del model
    gc.collect()  # a Keras model is cyclic garbage, as large as its weights
    said = {"keras_version": keras.__version__, "date_saved": DATE}
    with guarded(path) as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo(METADATA), json.dumps(said))
        archive.writestr(zipfile.ZipInfo(CONFIG), config)
        with weights.open("rb") as saved, archive.open(zipfile.ZipInfo(WEIGHTS), "w", force_zip64=True) as member:
            shutil.copyfileobj(saved, member, BLOCK)
        archive.writestr(zipfile.ZipInfo(MEMBER), content.text(counters=True))
    weights.unlink()


def _text(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    info = archive.getinfo(name)
    _check_size(info, info.file_size > model_config.LIMIT, path)
    return archive.read(info)


def _check_size(info: zipfile.ZipInfo, too_large: bool, path: Path) -> None:
    """Raise FileError for a member that would swell beyond reason."""
    if too_large:
        sizes = f"from {info.compress_size} to {info.file_size}"
        raise FileError(f"{path}: {info.filename} would swell {sizes} bytes; refused")


def fits(path: Path, head: bytes) -> bool:
    """Whether a file is a zip with the members of a .keras file."""
    return {CONFIG, WEIGHTS} <= set(zip_members(path, head))


FORMAT = Format("keras", "tf", "keras", read, write, suffixes=(".keras",), fits=fits)
