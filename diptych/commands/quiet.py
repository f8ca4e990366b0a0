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


@contextmanager
def native_stderr_kept() -> Iterator[None]:
    """Keep back what native code writes to stderr; Python's own stderr goes on as it is.

    It is shown after all where an unexpected error ends the block, and never kept with TF_CPP_MIN_LOG_LEVEL=0.
    """
    if os.environ.setdefault(LEVEL, "3") == "0":
        yield
        return
    # Its Python side warns of the small graphs that Keras makes for grouped convolutions.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    with tempfile.TemporaryFile() as kept, _redirected(kept):
        try:
            yield
        except (DiptychError, KeyboardInterrupt):
            raise
        except BaseException:
            kept.seek(0)
            sys.stderr.write(kept.read().decode(errors="replace"))
            raise


@contextmanager
def _redirected(kept: IO[bytes]) -> Iterator[None]:
    """Point file descriptor 2 at a file, and sys.stderr at what descriptor 2 was."""
    python, saved = sys.stderr, os.dup(2)
    with os.fdopen(saved, "w", buffering=1) as stream:
        sys.stderr = stream if python is sys.__stderr__ else python
        python.flush()
        os.dup2(kept.fileno(), 2)
        try:
            yield
        finally:
            stream.flush()
            os.dup2(saved, 2)
            sys.stderr = python
