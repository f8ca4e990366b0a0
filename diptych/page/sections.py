"""What stands below the code: the diagram, the traps that the network meets, the differences of the last check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ..checking.last_check import Recorded
from ..checking.report import Gate
from ..common.errors import DiptychError
from ..common.language import marked
from ..common.spec import Net
from ..traps.trap import Trap
from .highlight import lines


@dataclass(frozen=True)
class MetTrap:
    """A trap of this network: its numbers, the places where it is met, and its twin as HTML.

    `same` is an earlier trap of the page that is met at the very same places.
    """

    trap: Trap
    wrong: str
    right: str
    places: tuple[str, ...]
    twin: tuple[Markup, ...]
    same: Trap | None = None


@dataclass(frozen=True)
class Measured:
    """A gate of a check as text: verdict, largest difference, tolerance, how many were compared, and where."""

    name: str
    verdict: str
    measured: str
    tolerance: str
    compared: str
    where: str


def architecture(net: Net, anchor: Callable[[str], str]) -> tuple[Markup, str]:
    """The diagram of the network as an svg element, or why it cannot be drawn here.

    Its boxes lead to what `anchor` says of their paths.
    """
    from ..drawing import svg

    try:
        return Markup(svg(net, anchor)), ""  # noqa: S704 - diptych's own, with its labels escaped
    except DiptychError as error:
        return Markup(), str(error)


def traps(net: Net) -> list[MetTrap]:
    """The traps that a network meets, in the order of the catalogue."""
    from ..traps.catalogue import catalogue, met

    known, first, found = catalogue(), dict[tuple[str, ...], Trap](), list[MetTrap]()
    for id_, paths in met(net).items():
        earlier = first.setdefault(tuple(paths), known[id_])
        found.append(_met_trap(known[id_], paths, None if earlier is known[id_] else earlier))
    return found


def check_table(recorded: Recorded | None) -> dict[str, Any] | None:
    """The recorded check as text for the page; None where none is recorded."""
    if recorded is None:
        return None
    report = recorded.report
    noise = {side: f"{value:.1e}" for side, value in report.noise.items()}
    source = {"when": recorded.when.replace("T", " ").replace("+00:00", " UTC"), "file": recorded.file}
    head = {"passed": report.passed, "cases": report.cases, "seconds": f"{report.seconds:.0f}", "noise": noise}
    return head | source | {"versions": recorded.versions, "gates": [_gate(gate) for gate in report.gates]}


def _met_trap(trap: Trap, paths: list[str], same: Trap | None) -> MetTrap:
    numbers = (_number(trap.wrong), _number(trap.right))
    return MetTrap(trap, *numbers, tuple(paths), tuple(lines(trap.source)), same)


def _gate(gate: Gate) -> Measured:
    verdict = {True: marked("pass"), False: marked("fail"), None: marked("not reached")}[gate.passed]
    reached = gate.passed is not None and gate.measured is not None
    difference = _number(gate.measured) if reached else ""
    where = "; ".join(text for text in (gate.where, gate.detail) if text)
    compared = f"{gate.compared:,}" if reached else ""
    return Measured(gate.name.replace("_", " "), verdict, difference, _number(gate.tolerance), compared, where)


def _number(value: float | None) -> str:
    if not value:
        return "" if value is None else "0"
    return f"{value:.2g}" if 0.01 <= abs(value) < 1000 else f"{value:.1e}"
