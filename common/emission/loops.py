"""Runs of constructions that differ by a count, written as one loop, as a person would."""

from __future__ import annotations

import re
from collections.abc import Sequence

NUMBER = re.compile(r"(\d+)")
BLOCK = re.compile(r"(\(\"\w+\", )?[A-Z]\w*\(")
SHORTEST = 3


def lengths(texts: Sequence[str]) -> list[int]:
    """How many neighbours make one run: blocks that are equal, or whose numbers are in arithmetic progression.

    >>> lengths(["A(64, 2)", "A(96, 2)", "A(128, 2)", "B(8)", "B(8)", "A(8)"])
    [3, 2, 1]
    """
    found: list[int] = []
    while sum(found) < len(texts):
        found.append(_run(texts[sum(found) :]))
    return found


def folded(texts: Sequence[str]) -> tuple[str, str]:
    """The texts of a run as one text of a counter, and the name of the counter.

    >>> folded(["A(64, 2)", "A(96, 2)", "A(128, 2)"])
    ('A(64 + 32 * i, 2)', 'i')
    >>> folded(["A(8)", "A(8)"])
    ('A(8)', '_')
    """
    if texts[0] == texts[1]:
        return texts[0], "_"
    text, *numbers = NUMBER.split(texts[0])
    for (first, step), follows, number in zip(_progression(texts) or [], numbers[1::2], numbers[::2], strict=True):
        inside = text.count('"') % 2
        text += (number if not step else f"{{{_sum(first, step)}}}" if inside else _sum(first, step)) + follows
    return re.sub(r'"(?=[^"]*\{)', 'f"', text, count=1), "i"


def comprehended(texts: Sequence[str], alike: Sequence[str]) -> list[str]:
    """The texts, those of a run as one comprehension; what makes a run is decided by the texts in `alike`.

    >>> comprehended(["A(8)", "A(8)", "B(8)"], ["A(8)", "A(8)", "B(8)"])
    ['*[A(8) for _ in range(2)]', 'B(8)']
    """
    found, done = list[str](), 0
    for length in lengths(alike):
        text, counter = folded(texts[done : done + length]) if length > 1 else (texts[done], "")
        found.append(f"*[{text} for {counter} in range({length})]" if counter else text)
        done += length
    return found


def _run(texts: Sequence[str]) -> int:
    """How many of the first texts make one run."""
    if not BLOCK.match(texts[0]):
        return 1
    length = 1
    while length < len(texts) and texts[length] == texts[0]:
        length += 1
    if length > 1:
        return length
    while length < len(texts) and _progression(texts[: length + 1]):
        length += 1
    return length if length >= SHORTEST else 1


def _progression(texts: Sequence[str]) -> list[tuple[int, int]] | None:
    """(first, difference) of every number in the texts, or None where they differ in more than that."""
    parts = [NUMBER.split(text) for text in texts]
    if any(part[::2] != parts[0][::2] for part in parts):
        return None
    columns = [[int(part[place]) for part in parts] for place in range(1, len(parts[0]), 2)]
    steps = [(column[0], column[1] - column[0]) for column in columns]
    if any(step and not _alone(parts[0], 2 * place + 1) for place, (_, step) in enumerate(steps)):
        return None
    rising = all(
        column == [a + d * i for i in range(len(texts))] for column, (a, d) in zip(columns, steps, strict=True)
    )
    return steps if rising else None


def _alone(parts: Sequence[str], place: int) -> bool:
    """Whether a number is a whole argument, or part of a quoted name, so that a sum can take its place."""
    before, after = parts[place - 1], parts[place + 1]
    quoted = "".join(parts[:place]).count('"') % 2 == 1
    return quoted or (before.endswith(("(", ", ", "=")) and after.startswith((",", ")")))


def _sum(first: int, step: int) -> str:
    """`first + step * i`, or for a name that counts from one, `i + 1`."""
    if step == 1:
        return f"i + {first}" if first else "i"
    return f"{first} + {step} * i"
