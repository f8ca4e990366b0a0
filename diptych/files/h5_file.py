"""HDF5 files of Keras, `.h5` and `.hdf5`: of Keras 2 and, where it wrote one under such a name, of Keras 3."""

from __future__ import annotations

from pathlib import Path

from ..common.errors import FileError
from . import h5, keras2, keras3
from .format import Format
from .h5_checked import check_survivable
from .h5_plain import PlainSource, plain
from .layers import Layers
from .plain_hdf5.tree import Group


def read(path: Path) -> Layers:
    """The checkpoint in an HDF5 file of Keras 2 or 3; raises FileError where it is neither."""
    if (found := plain(path, path, lambda file, source: _read(file, source, path))) is not None:
        return found
    import h5py

    check_survivable(path)
    try:
        with h5py.File(path, "r") as file:
            root = keras2.root_of(file, str(path))
            if root is not None:
                return keras2.read(file, root, path, h5.Source(file, str(path)))
    except h5.BROKEN as error:
        raise FileError(f"{path} holds no whole HDF5 file of weights ({h5.reason(error)})") from None
    return keras3.read(path)


def _read(file: Group, source: PlainSource, path: Path) -> Layers:
    """The checkpoint in a plain file."""
    root = keras2.root_of(file, str(path))
    if root is not None:
        return keras2.read(file, root, path, source)
    return keras3.layers(keras3.contents_in(file, source, path), path)


FORMAT = Format("h5", "tf", "HDF5", read, only_read=(".h5", ".hdf5"), fits=h5.fits)
