"""NumPy archives, `.npz`: a zip of one array file per name; never unpickled, sizes checked before anything is read."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ..common.errors import FileError
from ..common.spec import Array
from . import provenance
from .checkpoint import native, split_counters
from .content import Content
from .format import Format, zip_members
from .guarded import guarded
from .limits import ALLOWANCE, Budget
from .tensors import Tensors

MEMBER, SUFFIX = "diptych.json", ".npy"
HEADER = 1 << 16
KINDS = "fiub"
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError, TypeError)


def read(path: Path) -> Tensors:
    """The checkpoint in an .npz file; raises FileError for Python objects, which are never loaded, and broken files."""
    stated = provenance.Provenance()
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive, path)
            found = {i.filename.removesuffix(SUFFIX): _array(archive, i, path) for i in _entries(archive)}
            if MEMBER in archive.namelist():
                stated = provenance.loads(archive.read(MEMBER), path)
    except BROKEN as error:
        raise FileError(f"{path} is not a whole .npz file ({type(error).__name__}: {str(error)[:120]})") from None
    if not found:
        raise FileError(f"{path} holds no arrays, expected weights by name; write them with numpy.savez")
    arrays, extras, notes = split_counters(found)
    return Tensors(path, "npz", arrays, extras=extras, stated=stated, notes=notes)


def write(path: Path, content: Content) -> None:
    """Write a state dict as numpy.savez does; diptych.json says what it is."""
    with guarded(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in content.tensors().items():
            with archive.open(zipfile.ZipInfo(f"{name}{SUFFIX}"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.array(array, order="C"), allow_pickle=False)
        archive.writestr(zipfile.ZipInfo(MEMBER), content.text())


def _entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [info for info in archive.infolist() if info.filename != MEMBER]


def _check_members(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise FileError for names that numpy.savez does not write, for two of one name, and for a zip that swells."""
    budget, names = Budget(path.stat().st_size), set()
    for info in archive.infolist():
        name = info.filename
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or "\\" in name or "\0" in name:
            raise FileError(f"{path}: a member is named {name!r}, which leads out of the archive; refused")
        if not name.endswith(SUFFIX) and name != MEMBER:
            raise FileError(f"{path}: {name!r} is not an array; an .npz file holds only members that end in {SUFFIX}")
        if name in names:
            raise FileError(f"{path} has two members named {name!r}; write it anew with each name once")
        if name == MEMBER and info.file_size > ALLOWANCE:
            raise FileError(f"{path}: {MEMBER} has {info.file_size} bytes, expected a short text; refused")
        names.add(name)
        budget.take(info.file_size, f"{path}: {name}")
        Budget(info.compress_size).take(info.file_size, f"{path}: {name}")


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> Array:
    """One array; its header is read first and held against the size of the member."""
    where = f"{path}: {info.filename}"
    with archive.open(info) as member:
        start = io.BytesIO(member.read(HEADER))
    shape, fortran, dtype = _header(start, where)
    if dtype.hasobject:
        raise FileError(f"{where} holds Python objects, which may run code when they are loaded; save plain numbers")
    if dtype.kind not in KINDS:
        raise FileError(f"{where} holds {dtype}, a type that NumPy has no numbers for; save it as float32 first")
    claimed = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or claimed != info.file_size - start.tell():
        stored = info.file_size - start.tell()
        raise FileError(f"{where} is not whole: it claims {claimed} bytes ({shape} of {dtype}) and has {stored}")
    flat = np.frombuffer(archive.read(info), dtype, offset=start.tell())
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
