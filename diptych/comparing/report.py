"""What a comparison found: same, different, or that it cannot be told, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..checking.report import SAME, Gate, Report, Verdict, measure
from ..common.comparing.along import Measure
from ..common.comparing.sketch import Sketch
from .alignment import alignment_text

MARKS = {True: "same", False: "DIFFERENT", None: "not seen"}
CODES = {"same": 0, "different": 1, "cannot tell": 2}


@dataclass(frozen=True)
class Comparison(Report):
    """The gates of a comparison of two models; a gate that could not be asked is open, and its detail says why.

    `notes` say what was not compared, `pairs` which layers belong together, and `labels` what the two models are
    called. For who looks at it, `curve` has the differences along the network, `tensors` those that differ most, made
    small, and `sources` the lines of both sides' own code, by path.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    labels: tuple[str, ...] = ()
    curve: tuple[Measure, ...] = ()
    tensors: tuple[Sketch, ...] = field(default=(), repr=False, compare=False)
    sources: tuple[Mapping[str, str], ...] = field(default=(), repr=False, compare=False)

    @property
    def verdict(self) -> Verdict:
        """Different where a gate failed, same where none did and nothing is unsure."""
        if any(gate.passed is False for gate in self.gates):
            return "different"
        return "cannot tell" if self.unsure or not self.gates else "same"

    @property
    def passed(self) -> bool:
        return self.verdict == "same"

    @property
    def failed(self) -> Gate | None:
        """The failed gate that says most: that of the nodes, which names a layer, before the others in order.

        Where nothing can be told it is the first that could not be asked.
        """
        wrong = [gate for gate in self.gates if gate.passed is False]
        if not wrong and self.verdict == "cannot tell":
            return next((gate for gate in self.gates if gate.passed is None), None)
        return min(wrong, key=lambda gate: gate.name != "nodes", default=None)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data, for JSON, without what only a page shows."""
        data = Report.to_dict(replace(self, tensors=(), sources=()))
        del data["tensors"], data["sources"]
        for item in data["curve"]:
            wrong = [key for key, value in item.items() if isinstance(value, float) and not math.isfinite(value)]
            item |= dict.fromkeys(wrong)
        return data

    def alignment_text(self) -> str:
        """Which layers belong together, as a table; lone ones, and the first that differ, are marked."""
        return alignment_text(self.layers, self.labels, self.first)

    @property
    def first(self) -> tuple[str, str] | None:
        """The first pair of layers that differ, where the nodes say it."""
        gate = next((gate for gate in self.gates if gate.name == "nodes" and gate.passed is False), None)
        return next((pair for pair in self.layers if gate and gate.where in pair), None)

    @property
    def layers(self) -> tuple[tuple[str, str], ...]:
        """All pairs of layers: as they were aligned, or else as they were seen while the models ran."""
        return self.pairs or tuple((measure.one, measure.other) for measure in self.curve)

    def __str__(self) -> str:
        words = {"same": SAME[self.partial], "different": "NOT the same function", "cannot tell": "cannot tell"}
        count = f"{len(self.cases)} batch{'' if len(self.cases) == 1 else 'es'}"
        lines = [f"{self.network}: {words[self.verdict]} ({count})"]
        told = [gate.lines for gate in self.gates]
        lines += [line for place, gate in enumerate(self.gates) for line in _lines(gate, gate.lines in told[:place])]
        lines += [f"  cannot tell: {why}" for why in self.unsure]
        lines += [f"  referee: {self.referee}"] if self.referee else []
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def _lines(gate: Gate, known: bool) -> list[str]:
    """A gate, and below it the lines of code that it is about, unless they are known from one before."""
    said = f"  {gate.name:<12} {MARKS[gate.passed]:<10} {_told(gate)}".rstrip()
    return [said, *(f"{'':<15}{line}" for line in gate.lines if not known)]


def _told(gate: Gate) -> str:
    return gate.detail if gate.passed is None else measure(gate)
