"""The layers of both sides as the rows of a table: partners, lone ones, numbers and lines of code."""

from __future__ import annotations

from dataclasses import dataclass

from ...common.comparing.along import Measure
from ..report import Comparison

AROUND = 8


@dataclass(frozen=True)
class Row:
    """A pair of layers, "" for none; `lines` are those of both sides' code."""

    number: int
    pair: tuple[str, str]
    lines: tuple[str, str]
    measure: Measure | None
    first: bool

    @property
    def lone(self) -> bool:
        """Whether it has no partner."""
        return "" in self.pair


def rows(report: Comparison) -> list[Row]:
    """All layers: as they were aligned, or else as they were seen while the models ran."""
    measured = {measure.one: measure for measure in report.curve}
    one, other = report.sources if len(report.sources) == 2 else ({}, {})
    return [
        Row(place, (a, b), (one.get(a, ""), other.get(b, "")), measured.get(a), (a, b) == report.first)
        for place, (a, b) in enumerate(report.layers)
    ]


def near(found: list[Row]) -> list[Row]:
    """The rows around the first that differ; none where none does."""
    at = next((place for place, row in enumerate(found) if row.first), None)
    return [] if at is None else found[max(at - AROUND, 0) : at + AROUND + 1]
