"""What a comparison found: same, different, or that it cannot be told, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from ..checking.report import Gate, Report, measure

Verdict = Literal["same", "different", "cannot tell"]
MARKS = {True: "same", False: "DIFFERENT", None: "not seen"}
CODES = {"same": 0, "different": 1, "cannot tell": 2}


@dataclass(frozen=True)
class Comparison(Report):
    """The gates of a comparison of two models; a gate that could not be asked is open, and its detail says why.

    `unsure` says why nothing can be told, `notes` what was not compared, `pairs` which layers belong together.
    """

    unsure: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Different where a gate failed, same where none did and nothing is unsure."""
        if self.failed is not None:
            return "different"
        return "cannot tell" if self.unsure or not self.gates else "same"

    @property
    def passed(self) -> bool:
        return self.verdict == "same"

    @property
    def failed(self) -> Gate | None:
        """The failed gate that says most: that of the nodes, which names a layer, before the others in order."""
        wrong = [gate for gate in self.gates if gate.passed is False]
        return min(wrong, key=lambda gate: gate.name != "nodes", default=None)

    @property
    def where(self) -> str:
        """The first layer that differs, "" where none is known."""
        return self.failed.where if self.failed else ""

    @property
    def side(self) -> str:
        """The model that departs, where that can be told: from the network, or from what its own layers say."""
        return self.failed.side if self.failed else ""

    @property
    def cause(self) -> str:
        """What restores parity, "" where nothing that was tried does."""
        return self.failed.cause if self.failed else ""

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data, for JSON, which has no infinity: such a measure is null."""
        data: dict[str, Any] = {"network": self.network, "passed": self.passed, "verdict": self.verdict}
        data |= asdict(self)
        for gate in data["gates"]:
            gate["measured"] = gate["measured"] if np.isfinite(gate["measured"] or 0.0) else None
        return data

    def __str__(self) -> str:
        words = {"same": "the same function", "different": "NOT the same function", "cannot tell": "cannot tell"}
        lines = [f"{self.network}: {words[self.verdict]} ({len(self.cases)} batches)"]
        lines += [f"  {gate.name:<12} {MARKS[gate.passed]:<10} {_told(gate)}".rstrip() for gate in self.gates]
        lines += [f"  cannot tell: {why}" for why in self.unsure]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def _told(gate: Gate) -> str:
    return gate.detail if gate.passed is None else measure(gate)
