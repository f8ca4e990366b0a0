"""Bringing files to the disk, so that what is renamed after them is never there without them."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

UNABLE = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)
"""What a file system answers that has no such call; then there is nothing to wait for."""


def make_durable(path: Path, modes: tuple[int, int] | None = None) -> None:
    """Wait until a file, or a folder and all that is in it, are on the disk; raises OSError.

    `modes`, of files and of folders, are what each is given first.
    """
    if path.is_dir() and not path.is_symlink():
        for item in path.rglob("*"):
            sync(item, modes)
    sync(path, modes)


def sync(path: Path, modes: tuple[int, int] | None = None) -> None:
    """Wait until a file, or the names in a folder, are on the disk; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if modes is not None:
            os.fchmod(descriptor, modes[stat.S_ISDIR(os.fstat(descriptor).st_mode)])
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in UNABLE:
            raise
    finally:
        os.close(descriptor)
