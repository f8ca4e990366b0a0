"""The walk of `h5_guard` in a copy of this process, which is there at once: where nothing else runs in this one.

A copy has one thread, and whatever lock another thread held stays shut in it.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from pathlib import Path

from . import h5_guard

TASKS = Path("/proc/self/task")
Numbers = tuple[int, int, str, int, int]
"""Seconds, bytes, path, start and size, as `h5_guard.main` takes them."""
HEAVY = ("torch", "tensorflow")
"""What has threads of its own, or will have."""


def is_possible() -> bool:
    """Whether this process may be copied: on Linux, with one thread."""
    if not hasattr(os, "pidfd_open") or any(name in sys.modules for name in HEAVY):
        return False
    import h5py  # noqa: F401  # here, so that the copy has it; and it may start threads

    try:
        return len(os.listdir(TASKS)) == 1
    except OSError:
        return False


def run(numbers: Numbers, seconds: float) -> int:
    """The exit code of the walk, below zero for the signal that ended it; raises TimeoutError after so many seconds."""
    room = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    pid = os.fork()
    if not pid:
        _walk(numbers, room)
    try:
        ended = os.pidfd_open(pid)
        try:
            if not select.select([ended], [], [], seconds)[0]:
                raise TimeoutError
        finally:
            os.close(ended)
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _walk(numbers: Numbers, room: int) -> None:
    """Walk, and end this process, whatever comes: it never goes back into the program that it is a copy of."""
    code = 1
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(null, number)
        code = h5_guard.main(*numbers, room=room + h5_guard.ROOM)
    finally:
        os._exit(code)
