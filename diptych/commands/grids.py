"""Rows as text: on a terminal as many columns as have room, whole, and in a pipe all of them."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence

from ..common.language import gettext
from ..common.text import printable
from .streams import say, write
from .wide import cells, wrapped

NARROWEST = 24
"""Columns of a terminal that a text of several words takes at least, before other columns go."""
GAP = 2


def grid(
    header: Sequence[str], rows: Iterable[Sequence[str]], left: int, last: Sequence[str] = (), words: str = ""
) -> None:
    """Print rows under a header; the first `left` columns align on the left.

    On a terminal that is too narrow the column `words` is folded between its words, and then those of `last` go, the
    first of them first; a line says which. No name and no number is broken, unless the others alone have no room.
    """
    table = [tuple(map(gettext, header)), *(tuple(map(printable, row)) for row in rows)]
    header, last, words = table[0], tuple(map(gettext, last)), gettext(words)
    if not sys.stdout.isatty():
        _print(table, list(range(len(header))), _widths(table), left, "")
        return
    shown, gone, width = list(range(len(header))), [], columns()
    for name in last:
        if _needed(table, shown, words) <= width:
            break
        shown.remove(header.index(name))
        gone.append(name)
    widths = _widths(table)
    if words in header and header.index(words) in shown:
        place = header.index(words)
        rest = sum(widths[i] + GAP for i in shown if i != place)
        widths[place] = min(widths[place], max(width - rest, _least(table, place)))
    _print(table, shown, widths, left, words)
    if gone:
        said = gettext("no room for {names}: they stand in a wider terminal, and in a pipe")
        say("", *_wrapped(said.format(names=", ".join(gone)), width))


def folded(line: str) -> list[str]:
    """A line, on a terminal folded between its words, further in than it begins."""
    if not sys.stdout.isatty():
        return [line]
    lead = " " * (len(line) - len(line.lstrip()) + GAP)
    if cells(line) > len(line):
        first, *rest = wrapped(line.strip(), columns() - len(lead))
        return [lead[GAP:] + first, *(lead + text for text in rest)]
    return textwrap.wrap(line, columns(), subsequent_indent=lead, break_long_words=False, break_on_hyphens=False)


def columns() -> int:
    """The width of the terminal, of which the last column stays empty."""
    return max(shutil.get_terminal_size((80, 24)).columns - 1, 20)


def _widths(table: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(cells, column)) for column in zip(*table, strict=True)]


def _least(table: Sequence[Sequence[str]], place: int) -> int:
    """The narrowest that a column of texts is made: its longest word, and some."""
    longest = max((len(word) for row in table for word in row[place].split() if word.isascii()), default=0)
    return min(max(longest, NARROWEST), _widths(table)[place])


def _needed(table: Sequence[Sequence[str]], shown: Sequence[int], words: str) -> int:
    widths = _widths(table)
    least = [_least(table, i) if table[0][i] == words else widths[i] for i in shown]
    return sum(least) + GAP * (len(shown) - 1)


def _print(table: Sequence[Sequence[str]], shown: Sequence[int], widths: Sequence[int], left: int, words: str) -> None:
    lines = list[str]()
    for row in table:
        cells = {i: _wrapped(row[i], widths[i]) if row[i] and table[0][i] == words else [row[i]] for i in shown}
        for number in range(max(map(len, cells.values()))):
            texts = [(i, (cells[i][number : number + 1] or [""])[0]) for i in shown]
            line = (_aligned(text, widths[i], i < left) for i, text in texts)
            lines.append((" " * GAP).join(line).rstrip() + "\n")
    write("".join(lines))


def _aligned(text: str, width: int, left: bool) -> str:
    room = " " * (width - cells(text))
    return text + room if left else room + text


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width) if cells(text) == len(text) else wrapped(text, width)
