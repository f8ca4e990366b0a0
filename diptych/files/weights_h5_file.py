"""Files of weights alone, `.weights.h5`: what Keras's `save_weights` writes and `load_weights` reads."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from pathlib import Path

from ..common.spec import Array
from . import h5, h5_file
from .content import Content
from .format import Format
from .guarded import guarded
from .h5_checked import note_survivable
from .keras3 import ATTRIBUTE, VARIABLES
from .keras_archive.store import store
from .keras_save import save_weights


def write(path: Path, content: Content) -> None:
    """Write a .weights.h5 file for Keras's load_weights."""
    import h5py

    said = {ATTRIBUTE: content.text(counters=True)}
    if content.dialect.by_place:
        _write_groups(path, content.groups(), said)
    elif (described := content.described()) is not None:
        with guarded(path) as plain, h5py.File(plain, "w") as file:
            store(file, described, content.net, content.arrays)
            file.attrs.update(said)
        note_survivable(path)
    else:
        save_weights(content.model(), path, said)
        gc.collect()


def _write_groups(path: Path, groups: Mapping[str, list[Array]], attributes: Mapping[str, str]) -> None:
    """Write a file as the model of an emitted file saves it: a group for each layer, by its place in the model."""
    import h5py

    with guarded(path) as plain, h5py.File(plain, "w") as file:
        file.attrs.update(attributes)
        file.create_group(VARIABLES)
        for place, arrays in groups.items():
            for index, array in enumerate(arrays):
                file[f"{place}/{VARIABLES}/{index}"] = array


FORMAT = Format("weights.h5", "tf", "HDF5", h5_file.read, write, suffixes=(".weights.h5",), fits=h5.fits)
