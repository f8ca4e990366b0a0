"""Where the readers end: whatever one of them throws over a strange file becomes one FileError."""

from __future__ import annotations

import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..common.errors import FileError
from ..common.language import message

STRANGE: tuple[type[Exception], ...] = (
    *(ArithmeticError, AssertionError, AttributeError, BufferError, EOFError, LookupError, MemoryError),
    *(NameError, OSError, RuntimeError, SyntaxError, TypeError, ValueError),
    *(lzma.LZMAError, struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error),
)
"""What readers and the libraries below them throw over files that are not what they claim.

With them go their own kinds: an OverflowError, a RecursionError, a UnicodeError, a NotImplementedError.
"""


@contextmanager
def border(path: Path, kind: str) -> Iterator[None]:
    """Turn every error of STRANGE into a FileError that names the path and what it should be."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise FileError(
            message("reading {path} needs {name}: pip install 'diptych[all]'", path=path, name=error.name)
        ) from None
    except MemoryError:
        raise FileError(f"{path} asks for more memory than there is; is it a whole {kind} file?") from None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from None
    except STRANGE as error:
        raise FileError(f"{path} is not a whole {kind} file ({reason(error)}); copy or save it again") from None


def reason(error: Exception) -> str:
    """What went wrong below, in one short line."""
    return f"{type(error).__name__}: {' '.join(str(error)[:120].split())}".removesuffix(": ")
