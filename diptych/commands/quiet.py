"""TensorFlow greets its user on stderr from native code, whatever its log level; the command line keeps that back."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from ..common.errors import DiptychError

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
MOST = 1 << 16
"""Characters of native messages that are shown, the last ones."""


@contextmanager
def native_stderr_kept() -> Iterator[None]:
    """Keep back what native code writes to stderr; Python's own stderr goes on as it is.

    It is a note of an unexpected error that ends the block, so that a traceback shows it, and is never kept with
    TF_CPP_MIN_LOG_LEVEL=0.
    """
    if os.environ.setdefault(LEVEL, "3") == "0" or not _is_open(2):
        yield
        return
    # TensorFlow warns of the small graphs that Keras makes for grouped convolutions, and matplotlib, which
    # is imported with it, of a user without a home.
    for name in ("tensorflow", "matplotlib"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with _keeper() as kept, _redirected(kept):
        try:
            yield
        except (DiptychError, KeyboardInterrupt):
            raise
        except BaseException as error:
            kept.seek(0)
            said = kept.read().decode(errors="replace")[-MOST:]
            if said:
                error.add_note(f"native code said:\n{said}")
            raise


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _keeper() -> IO[bytes]:
    """A file that has no name; where there is no folder for one, what is written is lost."""
    try:
        return tempfile.TemporaryFile()
    except OSError:
        return open(os.devnull, "w+b")


@contextmanager
def _redirected(kept: IO[bytes]) -> Iterator[None]:
    """Point file descriptor 2 at a file, and sys.stderr at what descriptor 2 was."""
    python, saved = sys.stderr, os.dup(2)
    encoding = getattr(python, "encoding", None) or "utf-8"
    with os.fdopen(saved, "w", buffering=1, encoding=encoding, errors="backslashreplace") as stream:
        sys.stderr = stream if python is sys.__stderr__ else python
        _flush(python)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        finally:
            _flush(stream)
            os.dup2(saved, 2)
            sys.stderr = python


def _flush(stream: IO[str] | None) -> None:
    """Flush a stream; a full or cut off one has lost its text, which is no reason to stop."""
    try:
        if stream is not None:
            stream.flush()
    except OSError:
        return
