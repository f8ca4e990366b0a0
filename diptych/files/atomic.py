"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..common.errors import FileError


def check_destination(path: Path, source: Path | None = None, force: bool = False) -> None:
    """Raise FileError where the destination is the source, a folder, in no folder, or there already without force."""
    if source is not None and os.path.realpath(path) == os.path.realpath(source):
        raise FileError(f"the destination {path} is the source itself; give it another name")
    try:
        found, parent = path.lstat() if os.path.lexists(path) else None, path.parent.stat()
    except FileNotFoundError:
        raise FileError(f"cannot write {path}: {path.parent} does not exist") from None
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror}") from None
    if not stat.S_ISDIR(parent.st_mode):
        raise FileError(f"cannot write {path}: {path.parent} is not a folder")
    if os.path.isdir(path):
        raise FileError(f"cannot write {path}: it is a folder; name a file in it")
    if found and not force:
        raise FileError(f"{path} exists already; write over it with --force (in Python, force=True)")


@contextmanager
def replacing(path: Path, force: bool = False) -> Iterator[Path]:
    """A path to write to, in a hidden folder beside `path`, that becomes `path` at the end and goes on any error."""
    target = Path(os.path.realpath(path))
    check_destination(target, force=force)
    try:
        with tempfile.TemporaryDirectory(prefix=".diptych-", dir=target.parent, ignore_cleanup_errors=True) as folder:
            temporary = Path(folder) / target.name
            yield temporary
            check_destination(target, force=force)
            os.replace(temporary, target)
    except OSError as error:
        raise FileError(f"cannot write {path}: {_reason(error)}") from None


def _reason(error: OSError) -> str:
    """What the system said, also where h5py has wrapped it into several lines."""
    found = re.search(r"error message = '([^']+)'", str(error))
    return found[1] if found else (error.strerror or str(error)).partition("\n")[0]
