"""What a training check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..checking.report import Gate, Report, Verdict, measure

MARKS = {True: "pass", False: "FAIL", None: "cannot tell"}


@dataclass(frozen=True)
class TrainReport(Report):
    """The gate `training_steps` and what came before it.

    `losses` are the curves of both sides, `labels` what they are called. `listed` are the parameters whose gradient is
    rounding alone in every step, such as a bias before batch normalisation: no parameter is held, their effect on the
    loss is. `small` are those whose gradient is below a thousandth of the network's largest; they are held all the
    same. `whose` says of each side which optimiser and loss it had. `rounded` is true where rounding alone may have
    made the difference.
    """

    losses: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
    labels: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    small: tuple[str, ...] = ()
    whose: tuple[str, ...] = ()
    rounded: bool = False

    @property
    def verdict(self) -> Verdict:
        """Different where a gate failed, same where all passed."""
        if any(gate.passed is False for gate in self.gates):
            return "different"
        return "cannot tell" if self.unsure or not self.gates else "same"

    @property
    def passed(self) -> bool:
        return self.verdict == "same"

    def to_dict(self) -> dict[str, Any]:
        data = super().to_dict()
        data["losses"] = [[value if abs(value) < float("inf") else None for value in curve] for curve in self.losses]
        return data

    def __str__(self) -> str:
        words = {"same": "trains the same", "different": "does NOT train the same", "cannot tell": "cannot tell"}
        lines = [f"{self.network}: {words[self.verdict]} ({', '.join(self.cases)})"]
        for gate in self.gates:
            lines.append(f"  {gate.name:<18} {MARKS[gate.passed]:<11} {_told(gate)}".rstrip())
            lines += [f"  {'':<18} {gate.side} departs"] if gate.side else []
        lines += [f"  {label}: {text}" for label, text in zip(self.labels, self.whose, strict=False)]
        lines += [f"  cannot tell: {why}" for why in self.unsure]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def _told(gate: Gate) -> str:
    return "" if gate.passed is None else measure(gate)
