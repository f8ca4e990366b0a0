"""Texts in columns of a terminal: a character of Chinese takes two, and a line may end after any of them."""

from __future__ import annotations

import re
import unicodedata

UNIT = re.compile(r"[（《「『“]*(?:[^\s\u2e80-\uffef]+ ?|[\u2e80-\uffef])|\s+")
"""What is not broken: a word of another script with the space after it, or one character of Chinese."""
CLOSING = set("，。；：、！？）》」』”’…")
"""Characters that begin no line."""


def cells(text: str) -> int:
    """The columns of a terminal that a text takes.

    >>> cells("卷积 conv")
    9
    """
    return len(text) if text.isascii() else sum(1 + (unicodedata.east_asian_width(sign) in "WF") for sign in text)


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of so many columns at most.

    >>> wrapped("步幅为 2 的卷积。", 10)
    ['步幅为 2', '的卷积。']
    """
    lines, line = list[str](), list[str]()
    for unit in UNIT.findall(text):
        if line and cells("".join([*line, unit.rstrip()])) > width:
            carried = [unit]
            while carried[0] in CLOSING and len(line) > 1:
                carried.insert(0, line.pop())
            lines.append("".join(line).rstrip())
            line = [part for part in carried if part.strip()]
        else:
            line.append(unit)
    return [*lines, "".join(line).rstrip()]
