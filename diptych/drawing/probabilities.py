"""The course of a search on one sheet: the probabilities of every layer, and the expected cost beside the budget."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import DiptychError
from ..files.atomic import check_destination, replacing
from ..searching.found import Course
from .plot import SUFFIXES, pyplot, without_date

DARK = 0.5
"""The probability above which a number is white."""


def check_probabilities(output: Path, *, force: bool = False) -> None:
    """Raise DiptychError where the picture cannot be written there, or cannot be drawn here."""
    if output.suffix not in SUFFIXES:
        got = output.suffix or "a name without suffix"
        raise DiptychError(f"{output}: probabilities are drawn as {', '.join(SUFFIXES)}, not {got}")
    check_destination(output, force=force)
    pyplot()


def write_probabilities(
    course: Course, output: Path, *, choice: tuple[str, ...] | None = None, force: bool = False
) -> None:
    """Write the sheet of a search as far as it has come; a `choice` is framed, once there is one."""
    plt = pyplot()
    with plt.rc_context({"svg.hashsalt": "diptych", "font.size": 9}):
        figure, (map_, line) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained", width_ratios=(3, 2))
        _layers(map_, course, choice)
        _costs(line, course)
        drawn = io.BytesIO()
        figure.savefig(drawn, format=output.suffix[1:], dpi=110, metadata=without_date(output.suffix))
        plt.close(figure)
    with replacing(output, force=force) as path:
        path.write_bytes(drawn.getvalue())


def _layers(axes: Any, course: Course, choice: tuple[str, ...] | None) -> None:
    """A row for each layer, a column for each candidate; white where a layer has no such candidate."""
    layers, last = course.space.layers, course.done[-1]
    names = list(dict.fromkeys(candidate.name for layer in layers for candidate in layer.candidates))
    grid = np.full((len(layers), len(names)), np.nan)
    for row, (layer, found) in enumerate(zip(layers, last.probabilities, strict=True)):
        for candidate, p in zip(layer.candidates, found, strict=True):
            column = names.index(candidate.name)
            grid[row, column] = p
            axes.text(column, row, f"{p:.2f}", ha="center", va="center", color="white" if p > DARK else "black")
    axes.imshow(grid, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    if choice is not None:
        for row, name in enumerate(choice):
            place = (names.index(name) - 0.5, row - 0.5)
            axes.add_patch(pyplot().Rectangle(place, 1, 1, fill=False, edgecolor="C1", linewidth=2))
    axes.set_xticks(range(len(names)), names, rotation=30, ha="right")
    axes.set_yticks(range(len(layers)), [_said(number, layer) for number, layer in enumerate(layers, start=1)])
    axes.set_title(f"{course.space.name}: probabilities after epoch {last.number} of {course.epochs}")


def _said(number: int, layer: Any) -> str:
    return f"{number}: {layer.channels}{f' /{layer.stride}' if layer.stride != 1 else ''}"


def _costs(axes: Any, course: Course) -> None:
    """The expected cost after each epoch, and the budget."""
    numbers = [epoch.number for epoch in course.done]
    axes.plot(numbers, [epoch.expected for epoch in course.done], label="expected")
    axes.axhline(course.budget, color="C1", linestyle="--", label="budget")
    axes.set(xlabel="epoch", ylabel=course.costs.unit, xlim=(0.5, course.epochs + 0.5), ylim=(0, None))
    axes.set_title("cost of a network drawn by them")
    axes.legend()
