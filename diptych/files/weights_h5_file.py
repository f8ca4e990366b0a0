"""Files of weights alone, `.weights.h5`: what Keras's `save_weights` writes and `load_weights` reads."""

from __future__ import annotations

import gc
from pathlib import Path

from . import h5, h5_file
from .content import Content
from .format import Format
from .keras3 import ATTRIBUTE


def write(path: Path, content: Content) -> None:
    """Write a .weights.h5 file for Keras's load_weights."""
    import h5py

    content.model().save_weights(path)
    gc.collect()
    with h5py.File(path, "a") as file:
        file.attrs[ATTRIBUTE] = content.text(counters=True)


FORMAT = Format("weights.h5", "tf", "HDF5", h5_file.read, write, suffixes=(".weights.h5",), fits=h5.fits)
