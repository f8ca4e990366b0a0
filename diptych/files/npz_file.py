"""NumPy archives, `.npz`: a zip of one array file per name; never unpickled, sizes checked before anything is read."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np

from ..common.errors import FileError
from ..common.spec import Array
from . import npy_header, provenance
from .archive import Archive
from .checkpoint import native, split_counters
from .content import Content
from .format import Format, zip_members
from .limits import ALLOWANCE, Budget
from .shapes import is_possible, shown
from .tensors import Tensors

MEMBER, SUFFIX = "diptych.json", ".npy"
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
    header = npy_header.read(data[: npy_header.LONGEST].tobytes(), where)
    claimed, stored = math.prod(header.shape) * header.dtype.itemsize, len(data) - header.length
    if not is_possible(header.shape) or claimed != stored:
        shape = shown(header.shape)
        raise FileError(f"{where} is not whole: it claims {claimed} bytes ({shape} of {header.dtype}) and has {stored}")
    flat = np.frombuffer(data, header.dtype, offset=header.length)
    return native(flat.reshape(header.shape, order="F" if header.fortran else "C"))


def fits(path: Path, head: bytes) -> bool:
    """Whether a file is a zip of arrays alone."""
    names = zip_members(path, head)
    return bool(names) and all(name.endswith(SUFFIX) or name == MEMBER for name in names)


FORMAT = Format("npz", "torch", "npz", read, write, suffixes=(".npz",), fits=fits)
