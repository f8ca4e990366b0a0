"""Walk an HDF5 file in a process of its own, since libhdf5 may crash or never end over a damaged one.

Run as a program, `python h5_guard.py SECONDS BYTES PATH START SIZE`: it needs h5py alone. It opens all that a reader
could: groups, attributes, the shapes of arrays, and the data of those that are not stored as they are. What it finds
wrong is for the reader to say; only how it ends is looked at.
"""

from __future__ import annotations

import io
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

SWELL, ALLOWANCE = 20, 1 << 20
"""As in `limits`: what swells more is refused before it is read."""
NAMES = ("name", "diptych", "backend", "model_config", "layer_names", "layer_names0", "weight_names", "weight_names0")
KEYS = ("vars", "layers", "model_weights", "0")
"""Attributes and members that a reader asks for by name, whatever a damaged file lists."""
MOST = 200_000
"""Groups that are walked at most."""
ROOM, SWOLLEN = 1 << 30, 3
"""Bytes of address space that Python and h5py are given; the exit code where a file takes too much memory."""


class Window(io.RawIOBase):
    """A part of a file, as a file."""

    def __init__(self, path: str, start: int, size: int) -> None:
        super().__init__()
        self.start, self.size, self.place = start, size, 0
        self.file = Path(path).open("rb")  # noqa: SIM115 - open as long as this is

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.size}[whence]
        return self.place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        view = memoryview(buffer)[: max(self.size - self.place, 0)]
        self.file.seek(self.start + self.place)
        count = self.file.readinto(view)
        self.place += count
        return count


def walk(file: Any) -> list[Any]:
    """Open all that hangs on a file by hard links, with its attributes; the arrays, whose data are not read yet."""
    import h5py

    todo, seen, arrays = [file], set[int](), []
    while todo:
        item = todo.pop()
        for name in dict.fromkeys([*NAMES, *(attempt(list, item.attrs) or ())]):
            attempt(item.attrs.get, name)
        if isinstance(item, h5py.Dataset):
            arrays.append(item)
        known = attempt(h5py.h5o.get_info, item.id)
        if not isinstance(item, h5py.Group) or (known is not None and known.addr in seen) or len(seen) > MOST:
            continue
        seen.add(known.addr if known is not None else -len(seen))
        for key in dict.fromkeys([*KEYS, *(attempt(list, item) or ())]):
            link = attempt(item.get, key, None, False, True)
            found = attempt(item.get, key) if isinstance(link, h5py.HardLink) else None
            todo += [found] if found is not None else []
    return arrays


def unpack(array: Any) -> None:
    """Ask an array for its properties, and for its numbers where libhdf5 has more to do than to copy them."""
    stored = array.id.get_storage_size()
    if array.external or array.is_virtual or array.dtype.kind not in "fiub" or array.id.get_offset() is not None:
        return
    if array.nbytes <= SWELL * stored + ALLOWANCE:
        array[()]


def attempt(action: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a call, None where it fails: the reader will find the same."""
    try:
        return action(*arguments)
    except Exception:  # noqa: BLE001 - whatever h5py says, only a crash counts here
        return None


def peak() -> int:
    """Bytes of memory that were ever taken here; what `getrusage` says of a process begins with its parent's."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) << 10
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def main(seconds: int, most: int, path: str, start: int, size: int, room: int = ROOM) -> int:
    """Walk a file within a time; SWOLLEN where its names and attributes take more than so many bytes of memory.

    `room` is what this process takes of address space without them.
    """
    import h5py

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (room + most, room + most))
    before = peak()
    source = io.BufferedReader(Window(path, start, size))
    file = attempt(h5py.File, source, "r")
    arrays = attempt(walk, file) or []
    if peak() - before > most:
        return SWOLLEN
    for array in arrays:
        attempt(unpack, array)
    return 0


if __name__ == "__main__":
    code = main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    sys.exit(code)
