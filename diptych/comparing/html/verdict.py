"""What a report found first, in words."""

from __future__ import annotations

from ...checking.report import Gate, Report
from ...common.text import printable
from .numbers import short

MOST = 300
"""Characters of a cause at most; the table of gates has all of it."""
WORDS = {"same": "The same function", "different": "Not the same function", "cannot tell": "Cannot tell"}


def first_sentence(report: Report) -> str:
    """Where they differ and why; of those that are the same, by how much they were apart at most."""
    if (gate := report.failed) is not None and gate.passed is False:
        return _of_gate(gate)
    if report.unsure:
        return f"{report.unsure[0][:1].upper()}{report.unsure[0][1:]}."
    asked = [gate for gate in report.gates if gate.passed]
    if not asked:
        return "Nothing was compared."
    worst = max(asked, key=lambda gate: (gate.measured or 0.0) / (gate.tolerance or 1.0))
    bound = f", of {short(worst.tolerance)} that are allowed" if worst.tolerance else ""
    return f"No gate found a difference; the largest is {short(worst.measured)}{bound} (gate {worst.name})."


def _of_gate(gate: Gate) -> str:
    by = f", by {short(gate.measured)}" if gate.measured and gate.tolerance else ""
    head = f"The gate {gate.name} finds a difference" + (f" first at {gate.where}" if gate.where else "")
    said = [part for part in gate.detail.split("; ") if not part.startswith("first in ")]
    why = gate.cause or (said[0] if said else "")
    side = f" It is {gate.side} that departs." if gate.side else ""
    return f"{head}{by}{f': {printable(why, MOST)}' if why else ''}.{side}"
