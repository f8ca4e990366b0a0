"""What is there of an earlier run: a result is believed where its digest is the recorded one, and by nothing else.

A file of which the file system says what it said when its digest was taken is not read for it again.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

from ..common.errors import DiptychError
from ..files import read
from ..files.kinds import check_regular, read_small
from ..files.onnx_data import beside
from .manifest import Done
from .report import digest, report_path

MOST = 1 << 26
"""Bytes of a report; that of the longest mapping has a hundred kilobytes."""


def is_done(old: Done | None, source: Path, target: Path, settings: str, anew: bool = True) -> Done | None:
    """The entry, with the states of today, where it is of this very source with these settings and its result stands.

    `anew` reads and hashes both whatever the file system says of them.
    """
    if old is None or old.error or old.settings != settings or not _is_file(target):
        return None
    before = "" if anew else old.source_state, "" if anew else old.result_state
    now = state(source), state(target)  # before the digests: what is written meanwhile has another state
    try:
        if not (now[0] and now[0] == before[0] and old.sha256) and _digest(source) != old.sha256:
            return None
        if not (now[1] and now[1] == before[1] and old.result) and _digest(target) not in recorded(old.result, target):
            return None
    except (OSError, DiptychError):
        return None
    return replace(old, source_state=now[0], result_state=now[1])


def state(path: Path) -> str:
    """Size, time of writing, time of change and number of a regular file, as one text.

    Writing changes it, and so does another file in its place, also one with its old time of writing, which `touch` and
    `cp -p` can set, since the time of change is the kernel's. It cannot tell of a disk that returns other bytes than
    it was given, of a clock that was set back, nor of what is written within the few milliseconds of one tick. "" for
    what is no regular file, or has other files beside it.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or beside(path):
            return ""
    except (OSError, ValueError):
        return ""
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"


def may_replace(source: Path, target: Path, known: str) -> bool:
    """Whether writing a result anew loses nothing of anyone else's.

    That is so where there is none, where it is still what was recorded (`known`, or in its report), and where it was
    recorded and is now not even whole. A result of which nothing is recorded is a broken run's where it says itself
    that it is the conversion of this very source.
    """
    if not os.path.lexists(target):
        return True
    if not _is_file(target):
        return False
    digests = recorded(known, target)
    if digests:
        return _digest(target) in digests or not _is_whole(target)
    return _says(target) == _digest(source)


def recorded(known: str, target: Path) -> set[str]:
    """The SHA-256 that a result should have, of the manifest and of its report: the report of a new one comes first."""
    return {known, _of_report(target)} - {""}


def _of_report(target: Path) -> str:
    try:
        said = json.loads(read_small(report_path(target), MOST, "a report"))["result"]["sha256"]
    except (DiptychError, OSError, ValueError, TypeError, KeyError, RecursionError):
        return ""
    return said if isinstance(said, str) else ""


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _digest(path: Path) -> str:
    """The SHA-256 of a path; raises FileError for what would not end, such as a FIFO."""
    if os.path.lexists(path) and not path.is_dir():
        check_regular(path)
    return digest(path)


def _is_whole(path: Path) -> bool:
    try:
        read(path)
    except DiptychError:
        return False
    return True


def _says(path: Path) -> str:
    """The digest of the source that a file says it was converted from, "" where it says nothing or is none."""
    try:
        return str(read(path).stated.record.get("sha256", ""))
    except DiptychError:
        return ""
