"""Second readers, one per format, for the proof of a conversion: none shares code with the reader that it checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...common.spec import Array


@dataclass(frozen=True)
class Again:
    """What a file holds, read anew: arrays by the path of keys in the file, and the reader in words for the report."""

    arrays: Mapping[tuple[str, ...], Array]
    reader: str
