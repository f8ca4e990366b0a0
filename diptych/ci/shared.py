"""What one process of a test session found, for the others: of several that ask, the first does the work."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path


def once(folder: Path | None, name: str, make: Callable[[], str]) -> str:
    """A text by its name in a folder of the session; `make` gives it, where no process has put it there.

    The others wait meanwhile. Without a folder, or without locks (Windows), each makes its own.
    """
    if folder is None or find_spec("fcntl") is None:
        return make()
    file = folder / f"diptych-{hashlib.sha256(name.encode()).hexdigest()[:24]}.json"
    with _locked(file):
        said = file.read_text(encoding="utf-8")
        if not said:
            said = make()
            file.write_text(said, encoding="utf-8")
        return said


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold a file, which is made where there is none; the system drops the lock of a process that ends."""
    import fcntl

    with file.open("a") as opened:
        with contextlib.suppress(OSError):  # of a file system without locks
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield
