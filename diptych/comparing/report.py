"""What a comparison found: same, different, or that it cannot be told, and why."""

from __future__ import annotations

from dataclasses import dataclass

from ..checking.report import SAME, Gate, Report, Verdict, measure

MARKS = {True: "same", False: "DIFFERENT", None: "not seen"}
CODES = {"same": 0, "different": 1, "cannot tell": 2}


@dataclass(frozen=True)
class Comparison(Report):
    """The gates of a comparison of two models; a gate that could not be asked is open, and its detail says why.

    `unsure` says why nothing can be told, `notes` what was not compared, `pairs` which layers belong together.
    """

    unsure: tuple[str, ...] = ()
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

    def __str__(self) -> str:
        words = {"same": SAME[self.partial], "different": "NOT the same function", "cannot tell": "cannot tell"}
        lines = [f"{self.network}: {words[self.verdict]} ({len(self.cases)} batches)"]
        lines += [f"  {gate.name:<12} {MARKS[gate.passed]:<10} {_told(gate)}".rstrip() for gate in self.gates]
        lines += [f"  cannot tell: {why}" for why in self.unsure]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def _told(gate: Gate) -> str:
    return gate.detail if gate.passed is None else measure(gate)
