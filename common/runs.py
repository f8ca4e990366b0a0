"""Runs of lines that differ by a count, written as one comprehension, as a person would."""

from __future__ import annotations

import re
from collections.abc import Sequence

NUMBER = re.compile(r"(\d+)")
BLOCK = re.compile(r"(\(\"\w+\", )?[A-Z]\w*\(")
SHORTEST = 3


def runs(lines: Sequence[str]) -> list[str]:
    """Replace runs of block constructions, equal or with numbers in arithmetic progression, by one line each.

    >>> runs(["A(64, 2),", "A(96, 2),", "A(128, 2),"])
    ['*[A(64 + 32 * i, 2) for i in range(3)],']
    >>> runs(["A(8),", "A(8),", "B(8),"])
    ['*[A(8) for _ in range(2)],', 'B(8),']
    """
    out: list[str] = []
    while lines:
        length = _run(lines)
        out.append(_comprehension(lines[:length]) if length > 1 else lines[0])
        lines = lines[length:]
    return out


def _run(lines: Sequence[str]) -> int:
    """How many of the first lines make one run."""
    if not BLOCK.match(lines[0]):
        return 1
    length = 1
    while length < len(lines) and lines[length] == lines[0]:
        length += 1
    if length > 1:
        return length
    while length < len(lines) and _progression(lines[: length + 1]):
        length += 1
    return length if length >= SHORTEST else 1


def _progression(lines: Sequence[str]) -> list[tuple[int, int]] | None:
    """(first, difference) of every number in the lines, or None where they differ in more than that."""
    parts = [NUMBER.split(line) for line in lines]
    if any(part[::2] != parts[0][::2] for part in parts):
        return None
    columns = [[int(part[place]) for part in parts] for place in range(1, len(parts[0]), 2)]
    steps = [(column[0], column[1] - column[0]) for column in columns]
    if any(step and not _alone(parts[0], 2 * place + 1) for place, (_, step) in enumerate(steps)):
        return None
    rising = all(
        column == [a + d * i for i in range(len(lines))] for column, (a, d) in zip(columns, steps, strict=True)
    )
    return steps if rising else None


def _alone(parts: Sequence[str], place: int) -> bool:
    """Whether a number is a whole argument, or part of a quoted name, so that a sum can take its place."""
    before, after = parts[place - 1], parts[place + 1]
    quoted = "".join(parts[:place]).count('"') % 2 == 1
    return quoted or (before.endswith(("(", ", ", "=")) and after.startswith((",", ")")))


def _comprehension(lines: Sequence[str]) -> str:
    text, *numbers = NUMBER.split(lines[0])
    varied = lines[0] != lines[1]
    for (first, step), follows, number in zip(_progression(lines) or [], numbers[1::2], numbers[::2], strict=True):
        inside = text.count('"') % 2
        text += (number if not step else f"{{{_sum(first, step)}}}" if inside else _sum(first, step)) + follows
    text = re.sub(r'"(?=[^"]*\{)', 'f"', text, count=1)
    return f"*[{text.rstrip(',')} for {'i' if varied else '_'} in range({len(lines)})],"


def _sum(first: int, step: int) -> str:
    """`first + step * i`, or for a name that counts from one, `i + 1`."""
    if step == 1:
        return f"i + {first}" if first else "i"
    return f"{first} + {step} * i"
