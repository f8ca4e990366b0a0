"""Arrays of an HDF5 file: links, external storage and virtual arrays are refused, and what no model needs."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

from ..common.errors import FileError
from ..common.memory import Mapped, is_mapping
from ..common.spec import Array
from .border import reason as reason
from .checkpoint import Key, native
from .limits import Budget, is_swollen
from .plain_hdf5.tree import Group as PlainGroup
from .shapes import is_possible, shown

MAGIC = b"\x89HDF\r\n\x1a\n"
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OSError, LookupError),
    *(TypeError, AttributeError, ArithmeticError, MemoryError),
)
"""What h5py and the zip module raise for a file that is not whole."""
MEMBERS, DEPTH = 100_000, 40
"""Members of a group, and groups and arrays in all, at most; groups in each other."""
TEXT = 1 << 26
"""Bytes of an attribute at most."""
NARROW = 2
"""Bytes of a bfloat16, which h5py keeps as bytes without a meaning, as it keeps the floats of one byte."""
FILTERS = ("gzip", "lzf", None)
"""How an array may be compressed; szip and what others have plugged in are refused."""


class Variable(NamedTuple):
    """An array, and where the file has it."""

    key: Key
    array: Array


def fits(path: Path, head: bytes) -> bool:
    """Whether a file begins as HDF5 does."""
    return head.startswith(MAGIC)


class Source:
    """An open HDF5 file whose members are taken one by one: no links, no second visits, no more than is stored.

    `place` is the descriptor of the file in which it lies, and from which byte on; `size` is that of the file.
    """

    def __init__(self, file: Any, where: str, place: tuple[int, int] | None = None, size: int | None = None) -> None:
        self.file, self.where = file, where
        descriptor, self.start = place or (-1, 0)
        self.map = Mapped(descriptor) if place and is_mapping() else None
        self.budget = Budget(int(file.id.get_filesize()) if size is None else size)
        self.visited: set[int] = set()
        self.arrays = self.stored = 0

    def enter(self, group: Any, where: str) -> None:
        """Mark a group as read; raises FileError where it was read before, under another name or inside itself."""
        if len(group) > MEMBERS or len(self.visited) > MEMBERS or where.removeprefix(self.where).count("/") > DEPTH:
            raise FileError(f"{where[:200]} has more members, or lies deeper, than any model needs; refused")
        address = _address(group)
        if address in self.visited:
            raise FileError(f"{where} is a second name of a group that was read before; such files are refused")
        self.visited.add(address)

    def array(self, dataset: Any, where: str) -> Variable:
        """The data of a member; raises FileError where it is no array, lies elsewhere, or claims too much."""
        self.arrays += 1
        if dataset is None or not hasattr(dataset, "dtype") or not hasattr(dataset, "nbytes"):
            raise FileError(f"{where} is not an array, where Keras keeps a variable")
        if dataset.external or dataset.is_virtual:
            raise FileError(f"{where} keeps its data in another file; only arrays inside the file are read")
        if dataset.dtype.kind == "V" and dataset.dtype.itemsize <= NARROW:
            kind = "bfloat16" if dataset.dtype.itemsize == NARROW else "a float of 8 bits"
            advice = "load the weights into the model made with the policy float32, and save that"
            raise FileError(f"{where} is {kind}, as Keras writes it under that policy, and is not read; {advice}")
        if dataset.dtype.kind not in "fiub":
            raise FileError(f"{where} holds {dataset.dtype}, expected numbers; save the weights as float32 first")
        if dataset.shape is None or not is_possible([int(dim) for dim in dataset.shape]):
            raise FileError(f"{where} has the impossible shape {shown(dataset.shape or ())}; save the weights again")
        if dataset.compression not in FILTERS or dataset.scaleoffset is not None or self.arrays > MEMBERS:
            raise FileError(
                f"{where} is packed as {dataset.compression}, or is one of too many; save the weights again"
            )
        if is_swollen(dataset.nbytes, dataset.id.get_storage_size()):
            raise FileError(
                f"{where} claims {dataset.nbytes} bytes, but the file stores {dataset.id.get_storage_size()}"
            )
        self.stored += dataset.id.get_storage_size()
        if self.stored > self.budget.stored:
            raise FileError(f"{where} lies where other arrays do, or they have more bytes than the file; refused")
        self.budget.take(dataset.nbytes, where)
        found = self._mapped(dataset)
        found = dataset[()] if found is None else found
        return Variable(tuple(str(dataset.name).strip("/").split("/")), native(found))

    def _mapped(self, dataset: Any) -> Array | None:
        """An array where it lies in the file, in one piece; None where it does not, or is to be read."""
        place = dataset.id.get_offset()
        if self.map is None or place is None or not dataset.size:
            return None
        flat: Array = self.map.bytes(self.start + place, dataset.nbytes).view(dataset.dtype)
        return flat.reshape(dataset.shape)


def child(group: Any, path: str, where: str) -> Any:
    """The member at a path, or None; raises FileError for a link on the way that leads elsewhere."""
    for key in path.split("/"):
        if key in ("", ".", "..") or not hasattr(group, "keys"):
            return None
        if _leads_away(group, key):
            raise FileError(f"{where}/{path} is a link to another place; only arrays inside the file are read")
        group = group.get(key)
    return group


def _leads_away(group: Any, key: str) -> bool:
    """Whether a member is a link to another place, of which a plain file has none."""
    if isinstance(group, PlainGroup):
        return False
    import h5py

    link = group.get(key, getlink=True)
    return link is not None and not isinstance(link, h5py.HardLink)


def _address(group: Any) -> int:
    """Where the header of a group lies."""
    if isinstance(group, PlainGroup):
        return group.address
    import h5py

    return int(h5py.h5o.get_info(group.id).addr)


def attribute(holder: Any, name: str, where: str) -> Any:
    """An attribute, None where there is none; raises FileError for one larger than any model needs."""
    if isinstance(holder, PlainGroup):
        return holder.text(name)
    import h5py

    if name not in holder.attrs:
        return None
    known = h5py.h5a.open(holder.id, name.encode())
    if known.get_space().get_simple_extent_npoints() * known.get_type().get_size() > TEXT:
        raise FileError(f"{where}: its attribute {name} has more than {TEXT} bytes, more than any model needs; refused")
    return holder.attrs[name]


def text(value: Any) -> str:
    """An attribute as text, "" for None."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else "" if value is None else str(value)
