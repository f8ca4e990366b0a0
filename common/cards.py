"""What is known of each network besides its layers: paper, public reference, counts, preprocessing, quirks.

One JSON file per family in `common/cards`. The counts were taken from the public references that they name, by code
that knows nothing of diptych; a test holds every network to them. Reported errors are quoted with their source and are
compared with nothing; a `what` that begins with ILSVRC is an entry to the challenge, mostly of several networks.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import SpecError

FOLDER = Path(__file__).with_name("cards")


@dataclass(frozen=True)
class Paper:
    """Where a network was published; `venue` and `arxiv` are empty where there is none."""

    authors: str
    year: int
    title: str
    venue: str = ""
    arxiv: str = ""


@dataclass(frozen=True)
class Counts:
    """Figures of one image of `input` (height, width): see `Net.params`, `.statistics`, `.buffers` and `.macs`."""

    params: int
    statistics: int
    buffers: int
    macs: int
    input: tuple[int, int]
    source: str


@dataclass(frozen=True)
class Reported:
    """An error on ImageNet as a paper states it, in percent; None where it states only the other one."""

    top1: float | None
    top5: float | None
    what: str
    source: str


@dataclass(frozen=True)
class Card:
    """The facts of one network.

    `read_from` is the table or figure of the paper; `reference` the public implementation that it equals, as
    "library:name", or why there is none; `preprocessing` says for each set of public weights what they expect.
    """

    paper: Paper
    read_from: str
    reference: str
    counts: Counts
    preprocessing: dict[str, str]
    quirks: tuple[str, ...]
    reported: tuple[Reported, ...]

    def citation(self) -> str:
        """Authors, year, title, and the table or figure."""
        return ", ".join(filter(None, (f"{self.paper.authors} {self.paper.year}", self.paper.title, self.read_from)))


def card(family: str, name: str) -> Card:
    """The card of a network; raises SpecError where its family's file does not have it.

    An entry that is `like` another has that one's facts where it states none of its own, but for reported errors:
    these are of the network that a paper trained.
    """
    data = _family(family)
    if name not in data["networks"]:
        raise SpecError(f"{name} has no entry in common/cards/{family}.json")
    entry = data["networks"][name]
    like = data["networks"][entry["like"]] if "like" in entry else {}
    entry = {"preprocessing": {}, "quirks": ()} | like | {"reported": ()} | entry
    counts = entry["counts"]
    return Card(
        paper=Paper(**(data["paper"] | entry.get("paper", {}))),
        read_from=entry["read_from"],
        reference=entry["reference"],
        counts=Counts(**(counts | {"input": tuple(counts["input"])})),
        preprocessing=entry["preprocessing"],
        quirks=tuple(entry["quirks"]),
        reported=tuple(Reported(**item) for item in entry["reported"]),
    )


@functools.cache
def _family(family: str) -> dict[str, Any]:
    path = FOLDER / f"{family}.json"
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SpecError(f"the family {family!r} has no file {path.name} in common/cards") from None
    return data
