"""What verifying finds, in words; and whether a file is the one that was written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..checking.own import OwnProof
from ..checking.proof import Proof
from ..common.errors import FileError
from ..common.text import printable
from ..files import source_format
from ..files.kinds import check_regular
from .report import digest

VERIFIED, FALSE = "verified", "NOT verified"
NO_SOURCE, RESULT_ONLY = "result intact, source not compared", "result intact, source left out as asked"
CHANGED = "the file was changed after the conversion; convert it anew"


@dataclass(frozen=True)
class Verification:
    """What was found: `status` in words, and line by line what was compared or why it does not hold.

    `passed` is True where source and result were both read and compared, or the result alone as was asked. `proof` is
    what was measured now, and `measured` that of a model of somebody's own.
    """

    path: Path
    network: str
    passed: bool
    said: tuple[str, ...]
    proof: Proof | None = None
    status: str = FALSE
    measured: OwnProof | None = None

    def __str__(self) -> str:
        lines = [f"{self.path}: {self.network}: {self.status}", *(f"  {line}" for line in self.said)]
        return "\n".join(map(printable, lines))

    @property
    def unknown(self) -> bool:
        """Whether nothing speaks against the file, and its source could not be compared."""
        return self.status == NO_SOURCE


def of_bytes(path: Path, sha256: str) -> tuple[bool, str]:
    """Whether a file is the one that was written, and that in words; raises FileError for what is no regular file."""
    found = ""
    if os.path.lexists(path):
        check_regular(path)
        source_format(path)
        found = digest(path)
    if found != sha256:
        return False, f"its SHA-256 is {found[:16] or 'that of no file'}..., the report says {sha256[:16]}..."
    return True, f"the file is the one that was written (SHA-256 {found[:16]}...)"


def of_source(origin: Path, sha256: str) -> str:
    """Why a source cannot be compared: it is gone, changed, or no longer read; "" for nothing."""
    try:
        if os.path.lexists(origin) and not origin.is_dir():
            check_regular(origin)
        source_format(origin)
        return "" if digest(origin) == sha256 else f"its source {origin} has changed since the conversion"
    except FileError as error:
        return f"its source cannot be compared: {error}"
