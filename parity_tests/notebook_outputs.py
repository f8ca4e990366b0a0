"""Whether a notebook prints what it printed when it was kept: words the same, numbers near, a picture where one was.

What belongs to one run is left out: the versions of packages, times, and the place of a difference that is rounding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

Notebook = dict[str, Any]

ROUNDING = 1e-5
"""Differences below it are equal: how large rounding is, another processor says otherwise."""
NEAR = 0.1
"""How far other numbers may be apart, of the larger."""
TRAINED = ("3_your_own_checkpoint", "6_search", "7_a_detector_that_learns")
"""Notebooks that train: another processor learns other weights, finds another network and counts other boxes, so that
they are held to what cells show, and not to the words and numbers."""
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.]*\.\d)")
PLACE = re.compile(r"(\d\.\de-(?:0[6-9]|[1-9]\d)(?: \(tolerance [^)]*\))?) at .*?(?=, [\d,]+ compared|$)", re.MULTILINE)
VERSION = re.compile(r"\b\d+\.\d+\.\d+(?:[+.]\w+)*\b")
TOLERANCE = re.compile(r" \(tolerance [^)]*\)")
"""Some are multiples of the rounding that was met."""
TIME = re.compile(r"\b[\d.]+ ?(?:ms|s|seconds|min)\b")


def told(cell: Notebook) -> str:
    """The text of a cell's outputs, as far as it is the same in every run."""
    parts = []
    for output in cell["outputs"]:
        if output.get("name") == "stderr":  # what frameworks log is not the notebook's
            continue
        data = output.get("data", {})
        text = output.get("text", data.get("text/html", "" if "image/png" in data else data.get("text/plain", "")))
        parts.append("".join(text))
    whole = TOLERANCE.sub("", PLACE.sub(r"\1 at #", "\n".join(parts)))
    return TIME.sub("# s", VERSION.sub("#.#.#", whole))


def pictures(cell: Notebook) -> int:
    """How many pictures a cell shows."""
    return sum("image/png" in output.get("data", {}) for output in cell["outputs"])


def near(kept: str, fresh: str) -> bool:
    """Whether two numbers as text are the same as far as another processor says so, too."""
    one, other = (float(text.replace(",", "")) for text in (kept, fresh))
    if one == other or (max(abs(one), abs(other)) < ROUNDING and "e-" in kept + fresh):
        return True
    whole = not any(sign in kept + fresh for sign in ".e")
    return not whole and abs(one - other) <= NEAR * max(abs(one), abs(other))


def out_of_date(kept: Notebook, fresh: Notebook, trained: bool) -> Iterator[str]:
    """What a notebook prints otherwise than it did, a line each."""
    cells = [[cell for cell in item["cells"] if cell["cell_type"] == "code"] for item in (kept, fresh)]
    if len(cells[0]) != len(cells[1]):
        yield f"{len(cells[0])} cells were kept, and {len(cells[1])} were run"
        return
    for number, (before, now) in enumerate(zip(*cells, strict=True), start=1):
        if pictures(before) != pictures(now):
            yield f"cell {number}: {pictures(before)} pictures were kept, and {pictures(now)} are drawn"
        lines = [[line.rstrip() for line in told(cell).splitlines() if line.strip()] for cell in (before, now)]
        if trained and bool(lines[0]) != bool(lines[1]):
            yield f"cell {number}: {len(lines[0])} lines were kept, and {len(lines[1])} are printed"
        if not trained:
            yield from (f"cell {number}: {line}" for line in _lines(*lines))


def _lines(before: Sequence[str], now: Sequence[str]) -> Iterator[str]:
    for one, other in zip(before, now, strict=False):
        numbers = [NUMBER.findall(line) for line in (one, other)]
        same = NUMBER.sub("#", one) == NUMBER.sub("#", other) and len(numbers[0]) == len(numbers[1])
        if not same or not all(near(a, b) for a, b in zip(*numbers, strict=True)):
            yield f"{one!r} was kept, and {other!r} is printed"
    if len(before) != len(now):
        yield f"{len(before)} lines were kept, and {len(now)} are printed"
