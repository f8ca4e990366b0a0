"""Arrays of an HDF5 file: links, external storage and virtual arrays are refused."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

from ..common.errors import FileError
from ..common.spec import Array
from .border import reason as reason
from .checkpoint import native
from .limits import Budget, is_swollen

MAGIC = b"\x89HDF\r\n\x1a\n"
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError, KeyError)
"""What h5py and the zip module raise for a file that is not whole."""


def fits(path: Path, head: bytes) -> bool:
    """Whether a file begins as HDF5 does."""
    return head.startswith(MAGIC)


class Source:
    """An open HDF5 file whose members are taken one by one: no links, no second visits, no more than is stored."""

    def __init__(self, file: Any, where: str) -> None:
        self.file, self.where = file, where
        self.budget = Budget(int(file.id.get_filesize()))
        self.visited: set[int] = set()

    def enter(self, group: Any, where: str) -> None:
        """Mark a group as read; raises FileError where it was read before, under another name or inside itself."""
        import h5py

        address = h5py.h5o.get_info(group.id).addr
        if address in self.visited:
            raise FileError(f"{where} is a second name of a group that was read before; such files are refused")
        self.visited.add(address)

    def array(self, dataset: Any, where: str) -> Array:
        """The data of a member; raises FileError where it is no array, lies elsewhere, or claims too much."""
        if dataset is None or not hasattr(dataset, "dtype") or not hasattr(dataset, "nbytes"):
            raise FileError(f"{where} is not an array, where Keras keeps a variable")
        if dataset.external or dataset.is_virtual:
            raise FileError(f"{where} keeps its data in another file; only arrays inside the file are read")
        if dataset.dtype.kind not in "fiub":
            raise FileError(f"{where} holds {dataset.dtype}, expected numbers; save the weights as float32 first")
        if is_swollen(dataset.nbytes, dataset.id.get_storage_size()):
            raise FileError(
                f"{where} claims {dataset.nbytes} bytes, but the file stores {dataset.id.get_storage_size()}"
            )
        self.budget.take(dataset.nbytes, where)
        return native(dataset[()])


def child(group: Any, path: str, where: str) -> Any:
    """The member at a path, or None; raises FileError for a link on the way that leads elsewhere."""
    import h5py

    for key in path.split("/"):
        if key in ("", ".", "..") or not hasattr(group, "keys"):
            return None
        link = group.get(key, getlink=True)
        if link is not None and not isinstance(link, h5py.HardLink):
            raise FileError(f"{where}/{path} is a link to another place; only arrays inside the file are read")
        group = group.get(key)
    return group


def text(value: Any) -> str:
    """An attribute as text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
