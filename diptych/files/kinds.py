"""What a path is, asked before it is opened: only regular files hold weights, reports and manifests.

A FIFO or a terminal would wait for ever, a device has no end, and files of /proc say nothing of their size.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ..common.errors import FileError
from ..common.language import message

KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
}
SYSTEM, MEMORY = ("/proc/", "/sys/", "/dev/"), "/dev/shm/"  # noqa: S108 (no file is made there)
"""Where a system shows itself as files, and where among them it keeps those of users, in memory."""


def is_of_system(real: str) -> bool:
    """Whether a real path is one under which a system shows itself."""
    return f"{real}/".startswith(SYSTEM) and not f"{real}/".startswith(MEMORY)


def check_regular(path: Path) -> os.stat_result:
    """What the system says of a regular file; raises FileError for a missing one, and for anything else by its kind."""
    try:
        found = path.stat()
        real = os.path.realpath(path)
    except FileNotFoundError:
        raise FileError(message("{path} does not exist", path=path)) from None
    except (OSError, ValueError) as error:  # a ValueError for a NUL in the path
        raise FileError(
            message("cannot read {path}: {why}", path=path, why=getattr(error, "strerror", None) or error)
        ) from None
    if not stat.S_ISREG(found.st_mode):
        raise FileError(
            message(
                "{path} is {kind}, expected a file",
                path=path,
                kind=KINDS.get(stat.S_IFMT(found.st_mode), "no regular file"),
            )
        )
    if is_of_system(real):
        raise FileError(
            message("{path} is a file of the system ({real}), expected one that was saved", path=path, real=real)
        )
    return found


def read_small(path: Path, most: int, what: str) -> bytes:
    """The bytes of a regular file that should be short; raises FileError where it is not, or cannot be read."""
    size = check_regular(path).st_size
    if size > most:
        raise FileError(
            message(
                "{path} has {size} bytes, more than {what} needs ({most}); is it the right file?",
                path=path,
                size=size,
                what=what,
                most=most,
            )
        )
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise FileError(message("cannot read {path}: {why}", path=path, why=error.strerror or error)) from None
