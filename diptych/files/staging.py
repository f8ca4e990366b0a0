"""Files come to their places all together: written in a hidden folder beside them, made durable, then renamed.

The folder of a run, `.diptych-` and eight letters, holds a lock that the system drops when the run ends. Several
files are named in a file `commit` before the first of them is renamed. So whoever finds the folder of a dead run knows
what to do: with `commit` the renaming is finished, without it nothing has happened yet, and the folder goes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from .destinations import check_destination
from .durable import make_durable, sync
from .locks import folder_locked, lock_file

PREFIX, LOCK, COMMIT, NEW, OLD = ".diptych-", "lock", "commit", "new", "old"
NAME = re.compile(r"\.diptych-[a-z0-9_]{8}")
AGE = 3600.0
"""Seconds after which a folder without a lock, as versions before this one made it, is taken for a dead run's."""
MOST = 1 << 16
"""Bytes of a `commit`, which names two files or three."""


class Stage:
    """The hidden folder of a run, in the folder that its files are for; `new` is where they are written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with folder_locked(folder):
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
            try:
                self._furnish()
            except BaseException:
                _remove(self.path)
                raise
        self.new = self.path / NEW
        self.renamed: list[str] = []

    def _furnish(self) -> None:
        """Make the lock and the folders in it, whose modes are those that the user's mask gives."""
        self.lock = lock_file(self.path / LOCK, create=True)
        (self.path / LOCK).write_text(f"{os.getpid()} {socket.gethostname()}\n", "utf-8")
        (self.path / NEW).mkdir()
        (self.path / OLD).mkdir()
        file, new = (self.path / LOCK).stat().st_mode, (self.path / NEW).stat().st_mode
        self.modes = stat.S_IMODE(file), stat.S_IMODE(new)

    def prepare(self, names: Sequence[str]) -> None:
        """Give what was written the mode of the file that it replaces, or the user's, and bring it to the disk."""
        for name in names:
            make_durable(self.new / name, _modes(self.folder / name, self.modes))
        sync(self.new)

    def commit(self, names: Sequence[str], force: bool) -> None:
        """Rename files into their places; raises FileError where one has come to be there meanwhile."""
        with folder_locked(self.folder):
            for name in names:
                check_destination(self.folder / name, force=force)
            if len(names) > 1:
                _write_commit(self.path, {name: _state(self.folder / name) for name in names})
            for name in names:
                self._keep(name)
                self.renamed.append(name)
                os.replace(self.new / name, self.folder / name)
            sync(self.folder)

    def _keep(self, name: str) -> None:
        """Keep what a file replaces, under a second name, where the file system gives one."""
        with suppress(OSError):
            os.link(self.folder / name, self.path / OLD / name, follow_symlinks=False)

    def undo(self) -> None:
        """Put everything back as it was before `commit`."""
        with folder_locked(self.folder), suppress(FileNotFoundError):
            (self.path / COMMIT).unlink()
        for name in reversed(self.renamed):
            with suppress(OSError):
                if os.path.lexists(self.path / OLD / name):
                    os.replace(self.path / OLD / name, self.folder / name)
                elif not os.path.lexists(self.new / name):
                    os.rename(self.folder / name, self.new / name)
        self.renamed.clear()

    def close(self) -> None:
        """Remove the folder, and let its lock go."""
        try:
            _remove(self.path)
        finally:
            if self.lock is not None:
                os.close(self.lock)
                self.lock = None


def recover(folder: Path) -> None:
    """Finish what dead runs have begun to rename in a folder, and remove what else they left; never raises OSError."""
    try:
        with os.scandir(folder) as found:
            stages = [Path(item.path) for item in found if NAME.fullmatch(item.name)]
    except OSError:
        return
    if stages:
        with folder_locked(folder):  # so that none of them is just being made
            for stage in stages:
                with suppress(OSError):
                    _recover(stage, folder)


def _recover(stage: Path, folder: Path) -> None:
    found = stage.lstat()
    if not stat.S_ISDIR(found.st_mode) or (hasattr(os, "geteuid") and found.st_uid != os.geteuid()):
        return
    if not os.path.lexists(stage / LOCK):
        with suppress(OSError):
            stage.rmdir()  # while it is empty; else it is another version's, which may be at work
        if os.path.lexists(stage) and time.time() - found.st_mtime > AGE:
            _remove(stage)
        return
    lock = lock_file(stage / LOCK)
    if lock is None:
        return
    try:
        if _roll_forward(stage, folder):
            sync(folder)
        _remove(stage)
    finally:
        os.close(lock)


def _roll_forward(stage: Path, folder: Path) -> bool:
    """Rename what a dead run had still to rename; whether there was anything.

    A `commit` may be a stranger's, come with the files of an archive. So it is believed only in the very folder that it
    was written in, names files of this folder alone, and replaces only what was there when it was written.
    """
    done = False
    for name, before in _read_commit(stage).items():
        staged, place = stage / NEW / name, folder / name
        if not _is_plain(name) or not stat.S_ISDIR((stage / NEW).lstat().st_mode) or not os.path.lexists(staged):
            continue
        if stat.S_ISREG(staged.lstat().st_mode) and _state(place) == before:
            os.replace(staged, place)
            done = True
    return done


def _is_plain(name: str) -> bool:
    """Whether a name leads to a file of a folder itself, which is not one of those that only diptych makes."""
    return os.path.basename(name) == name and name not in ("", ".", "..") and not name.startswith(PREFIX)


def _state(path: Path) -> list[int] | None:
    """What tells a file from another that comes in its place; None where there is none."""
    try:
        found = path.lstat()
    except (FileNotFoundError, ValueError):
        return None
    return [found.st_ino, found.st_size, found.st_mtime_ns]


def _write_commit(stage: Path, before: Mapping[str, Any]) -> None:
    said = {"folder": stage.lstat().st_ino, "files": dict(before)}
    (stage / COMMIT).write_text(json.dumps(said), "utf-8")
    sync(stage / COMMIT)
    sync(stage)


def _read_commit(stage: Path) -> dict[str, Any]:
    """Name -> what was there before it, as a whole `commit` of this very folder says; {} for any other."""
    try:
        if not stat.S_ISREG((stage / COMMIT).lstat().st_mode):
            return {}
        with (stage / COMMIT).open("rb") as file:
            said = json.loads(file.read(MOST))
        return dict(said["files"]) if said["folder"] == stage.lstat().st_ino else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _modes(place: Path, modes: tuple[int, int]) -> tuple[int, int]:
    """(mode of a file, of a folder) in a place: that of the file that is there already, else the user's."""
    old = place.lstat().st_mode if os.path.lexists(place) else 0
    return (stat.S_IMODE(old) & 0o777, modes[1]) if stat.S_ISREG(old) else modes


def _remove(stage: Path) -> None:
    """Remove a stage, its lock last: until then the next run sees whose it is."""
    with suppress(OSError):
        (stage / COMMIT).unlink()
    with suppress(OSError):
        for item in sorted(stage.iterdir(), key=lambda item: item.name == LOCK):
            if item.is_dir() and not item.is_symlink():
                shutil.rmtree(item, ignore_errors=True)
            else:
                item.unlink()
        stage.rmdir()
