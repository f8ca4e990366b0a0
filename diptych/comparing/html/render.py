"""The page of a report."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from ... import page as study
from ...checking.report import Report
from ...common.versions import versions_of
from ..report import MARKS, Comparison
from .chart import chart
from .numbers import short
from .rows import Row, near, rows
from .tensors import Pictures, pictures
from .verdict import WORDS, first_sentence

PACKAGES = ("diptych", "torch", "torchvision", "timm", "keras", "tensorflow", "numpy")
WIDE, NARROW = 960, 348
"""Pixels of the chart on a screen and on a telephone."""
OWN_MARKS = {True: "pass", False: "FAIL", None: "not reached"}
FEW = 60
"""So many layers are shown at once."""


def page(report: Report) -> str:
    """A report of `compare` or of `check` as HTML text."""
    compared = report if isinstance(report, Comparison) else Comparison(report.network, (), ())
    found = rows(compared)
    text: str = _template().render(
        report=report, compared=compared, marks=MARKS if report is compared else OWN_MARKS, labels=_labels(compared),
        verdict=report.verdict, words=WORDS, said=first_sentence(report), diagnosed=report.failed, short=short,
        charts=_charts(compared, found), pictures=_pictures(compared), rows=found, near=_shown(found),
        many=len(found) > FEW, environment=_environment(), css=_css(),
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )  # fmt: skip
    return text


def _labels(report: Comparison) -> tuple[str, str]:
    one, other = report.labels if len(report.labels) == 2 else ("the first", "the second")
    return one, other


def _charts(report: Comparison, found: list[Row]) -> list[Markup]:
    """The chart for wide and for narrow screens; none where nothing was measured along the network."""
    bound = next((gate.tolerance for gate in report.gates if gate.name == "nodes" and gate.tolerance), None)
    return [chart(found, bound, width) for width in (WIDE, NARROW)] if report.curve else []


def _pictures(report: Comparison) -> list[Pictures]:
    return [pictures(tensor, _labels(report)) for tensor in report.tensors]


def _shown(found: list[Row]) -> list[Row]:
    """Of many layers those around the first that differ; else all of them."""
    return found if len(found) <= FEW else near(found)


def _environment() -> Mapping[str, str]:
    own = {"python": platform.python_version(), "platform": platform.platform(), "processor": platform.machine()}
    return {**versions_of(PACKAGES), **own}


def _css() -> Markup:
    """The colours of diptych's pages, and what this one has more."""
    parts = files(study) / "palette.css", files(__package__) / "style.css"
    return Markup("".join(part.read_text(encoding="utf-8") for part in parts))  # noqa: S704 - the package's own files


@cache
def _template() -> Any:
    from ...page.environment import environment

    # Autoescaping is on for every value; what is already HTML is Markup.
    return environment(lstrip_blocks=True).from_string(
        (files(__package__) / "template.html.j2").read_text(encoding="utf-8")
    )
