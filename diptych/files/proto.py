"""Protocol buffers, as ONNX and TensorFlow write them: parsed as data, with one error for what is cut short."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..common.errors import FileError

LIMIT = (1 << 31) - 1
"""Where a protocol buffer ends, whatever it holds."""


def parse(message: Any, data: bytes, where: str) -> Any:
    """The message in these bytes; raises FileError where they are not a whole one."""
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        return message.FromString(data)
    except DecodeError as error:
        raise FileError(f"{where} is not whole ({str(error)[:120]}); copy or export it again") from None


def read(message: Any, path: Path, kind: str) -> Any:
    """The message that a file is; raises FileError where it is none, or larger than any can be."""
    try:
        size = path.stat().st_size
        if size > LIMIT:
            raise FileError(f"{path} has {size} bytes, but {kind} ends at 2 GB; save its weights in another format")
        return parse(message, path.read_bytes(), f"{path}, to be {kind},")
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}") from None
