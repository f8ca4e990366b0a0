"""The report of the conversion of a model of somebody's own, as it is read again: held against a schema."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..checking.proof import FRAMEWORKS, TOLERANCE
from ..common.errors import FileError
from ..common.schema import Misfit, nullable, number, one_of, record, sequence, text, whole
from .own_report import KINDS
from .report_schema import NAME, SHA256, WORDS, WORK, absolute

COMPARED = record(
    {
        "one": text(300),
        "other": text(300),
        "size": sequence(whole(1, 1 << 17), 2, 2),
        "difference": number(0, 1e300),
    }
)
PROOF = record(
    {
        "compared": sequence(COMPARED, 1, 1000),
        "precision": one_of(*TOLERANCE),
        "not_compared": WORDS,
        "seconds": number(0, 1e9),
    }
)
MODEL = record(
    {
        "name": text(4096),
        "framework": one_of(*FRAMEWORKS),
        "sha256": text(64, "([0-9a-f]{64})?", "64 hexadecimal digits, or none"),
        "kind": one_of(*KINDS),
        "path": nullable(absolute),
        "example": nullable(sequence(whole(1, 1 << 16), 4, 4)),
        "command": text(20_000),
    }
)
REPORT = record(
    {
        "model": MODEL,
        "result": record({"path": absolute, "format": NAME, "sha256": SHA256, "names": NAME, "network": NAME}),
        "emitted": record({"path": absolute, "sha256": SHA256, "framework": one_of(*FRAMEWORKS), "class": text(200)}),
        "proof": nullable(PROOF),
        **WORK,
    }
)


@dataclass(frozen=True)
class StatedOwn:
    """What a report says, of the right types and within bounds, and no more believed than that."""

    model: dict[str, Any]
    result: dict[str, Any]
    emitted: dict[str, Any]
    matched: int
    bitwise: bool
    proof: dict[str, Any] | None
    mapping: list[list[str]]

    @property
    def network(self) -> str:
        """The network that was read of the model."""
        return str(self.result["network"])


def is_own(data: Any) -> bool:
    """Whether a report is that of a model of somebody's own."""
    return isinstance(data, dict) and "model" in data


def stated_own(data: Any, place: Path) -> StatedOwn:
    """What a report says; raises FileError for one that says something else."""
    try:
        REPORT(data, "")
    except Misfit as error:
        raise FileError(f"{place} is no report of a conversion: {error}; convert anew") from None
    return StatedOwn(**{key: data[key] for key in StatedOwn.__dataclass_fields__})
