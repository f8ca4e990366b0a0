"""The catalogue of traps on the command line: a grid of all, one in full, and both as JSON."""

from __future__ import annotations

import sys
import textwrap
import warnings
from functools import cache
from typing import Any

from ..common.errors import DiptychError
from ..common.registry import networks, traced
from ..traps.catalogue import catalogue
from ..traps.trap import Trap
from . import output
from .streams import say

HEADER = ("id", "title", "wrong", "right", "networks")
WIDTH = 100
"""Columns of the text under a heading."""


@cache
def _nets() -> tuple[Any, ...]:
    return tuple(traced(name, {}) for name in networks())


def meeting(trap: Trap) -> dict[str, list[str]]:
    """The registered networks that meet a trap, at their own input size: name -> paths of nodes."""
    found = {net.name: trap.places(net) for net in _nets()}
    return {name: paths for name, paths in found.items() if paths}


def measure(trap: Trap) -> tuple[float, float]:
    """What the twin of a trap answers here and now; raises DiptychError where a framework is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return trap.twin()
    except ModuleNotFoundError as error:
        raise DiptychError(f"the twin of {trap.id} needs {error.name}: pip install 'diptych[all]'") from None


def overview(run: bool) -> None:
    """Print every trap: id, title, the recorded numbers or with `run` new ones, and how many networks meet it."""
    traps = catalogue().values()
    for section in dict.fromkeys(trap.section for trap in traps):
        rows = [_row(trap, run) for trap in traps if trap.section == section]
        say(f"{section}:")
        output.grid(HEADER, rows, 2)
        say("")
    say(
        f"wrong, right: what differs in the trap and out of it, {'measured now' if run else 'as recorded'}",
        f"networks: how many of the {len(_nets())} registered ones meet it; `diptych traps ID` shows one with its code",
    )


def one(trap: Trap, run: bool) -> None:
    """Print a trap in full: definitions, rule, numbers, networks, thread and its twin; `run` measures anew."""
    say(f"{trap.title} ({trap.id})", f"{trap.section}", "")
    for name, text in (("torch", trap.torch), ("Keras", trap.keras), ("rule", trap.rule)):
        _paragraph(name, text)
    _paragraph("measure", trap.measure)
    _paragraph("recorded", f"wrong {trap.wrong:.3g}, right {trap.right:.3g}")
    if run:
        wrong, right = measure(trap)
        _paragraph("measured", f"wrong {wrong:.3g}, right {right:.3g}")
    if trap.note:
        _paragraph("note", trap.note)
    met = [f"{name} ({len(paths)})" for name, paths in meeting(trap).items()]
    _paragraph("met by", ", ".join(met) if met else "no registered network at its own input size")
    if trap.thread:
        say(f"{'thread':<10}{trap.thread}")
    say("")
    _code(trap.source)


def record(trap: Trap, run: bool) -> dict[str, Any]:
    """A trap as JSON data; `run` adds what its twin measures."""
    keys = ("id", "section", "title", "torch", "keras", "rule", "measure", "wrong", "right", "note", "thread", "source")
    data: dict[str, Any] = {key: getattr(trap, key) for key in keys}
    if run:
        data["measured"] = dict(zip(("wrong", "right"), measure(trap), strict=True))
    return data | {"networks": meeting(trap)}


def _row(trap: Trap, run: bool) -> tuple[str, ...]:
    wrong, right = measure(trap) if run else (trap.wrong, trap.right)
    return trap.id, trap.title, f"{wrong:.3g}", f"{right:.3g}", str(len(meeting(trap)) or "-")


def _paragraph(name: str, text: str) -> None:
    lines = textwrap.wrap(text, WIDTH - 10, break_long_words=False, break_on_hyphens=False)
    say(*(f"{name if i == 0 else '':<10}{line}" for i, line in enumerate(lines)))


def _code(text: str) -> None:
    """Print Python, in colours on a terminal."""
    if not sys.stdout.isatty():
        say(*text.rstrip("\n").splitlines())
        return
    from rich.console import Console
    from rich.syntax import Syntax

    Console().print(Syntax(text.rstrip("\n"), "python", theme="ansi_light", word_wrap=True))
