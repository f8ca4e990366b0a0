"""Both codes on a terminal: in two columns where there is room, otherwise one under the other; plain text in a pipe."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from ..common.spec import Net

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WIDE = 160
"""Columns of a terminal from which on two files stand side by side: lines that are longer than a half are folded."""
NUMBERS = 5
"""Columns that the line numbers take."""
STEP = 4
TITLES = ("PyTorch (NCHW)", "TensorFlow (NHWC)")


ASKED = ("FORCE_COLOR", "TTY_COMPATIBLE", "JUPYTER_COLUMNS")
"""What tells Rich that there is a terminal where there is none."""


def print_sources(net: Net, texts: tuple[str, str], console: Console | None = None) -> None:
    """Print the two files of a network, line beside line with one number for both where the console is wide enough.

    Without a console to stdout; in a pipe Rich, which takes longer to read than the rest, is not asked.
    """
    if console is None and (sys.stdout.isatty() or any(name in os.environ for name in ASKED)):
        from rich.console import Console

        console = Console()
    if console is None or not console.is_terminal:
        out = sys.stdout if console is None else console.file
        out.write("".join(f"# {net.name}: {title}\n{text}" for title, text in zip(TITLES, texts, strict=True)))
    elif console.width >= WIDE:
        _print_beside(texts, console)
    else:
        _print_under(texts, console)


def _print_beside(texts: tuple[str, str], console: Console) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    half = (console.width - NUMBERS) // 2 - 1
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", justify="right", style="dim", width=NUMBERS - 1)
    for title in TITLES:
        table.add_column(title, width=half)
    sides = (_lines(text, half, console) for text in texts)
    for number, (left, right) in enumerate(zip(*sides, strict=True), start=1):
        table.add_row(str(number), left, right)
    console.print(table)


def _print_under(texts: tuple[str, str], console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    for title, text in zip(TITLES, texts, strict=True):
        console.rule(Text(title), align="left", style="dim")
        table = Table.grid(padding=(0, 1, 0, 0))
        table.add_column(justify="right", style="dim", width=NUMBERS - 1)
        table.add_column()
        for number, line in enumerate(_lines(text, console.width - NUMBERS, console), start=1):
            table.add_row(str(number), line)
        console.print(table)


def _lines(text: str, width: int, console: Console) -> list[Text]:
    """The lines in the terminal's own sixteen colours, which suit a dark and a light background, folded to a width."""
    from rich.syntax import Syntax

    coloured = Syntax(text, "python", theme="ansi_dark", background_color="default").highlight(text)
    return [_fold(line, width, console) for line in coloured.split("\n")[: len(text.splitlines())]]


def _fold(line: Text, width: int, console: Console) -> Text:
    """A line that is too long in several, those after the first one step further in."""
    from rich.text import Text

    lead = len(line.plain) - len(line.plain.lstrip())
    if len(line.plain) <= width:
        return line
    first, *rest = line[lead:].wrap(console, max(width - lead - STEP, STEP))
    return Text("\n").join([Text(" " * lead) + first, *(Text(" " * (lead + STEP)) + part for part in rest)])
