"""What a file format says of itself; each `*_file.py` of this folder declares one as FORMAT."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .checkpoint import Checkpoint
from .content import Content
from .head import HEAD as HEAD
from .zip_records import LOCAL_MARK, BrokenZip, members


def _never(path: Path, head: bytes) -> bool:
    return False


def _nowhere(path: Path) -> Path | None:
    return None


@dataclass(frozen=True)
class Format:
    """A file format: its name, its framework, what its content is called, how it is read and written.

    `framework` is whose format it is; what belongs to neither has names as torch's files do. `suffixes` are written
    and read, `only_read` are read; a format without `write` has no `suffixes`. `fits` says from a file and its first
    HEAD bytes whether its content is of this format. `place` is the file to look at for a path that is named by no
    suffix, such as a folder; None for a path that is not of this format. A `silent` format has no place for what
    diptych says beside weights, nor for batch counters. `caution` is said of each conversion from it or to it.
    """

    name: str
    framework: Literal["torch", "tf"]
    content: str
    read: Callable[[Path], Checkpoint]
    write: Callable[[Path, Content], None] | None = None
    suffixes: tuple[str, ...] = ()
    only_read: tuple[str, ...] = ()
    fits: Callable[[Path, bytes], bool] = _never
    place: Callable[[Path], Path | None] = _nowhere
    silent: bool = False
    caution: str = ""

    @property
    def endings(self) -> tuple[str, ...]:
        """All suffixes that are read."""
        return (*self.suffixes, *self.only_read)


def zip_members(path: Path, head: bytes) -> list[str]:
    """The names of the members of a zip; none for any other file, and for a damaged one."""
    if not head.startswith(LOCAL_MARK):
        return []
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            mark = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            if mark not in _NAMES:
                _NAMES.clear()
                _NAMES[mark] = [member.name for member in members(file, found.st_size)]
            return list(_NAMES[mark])
    except (BrokenZip, OSError):
        return []


_NAMES: dict[tuple[int, ...], list[str]] = {}
"""Of the last zip that was asked for, as it was: each format asks, and each time that a file is named."""
