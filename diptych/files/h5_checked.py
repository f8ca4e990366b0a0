"""HDF5 files that libhdf5 has survived once, in another process: see `h5_guard`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ..common.errors import FileError
from . import h5_forked, h5_guard

SECONDS, RATE = 5, 20 << 20
"""Seconds of a processor for a file, and the bytes for which there is one more."""
MEMORY = 200 << 20
"""Bytes that names and attributes may take, beside three times the file."""
KEPT = 256
_survived: dict[tuple[int, ...], None] = {}


def check_bytes(data: memoryview, path: Path) -> None:
    """The same for the bytes of a whole HDF5 file that was packed into another one, at `path`."""
    with tempfile.NamedTemporaryFile(prefix="diptych-") as file:
        file.write(data)
        file.flush()
        try:
            check_survivable(Path(file.name))
        except FileError as error:
            raise FileError(str(error).replace(file.name, str(path))) from None


def check_survivable(path: Path, start: int = 0, size: int | None = None) -> None:
    """Raise FileError where libhdf5 crashes, swells or does not end over a file, or over these bytes of it.

    Once for a file that stays as it is: a copy of this process takes 0.02 seconds, a new one some 0.3. Where no process
    can be started, it is left out.
    """
    mark = _mark(path, start)
    if mark in _survived or not sys.executable:
        return
    length = path.stat().st_size if size is None else size
    seconds, most = SECONDS + length // RATE, MEMORY + 3 * length
    numbers = (seconds, most, os.path.abspath(path), start, length)
    try:
        if h5_forked.is_possible():
            code = h5_forked.run(numbers, 10 * seconds)
        else:
            code = _run([sys.executable, "-P", h5_guard.__file__, *map(str, numbers)], 10 * seconds)
    except (subprocess.TimeoutExpired, TimeoutError):
        code = -signal.SIGXCPU
    except OSError:
        return
    if code < 0 or code == h5_guard.SWOLLEN:
        raise FileError(f"{path} holds no whole HDF5 file of weights ({_why(code, seconds)}); copy or save it again")
    note_survivable(path, start)


def note_survivable(path: Path, start: int = 0) -> None:
    """Remember that libhdf5 survives a file as it is, or has just written it here, from this byte on."""
    while len(_survived) >= KEPT:
        _survived.pop(next(iter(_survived)))
    _survived[_mark(path, start)] = None


def _mark(path: Path, start: int) -> tuple[int, ...]:
    """What tells a file, as it is, from every other."""
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, start


def _run(command: list[str], seconds: float) -> int:
    # With the paths of this process, and without the folder of the program: its files have common names.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    quiet = subprocess.DEVNULL
    streams: dict[str, Any] = {"stdin": quiet, "stdout": quiet, "stderr": quiet}
    done = subprocess.run(command, env=environment, timeout=seconds, check=False, **streams)  # noqa: S603 - our program
    return int(done.returncode)


def _why(code: int, seconds: int) -> str:
    if code == h5_guard.SWOLLEN:
        return "its names and attributes take too much memory"
    if -code in (signal.SIGXCPU, signal.SIGKILL):
        return f"libhdf5 does not end over it within {seconds} seconds"
    return f"libhdf5 crashes over it, with signal {-code}"
