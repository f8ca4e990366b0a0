"""HDF5 files of Keras by a plain walk: every array by its path, its bytes taken at its place in the file.

Only the places come from libhdf5; the bytes are read past it, but where an array is not stored as it is.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ...common.spec import Array
from . import Again, Key, Lazy

WEIGHTS = "model.weights.h5"
WORDS = "a walk over all arrays with h5py {}, bytes taken at their place"


def read(path: Path) -> Again:
    """The arrays of a file, or of the weights in a .keras file, by their path."""
    import h5py

    source = _weights(path) if zipfile.is_zipfile(path) else path.open("rb")
    try:
        file = h5py.File(source, "r")
    except OSError:
        source.close()
        raise
    found: dict[Key, Any] = {}

    def add(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[tuple(name.split("/"))] = item

    file.visititems(add)

    def close() -> None:
        found.clear()
        file.close()
        source.close()

    return Again(_Walked(found, file, source), WORDS.format(h5py.__version__), close)


class _Walked(Lazy):
    """The arrays that were met; one with several names is met once, and found by the others in the file."""

    def __init__(self, found: Mapping[Key, Any], file: Any, source: BinaryIO) -> None:
        super().__init__(found, lambda key: _array(found.get(key) or file["/".join(key)], source))
        self._file = file

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (isinstance(key, tuple) and hasattr(self._file.get("/".join(key)), "dtype"))


def _array(dataset: Any, source: BinaryIO) -> Array:
    place = dataset.id.get_offset()
    if place is None or dataset.dtype.kind not in "fiu":
        found = np.empty(dataset.shape, dataset.dtype)
        if dataset.size:
            dataset.read_direct(found)
        return found
    source.seek(place)
    return np.frombuffer(source.read(dataset.nbytes), dataset.dtype).reshape(dataset.shape)


def _weights(path: Path) -> BinaryIO:
    """The weights in a zip, in memory where they are packed."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(WEIGHTS)
        if info.compress_type != zipfile.ZIP_STORED:
            return io.BytesIO(archive.read(info))
        with archive.open(info) as member:  # the checksum
            while member.read(1 << 22):
                pass
    file = path.open("rb")
    file.seek(info.header_offset + 26)
    lengths = np.frombuffer(file.read(4), "<u2")
    return io.BufferedReader(_Part(file, info.header_offset + 30 + int(lengths.sum()), info.file_size))


class _Part(io.RawIOBase):
    """`size` bytes of a file from a byte on."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._file, self._start, self._end = file, start, start + size
        file.seek(start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(min(len(buffer), max(self._end - self._file.tell(), 0)))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: self._start, io.SEEK_CUR: self._file.tell(), io.SEEK_END: self._end}[whence]
        return self._file.seek(base + offset) - self._start

    def tell(self) -> int:
        return self._file.tell() - self._start

    def close(self) -> None:
        self._file.close()
        super().close()
