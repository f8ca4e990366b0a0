"""HDF5 files of Keras, `.h5` and `.hdf5`: of Keras 2 and, where it wrote one under such a name, of Keras 3."""

from __future__ import annotations

from pathlib import Path

from ..common.errors import FileError
from . import h5, keras2, keras3
from .format import Format
from .h5_checked import check_survivable
from .layers import Layers


def read(path: Path) -> Layers:
    """The checkpoint in an HDF5 file of Keras 2 or 3; raises FileError where it is neither."""
    import h5py

    check_survivable(path)
    try:
        with h5py.File(path, "r") as file:
            root = keras2.root_of(file, str(path))
            if root is not None:
                return keras2.read(file, root, path)
    except h5.BROKEN as error:
        raise FileError(f"{path} holds no whole HDF5 file of weights ({h5.reason(error)})") from None
    return keras3.read(path)


FORMAT = Format("h5", "tf", "HDF5", read, only_read=(".h5", ".hdf5"), fits=h5.fits)
