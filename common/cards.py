"""What is known of each network besides its layers: paper and its idea, public reference, counts, recipe, quirks.

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
    """Where a network was published; `venue` and `arxiv` are empty where there is none.

    `link` is where a paper that arXiv does not have can be read.
    """

    authors: str
    year: int
    title: str
    venue: str = ""
    arxiv: str = ""
    link: str = ""

    @property
    def address(self) -> str:
        """Where the paper can be read, "" where no place is known."""
        return f"https://arxiv.org/abs/{self.arxiv}" if self.arxiv else self.link


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
class Published:
    """Figures of a network as its authors print them, None where they print none; `note` says how they count.

    `precision` is a detector's average precision in percent, as `measure` has it.
    """

    source: str
    params: int | None = None
    macs: int | None = None
    precision: float | None = None
    measure: str = ""
    note: str = ""


@dataclass(frozen=True)
class Recipe:
    """How the authors trained, and where they say so."""

    text: str
    source: str


@dataclass(frozen=True)
class Card:
    """The facts of one network.

    `read_from` is the table or figure of the paper; `reference` the public implementation that it equals, as
    "library:name", or why there is none; `preprocessing` says for each set of public weights what they expect.
    `idea` is what the paper of the family is about, `departure` what is different in this network.
    """

    paper: Paper
    read_from: str
    reference: str
    counts: Counts
    preprocessing: dict[str, str]
    quirks: tuple[str, ...]
    reported: tuple[Reported, ...]
    idea: str = ""
    departure: str = ""
    published: Published | None = None
    recipe: Recipe | None = None

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
    counts, published = entry["counts"], entry.get("published")
    # A network of another paper was not trained as the family's was.
    recipe = entry.get("recipe") or (None if "paper" in entry else data.get("recipe"))
    return Card(
        paper=Paper(**(data["paper"] | entry.get("paper", {}))),
        read_from=entry["read_from"],
        reference=entry["reference"],
        counts=Counts(**(counts | {"input": tuple(counts["input"])})),
        preprocessing=entry["preprocessing"],
        quirks=tuple(entry["quirks"]),
        reported=tuple(Reported(**item) for item in entry["reported"]),
        idea=data.get("idea", ""),
        departure=entry.get("departure", ""),
        published=Published(**published) if published else None,
        recipe=Recipe(**recipe) if recipe else None,
    )


@functools.cache
def _family(family: str) -> dict[str, Any]:
    path = FOLDER / f"{family}.json"
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SpecError(f"the family {family!r} has no file {path.name} in common/cards") from None
    return data
