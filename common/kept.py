"""What is known of files of code without running them: data beside a checksum of each, so that an edit is noticed."""

from __future__ import annotations

import functools
import json
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def checksum(path: Path) -> int | None:
    """Of the text of a source file; None where there is none to read."""
    try:
        return zlib.crc32(path.read_bytes().replace(b"\r\n", b"\n"))
    except OSError:
        return None


def checksums(folder: Path, beside: Iterable[str] = ()) -> dict[str, int | None]:
    """Of every file of code of a folder, but for those that the data does not come from."""
    return {path.name: checksum(path) for path in sorted(folder.glob("*.py")) if path.name not in beside}


def kept(file: Path) -> dict[str, Any]:
    """The data of a file, empty where there is none."""
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found


@functools.cache
def kept_of(file: Path, folder: Path, beside: tuple[str, ...] = ()) -> dict[str, Any]:
    """The data of a file whose `checksums` are those of the folder as it stands; otherwise empty."""
    found = kept(file)
    return found if found.get("checksums") == checksums(folder, beside) else {}
