"""Pictures with one solid rectangle and its box, and a module of any room with a fault planted."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np

from diptych.common.augment.labelled import Labelled, labelled
from diptych.common.spec import Array

ROOT = Path(__file__).parents[1]
WHITE = 255


def rectangle(size: tuple[int, int], box: tuple[int, int, int, int], kind: int = 0, back: int = 0) -> Labelled:
    """A white rectangle of whole pixels on a dark picture (height, width)."""
    image = np.full((*size, 3), back, np.uint8)
    image[box[1] : box[3], box[0] : box[2]] = WHITE
    return labelled(image, [box], [kind])


def smooth(size: tuple[int, int], seed: int = 0) -> Array:
    """A picture without edges, on which a filter's rounding hardly shows."""
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    phase = np.random.default_rng(seed).random(6) * 6
    waves = [np.sin(x / 17 + phase[k]) + np.cos(y / 13 + phase[k + 3]) for k in range(3)]
    found: Array = (127 + 60 * np.stack(waves, -1)).astype(np.uint8)
    return found


def extent(image: Array, above: int) -> Array:
    """The box of the pixels whose first channel is above a level."""
    rows, columns = (np.flatnonzero((image[..., 0] > above).any(axis)) for axis in (1, 0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])


def apart(made: Labelled, above: int = 25) -> float:
    """How many pixels the only box is away from the only rectangle."""
    assert len(made.boxes) == 1
    return float(np.abs(made.boxes[0] - extent(made.image, above)).max())


def planted(module: str, right: str, wrong: str, room: str = "common/augment") -> ModuleType:
    """A module of a room with one piece of its text replaced, which must be there once."""
    text = (ROOT / room / f"{module}.py").read_text("utf-8")
    assert text.count(right) == 1, f"{right!r} is {text.count(right)} times in {module}.py"
    faulty = ModuleType(f"diptych.{room.replace('/', '.')}.{module}_faulty")
    faulty.__package__ = faulty.__name__.rpartition(".")[0]
    sys.modules[faulty.__name__] = faulty  # dataclasses look there
    exec(compile(text.replace(right, wrong), f"{module}_faulty", "exec"), vars(faulty))  # noqa: S102 - our own text
    return faulty
