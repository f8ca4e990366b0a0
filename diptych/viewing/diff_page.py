"""The diff of two files of weights as one page of HTML."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from markupsafe import Markup

from ..common.versions import versions_of
from ..comparing.html.numbers import plain, short
from ..comparing.html.tensors import histogram
from .changes import Change, Changes
from .page import css, template

DRAWN = 80
"""Tensors whose histograms are drawn, those that changed most: more would make a page of megabytes."""


def page(found: Changes) -> str:
    """The diff as HTML text: what changed by size, then what only one file has, and what is equal."""
    largest = max((item.relative for item in found.changed if math.isfinite(item.relative)), default=0.0)
    text: str = template("diff.html.j2").render(
        found=found, names=[file.path.name for file in found.files], css=css(), short=short, plain=plain,
        drawn=[(item, drawing(item)) for item in found.changed[:DRAWN]], largest=largest, finite=math.isfinite,
        equal=[item.name for item in found.shared if item.same], versions=versions_of(("diptych", "numpy")),
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), notes=list(dict.fromkeys(
            note for file in found.files for note in file.notes)),
    )  # fmt: skip
    return text


def drawing(item: Change) -> Markup:
    """How the numbers of both sides are spread, on one scale."""
    return histogram([("one", item.counts[0]), ("other", item.counts[1])], item.low, item.high)
