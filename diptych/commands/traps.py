"""The catalogue of traps on the command line: a grid of all or of some, one in full, and each as JSON."""

from __future__ import annotations

import sys
import textwrap
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..common.errors import DiptychError
from ..common.language import gettext, marked, message
from ..common.listed import entry, networks
from ..traps.known import Entry, known
from ..traps.met import meeting, places
from ..waiting import waiting
from . import output
from .grids import columns, folded
from .streams import say
from .wide import cells, wrapped

if TYPE_CHECKING:
    from ..traps.trap import Trap

HEADER = (marked("id"), marked("title"), marked("wrong"), marked("right"))
WIDTH = 100
"""Columns of the text under a heading."""


@dataclass(frozen=True)
class Found:
    """The traps that are asked for; `one` is the only one of them, by its id, and `network` the one that meets them."""

    traps: tuple[Entry, ...]
    one: bool = False
    network: str = ""


def asked_for(words: Sequence[str]) -> Found:
    """The traps that words mean: all, one by its id, those that a network meets, or those in which all words stand."""
    every = tuple(known().values())
    if not words:
        return Found(every)
    text = " ".join(words)
    named = known().get(text.replace("-", "_").replace(" ", "_"))
    if named is not None:
        return Found((named,), one=True)
    if len(words) == 1 and (name := _network(text)) is not None:
        return Found(tuple(trap for trap in every if name in meeting(trap)), network=name)
    found = tuple(trap for trap in every if all(_has(trap, word.lower()) for word in text.split()))
    if not found:
        from ..traps.catalogue import find

        find(text)  # which raises, and says what is near
    return Found(found, one=len(found) == 1)


def _network(text: str) -> str | None:
    try:
        return entry(text).name
    except DiptychError:
        return None


def _has(trap: Trap | Entry, word: str) -> bool:
    """Whether a word stands in a trap, or begins the name of its section."""
    said = (trap.title, trap.torch, trap.keras, trap.rule)
    texts = (trap.id, trap.id.replace("_", " "), *said, *map(gettext, said))
    return any(word in text.lower() for text in texts) or any(
        text.lower().startswith(word) for text in (trap.section, gettext(trap.section))
    )


def shown(found: Found, run: bool) -> None:
    """Print one trap in full, or a grid of several."""
    if found.one:
        one(found.traps[0], run)
    else:
        overview(found, run)


def measure(trap: Trap | Entry) -> tuple[float, float]:
    """What the twin of a trap answers here and now; raises DiptychError where a framework is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return trap.twin()
    except ModuleNotFoundError as error:
        raise DiptychError(
            message("the twin of {id} needs {name}: pip install 'diptych[all]'", id=trap.id, name=error.name)
        ) from None


def overview(found: Found, run: bool) -> None:
    """Print a line for each trap: id, title, the recorded numbers or with `run` new ones, and what meets it."""
    for section in dict.fromkeys(trap.section for trap in found.traps):
        rows = []
        spoken = gettext(section)
        doing = gettext("running the twins of {section}") if run else gettext("counting: {section}")
        with waiting(doing.format(section=spoken)):
            rows = [_row(trap, found.network, run) for trap in found.traps if trap.section == section]
        say(f"{spoken}:")
        many = marked("nodes") if found.network else marked("networks")
        output.grid((*HEADER, many), rows, 2, (many, "right", "wrong"), "title")
        say("")
    if found.network:
        met = gettext("nodes: how many of {name}'s meet it; `diptych traps ID` shows one with its code")
    else:
        met = gettext(
            "networks: how many of the {count} registered ones meet it; `diptych traps ID` shows one with its code"
        )
    now = gettext("measured now") if run else gettext("as recorded")
    said = (
        gettext("wrong, right: what differs in the trap and out of it, {when}").format(when=now),
        met.format(name=found.network, count=len(networks())),
    )
    say(*(part for line in said for part in folded(line)))


def one(trap: Trap | Entry, run: bool) -> None:
    """Print a trap in full: definitions, rule, numbers, networks, thread and its twin; `run` measures anew."""
    say(f"{gettext(trap.title)} ({trap.id})", gettext(trap.section), "")
    for name, text in (("torch", trap.torch), ("Keras", trap.keras), (gettext("rule"), trap.rule)):
        _paragraph(name, gettext(text))
    _paragraph(gettext("measure"), gettext(trap.measure))
    numbers = gettext("wrong {wrong:.3g}, right {right:.3g}")
    _paragraph(gettext("recorded"), numbers.format(wrong=trap.wrong, right=trap.right))
    if run:
        with waiting(gettext("running {name}").format(name=trap.id)):
            wrong, right = measure(trap)
        _paragraph(gettext("measured"), numbers.format(wrong=wrong, right=right))
    if trap.note:
        _paragraph(gettext("note"), gettext(trap.note))
    met = [f"{name} ({count})" for name, count in meeting(trap).items()]
    _paragraph(gettext("met by"), ", ".join(met) if met else gettext("no registered network at its own input size"))
    if trap.thread:
        _paragraph(gettext("thread"), trap.thread)
    say("")
    _code(trap.source)


def record(trap: Trap | Entry, run: bool) -> dict[str, Any]:
    """A trap as JSON data, with how many nodes of each network meet it; `run` adds what its twin measures."""
    keys = ("id", "section", "title", "torch", "keras", "rule", "measure", "wrong", "right", "note", "thread", "source")
    data: dict[str, Any] = {key: getattr(trap, key) for key in keys}
    if run:
        data["measured"] = dict(zip(("wrong", "right"), measure(trap), strict=True))
    return data | {"networks": meeting(trap)}


def placed(trap: Trap | Entry, run: bool) -> dict[str, Any]:
    """The record of one trap, with the paths of the nodes that meet it: those networks are traced."""
    return record(trap, run) | {"places": {name: places(trap, name) for name in meeting(trap)}}


def _row(trap: Trap | Entry, network: str, run: bool) -> tuple[str, ...]:
    wrong, right = measure(trap) if run else (trap.wrong, trap.right)
    count = meeting(trap)[network] if network else len(meeting(trap))
    return trap.id, gettext(trap.title), f"{wrong:.3g}", f"{right:.3g}", str(count or "-")


def _paragraph(name: str, text: str) -> None:
    width = min(WIDTH, columns()) if sys.stdout.isatty() else WIDTH
    lines = textwrap.wrap(text, width - 10, break_long_words=False, break_on_hyphens=False)
    if cells(text) > len(text):
        lines = wrapped(text, width - 10)
    head = name + " " * max(10 - cells(name), 1)
    say(*(f"{head if i == 0 else ' ' * 10}{line}" for i, line in enumerate(lines)))


def _code(text: str) -> None:
    """Print Python, in colours on a terminal."""
    if not sys.stdout.isatty():
        say(*text.rstrip("\n").splitlines())
        return
    from rich.console import Console
    from rich.syntax import Syntax

    Console().print(Syntax(text.rstrip("\n"), "python", theme="ansi_light", word_wrap=True))
