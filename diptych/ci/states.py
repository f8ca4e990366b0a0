"""What each gate of a report means to a machine: passed, failed, cannot tell, or not asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..checking.report import Gate, Report, measure

State = Literal["same", "different", "cannot tell", "open"]
ADVICE = "what cannot be told is no pass: change what the report names, or ask for fewer gates"


@dataclass(frozen=True)
class Judged:
    """A gate, its state, and what is said of it in one line."""

    gate: str
    state: State
    said: str = ""

    def __str__(self) -> str:
        return f"{self.gate}: {self.state}{f', {self.said}' if self.said else ''}"


def states(report: Report) -> tuple[Judged, ...]:
    """The gates of a report; an open one cannot tell where the whole report cannot, and then one at least is open.

    >>> [str(item) for item in states(Report("net", (Gate("outputs", True, 1e-16, 1e-10), Gate("nodes")), ()))]
    ['outputs: same, 1.0e-16 (tolerance 1.0e-10), 0 compared', 'nodes: open, not reached']
    """
    found = tuple(_judged(report, gate) for gate in report.gates)
    if report.verdict == "cannot tell" and not any(item.state == "cannot tell" for item in found):
        first = found[0].gate if found else "outputs"
        return (Judged(first, "cannot tell", _unsure(report)), *found[1:])
    return found


def _judged(report: Report, gate: Gate) -> Judged:
    if gate.passed is not None:
        return Judged(gate.name, "same" if gate.passed else "different", measure(gate))
    if report.verdict == "cannot tell":
        return Judged(gate.name, "cannot tell", _unsure(report))
    failed = report.failed
    late = f"not reached, for {failed.name} differs" if failed else "not reached"
    return Judged(gate.name, "open", gate.detail or late)


def _unsure(report: Report) -> str:
    return "; ".join((*getattr(report, "unsure", ()), ADVICE))
