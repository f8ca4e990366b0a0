"""Where may be written: asked before any work, by the path itself; a link there is never followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..common.errors import FileError
from ..common.language import message
from .kinds import KINDS, is_of_system
from .onnx_data import beside

LONGEST = 255
"""Bytes of a file's name on most file systems; used where the system does not say."""


def check_destination(path: Path, source: Path | None = None, force: bool = False) -> None:
    """Raise FileError where a path is the source, no place for a file, or there already without `force`.

    With `force` a file or a link is replaced, whatever the link leads to; a folder, a FIFO, a device and a socket never
    are.
    """
    _check_name(path)
    _check_folder(path)
    if source is not None:
        _check_source(path, source)
    try:
        found = path.lstat() if os.path.lexists(path) else None
    except OSError as error:
        raise FileError(message("cannot write {path}: {why}", path=path, why=error.strerror)) from None
    if found is None:
        return
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode)):
        kind = KINDS.get(stat.S_IFMT(found.st_mode), "no regular file")
        advice = "name a file in it" if stat.S_ISDIR(found.st_mode) else "give the file another name"
        raise FileError(message("cannot write {path}: it is {kind}; {advice}", path=path, kind=kind, advice=advice))
    if not force:
        raise FileError(message("{path} exists already; write over it with --force (in Python, force=True)", path=path))


def check_several(paths: Sequence[Path], source: Path | None = None, force: bool = False) -> None:
    """Raise FileError where `check_destination` does for one of several files, or where two of them are one."""
    for path in paths:
        check_destination(path, source, force)
    places: dict[tuple[str, str], Path] = {}
    for path in paths:
        other = places.setdefault(entry(path), path)
        if other is not path:
            also = "" if str(path) == str(other) else f", also as {other}"
            raise FileError(
                message("{path} is to be written twice{also}; give each file a name of its own", path=path, also=also)
            )


def entry(path: Path) -> tuple[str, str]:
    """(real folder, name): what a path is itself, where a link in its place is another thing than what it leads to."""
    return os.path.realpath(path.parent), path.name


def _check_name(path: Path) -> None:
    """Raise FileError for a name that no file can have, or that not every library below can open."""
    text = str(path)
    if "\0" in text:
        raise FileError(message("cannot write {text!r}: it has a NUL in it; give the file another name", text=text))
    try:
        size = len(path.name.encode())
        text.encode()
    except UnicodeEncodeError:
        raise FileError(
            message("cannot write {text!r}: it is not UTF-8; give the file another name, or folder", text=text)
        ) from None
    try:
        most = os.pathconf(path.parent, "PC_NAME_MAX")
    except (OSError, ValueError, AttributeError):
        most = LONGEST
    if size > most:
        raise FileError(
            message(
                "cannot write {path}: its name has {size} bytes, and may have {most} here; shorten it",
                path=path,
                size=size,
                most=most,
            )
        )


def _check_folder(path: Path) -> None:
    """Raise FileError unless a path is in a folder that takes files."""
    folder = path.parent
    try:
        found = folder.stat()
    except FileNotFoundError:
        raise FileError(message("cannot write {path}: {folder} does not exist", path=path, folder=folder)) from None
    except OSError as error:
        raise FileError(message("cannot write {path}: {why}", path=path, why=error.strerror)) from None
    if not stat.S_ISDIR(found.st_mode):
        raise FileError(message("cannot write {path}: {folder} is not a folder", path=path, folder=folder))
    if is_of_system(os.path.realpath(folder)):
        raise FileError(
            message("cannot write {path}: {folder} is a folder of the system; name another", path=path, folder=folder)
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FileError(
            message(
                "cannot write {path}: {folder} takes no files from this user; name another folder",
                path=path,
                folder=folder,
            )
        )


def _check_source(path: Path, source: Path) -> None:
    """Raise FileError where a path is the source, by whatever way it is named, one of its files, or inside it."""
    mine = os.path.join(*entry(path))
    for file in (source, *beside(source), *_of_checkpoint(source)):
        if mine in (os.path.realpath(file), os.path.join(*entry(file))) or _is_only_name(path, file):
            raise FileError(message("the destination {path} is the source itself; give it another name", path=path))
    if source.is_dir() and (mine + os.sep).startswith(os.path.realpath(source) + os.sep):
        raise FileError(
            message(
                "the destination {path} is inside the source {source}; write it elsewhere", path=path, source=source
            )
        )


def _of_checkpoint(source: Path) -> Iterable[Path]:
    """The files of a checkpoint of TensorFlow, which is named by what their names begin with."""
    if os.path.lexists(source) or not source.name:
        return []
    try:
        return sorted(item for item in source.parent.iterdir() if item.name.startswith(f"{source.name}."))
    except (OSError, ValueError):
        return []


def _is_only_name(path: Path, source: Path) -> bool:
    """Whether two names are one entry of a folder after all: by another case, or by a folder that is mounted twice."""
    try:
        found, other = path.lstat(), source.stat()
    except (OSError, ValueError):
        return False
    return os.path.samestat(found, other) and found.st_nlink == 1
