"""What a check found: its gates in order, as text and as data."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Verdict = Literal["same", "different", "cannot tell"]
SAME = {False: "the same function", True: "the same function as far as was asked"}
"""How a report says that nothing differs, by whether it is partial."""


@dataclass(frozen=True)
class Gate:
    """One gate: `passed` is None where it was not reached, because an earlier gate failed.

    `measured` and `tolerance` are relative differences (0 and 0 where bits or settings are compared); `where` names
    the first thing that differs, or the place of the largest difference of a gate that passed; `compared` counts.
    `side` is the model that departs, where that can be told, and `cause` what restores parity; `lines` are those of
    somebody's own code that what differs comes from, where they are known.
    """

    name: str
    passed: bool | None = None
    measured: float | None = None
    tolerance: float | None = None
    where: str = ""
    detail: str = ""
    compared: int = 0
    side: str = ""
    cause: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """The gates of one check of one network. It passes when every gate was reached and passed.

    `referee` says of a check that failed which side ONNX agrees with, where that was asked for; `notes` what was not
    held; it is `partial` where not all gates, or few images, were asked for. `unsure` says why nothing can be told.
    """

    network: str
    gates: tuple[Gate, ...]
    cases: tuple[str, ...]
    noise: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    referee: str = ""
    notes: tuple[str, ...] = ()
    partial: bool = False
    unsure: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What is found; a check that cannot tell raises an error, but for a gate that is open at the end."""
        unsure = self.unsure and all(gate.passed is not False for gate in self.gates)
        return "same" if self.passed else "cannot tell" if unsure else "different"

    @property
    def passed(self) -> bool:
        return bool(self.gates) and all(gate.passed is True for gate in self.gates)

    def gate(self, name: str) -> Gate:
        """The gate of a name."""
        return next(gate for gate in self.gates if gate.name == name)

    @property
    def failed(self) -> Gate | None:
        """The gate that failed, if one did."""
        return next((gate for gate in self.gates if gate.passed is False), None)

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
        """The report as plain data, for JSON, which has no infinity and no NaN: such a measure is null."""
        data: dict[str, Any] = {"network": self.network, "passed": self.passed, "verdict": self.verdict}
        data |= asdict(self)
        for gate in data["gates"]:
            gate |= {key: _finite(gate[key]) for key in ("measured", "tolerance")}
        return data | {"noise": {side: _finite(value) for side, value in self.noise.items()}}

    def __str__(self) -> str:
        words = {"same": SAME[self.partial], "different": "NOT the same function", "cannot tell": "cannot tell"}
        lines = [f"{self.network}: {words[self.verdict]} ({', '.join(self.cases)})"]
        for gate in self.gates:
            mark = {True: "pass", False: "FAIL", None: "not reached"}[gate.passed]
            lines.append(f"  {gate.name:<18} {mark:<11} {measure(gate)}")
        lines += [f"  cannot tell: {why}" for why in self.unsure]
        lines += [f"  referee: {self.referee}"] if self.referee else []
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def measure(gate: Gate) -> str:
    """What a gate measured, and where, as text."""
    if gate.passed is None or gate.measured is None:
        return ""
    bound = f" (tolerance {gate.tolerance:.1e})" if gate.tolerance else ""
    place = f" at {gate.where}" if gate.where else ""
    return f"{gate.measured:.1e}{bound}{place}, {gate.compared} compared{f': {gate.detail}' if gate.detail else ''}"
