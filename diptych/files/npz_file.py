"""NumPy archives, `.npz`: a zip of one array file per name; never unpickled, sizes checked before anything is read."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ..common.errors import FileError
from ..common.spec import Array
from . import provenance
from .archive import Archive
from .checkpoint import native, split_counters
from .content import Content
from .format import Format, zip_members
from .limits import ALLOWANCE, Budget
from .tensors import Tensors

MEMBER, SUFFIX = "diptych.json", ".npy"
HEADER = 1 << 16
KINDS = "fiub"
BROKEN = (EOFError, NotImplementedError, RuntimeError, ValueError, OSError, TypeError)


def read(path: Path) -> Tensors:
    """The checkpoint in an .npz file; raises FileError for Python objects, which are never loaded, and broken files."""
    stated = provenance.Provenance()
    try:
        with Archive(path, ".npz file") as archive:
            _check_members(archive)
            found = {n.removesuffix(SUFFIX): _array(archive, n) for n in archive.members if n != MEMBER}
            if MEMBER in archive.members:
                stated = provenance.loads(bytes(archive.read(MEMBER)), path)
    except BROKEN as error:
        raise FileError(f"{path} is not a whole .npz file ({type(error).__name__}: {str(error)[:120]})") from None
    if not found:
        raise FileError(f"{path} holds no arrays, expected weights by name; write them with numpy.savez")
    arrays, extras, notes = split_counters(found)
    return Tensors(path, "npz", arrays, extras=extras, stated=stated, notes=notes)


def write(path: Path, content: Content) -> None:
    """Write a state dict as numpy.savez does; diptych.json says what it is."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in content.tensors().items():
            with archive.open(zipfile.ZipInfo(f"{name}{SUFFIX}"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.array(array, order="C"), allow_pickle=False)
        archive.writestr(zipfile.ZipInfo(MEMBER), content.text())


def _check_members(archive: Archive) -> None:
    """Raise FileError for names that numpy.savez does not write, and for a zip that swells."""
    path = archive.path
    budget = Budget(archive.length)
    for name, member in archive.members.items():
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or "\\" in name:
            raise FileError(f"{path}: a member is named {name!r}, which leads out of the archive; refused")
        if not name.endswith(SUFFIX) and name != MEMBER:
            raise FileError(f"{path}: {name!r} is not an array; an .npz file holds only members that end in {SUFFIX}")
        if name == MEMBER and member.size > ALLOWANCE:
            raise FileError(f"{path}: {MEMBER} has {member.size} bytes, expected a short text; refused")
        budget.take(member.size, f"{path}: {name}")
        Budget(member.packed).take(member.size, f"{path}: {name}")


def _array(archive: Archive, name: str) -> Array:
    """One array; what its header claims is held against the size of the member."""
    where = f"{archive.path}: {name}"
    data = archive.read(name)
    start = io.BytesIO(data[:HEADER].tobytes())
    shape, fortran, dtype = _header(start, where)
    if dtype.hasobject:
        raise FileError(f"{where} holds Python objects, which may run code when they are loaded; save plain numbers")
    if dtype.kind not in KINDS:
        raise FileError(f"{where} holds {dtype}, a type that NumPy has no numbers for; save it as float32 first")
    claimed, stored = math.prod(shape) * dtype.itemsize, len(data) - start.tell()
    if min(shape, default=0) < 0 or claimed != stored:
        raise FileError(f"{where} is not whole: it claims {claimed} bytes ({shape} of {dtype}) and has {stored}")
    flat = np.frombuffer(data, dtype, offset=start.tell())
    return native(flat.reshape(shape, order="F" if fortran else "C"))


def _header(start: io.BytesIO, where: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(start)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(start)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(start)
    raise FileError(f"{where} is in version {version} of the format .npy, expected (1, 0) or (2, 0)")


def fits(path: Path, head: bytes) -> bool:
    """Whether a file is a zip of arrays alone."""
    names = zip_members(path, head)
    return bool(names) and all(name.endswith(SUFFIX) or name == MEMBER for name in names)


FORMAT = Format("npz", "torch", "npz", read, write, suffixes=(".npz",), fits=fits)
