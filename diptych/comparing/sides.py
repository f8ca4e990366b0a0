"""The two models of a comparison: each as it is given, in float64, and as a Net where it can be read."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import backends
from ..checking.proof import FRAMEWORKS
from ..common.comparing.given import Given
from ..common.errors import DiptychError
from ..common.importing.imported import Imported
from ..common.spec import Array
from ..reading import read

MORE = ((0, 0), (33, 49), (32, 64), (-7, 10), (1, 3))
"""By how much other images are larger than the first: odd, not square, multiples of 32."""


@dataclass(frozen=True)
class Side:
    """A model: what it is called, how it is called, its copy in float64, and what was read of it, or why nothing was."""

    label: str
    given: Given
    wide: Given | None
    read: Imported | None
    refusal: str = ""


def sides(one: Any, other: Any, example: Any) -> tuple[Side, Side, tuple[int, ...]]:
    """Both sides, and the shape (C, H, W) of an image; raises DiptychError where no shape is known."""
    shape = _shape(example) or _stated(one) or _stated(other)
    if shape is None:
        raise DiptychError("neither model says how large its images are; give `example`, a batch (N, C, H, W) as numbers")
    labels = [FRAMEWORKS[backends.framework_of(model)] for model in (one, other)]
    labels = labels if labels[0] != labels[1] else [f"the {place} {label}" for place, label in zip(("first", "second"), labels, strict=True)]
    first, second = (_side(model, label, shape) for model, label in zip((one, other), labels, strict=True))
    return first, second, shape


def _shape(example: Any) -> tuple[int, ...] | None:
    if example is None:
        return None
    shape = tuple(int(size) for size in getattr(example, "shape", example))
    if len(shape) != 4:
        raise DiptychError(f"the example is a batch (N, C, H, W) of images, and has the shape {shape}")
    return shape[1:]


def _stated(model: Any) -> tuple[int, ...] | None:
    """(C, H, W) of the images that a Keras model says it takes."""
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4 or None in shape[1:]:
        return None
    return (int(shape[3]), int(shape[1]), int(shape[2]))


def _side(model: Any, label: str, shape: tuple[int, ...]) -> Side:
    name = backends.framework_of(model)
    backends.get(name)  # says which package is missing, if one is
    given: Given = importlib.import_module(f"..{backends.NAMES[name]}.given", __package__).Given(model)
    try:
        result: Imported | None = _read(name, model, shape)
        refusal = ""
    except DiptychError as error:
        result, refusal = None, str(error)
    return Side(label, given, given.wide(), result, refusal)


def _read(framework: str, model: Any, shape: tuple[int, ...]) -> Imported:
    """A model as a Net, for images of a size alone where it is another network for others."""
    channels, height, width = shape
    if framework == "tf":
        return read(model, np.zeros((1, height, width, channels), np.float32))
    import torch

    example = torch.zeros(1, channels, height, width)
    try:
        return read(model, example)
    except DiptychError as error:
        if "one_size" not in str(error):
            raise
        return read(model, example, one_size=True)


@dataclass(frozen=True)
class Images:
    """A batch of images, what they are, and whether another batch is of the same size."""

    name: str
    values: Array


def images(shape: tuple[int, ...], batches: Sequence[int], sizes: Sequence[tuple[int, int]] | None) -> Iterator[Images]:
    """Random images at several sizes, in batches of several lengths; at the first size also of other ranges."""
    random = np.random.default_rng(0)
    channels, height, width = shape
    wanted = sizes or [(height + down, width + across) for down, across in MORE if min(height + down, width + across) > 0]
    for place, (high, wide) in enumerate(wanted):
        for batch in batches:
            values = random.standard_normal((batch, channels, high, wide)) + 0.1
            yield Images(f"{channels}x{high}x{wide} batch {batch}", values)
        if place == 0:
            yield from _ranges(random, (2, channels, high, wide))


def _ranges(random: np.random.Generator, shape: tuple[int, ...]) -> Iterator[Images]:
    """Images as people have them: pixels, fractions, large and negative numbers, and one colour."""
    unit = random.random(shape)
    for name, values in (("0 to 1", unit), ("0 to 255", np.floor(unit * 256)), ("-1 to 1", 2 * unit - 1),
                         ("negative", -3 - 5 * unit), ("large", 100 * random.standard_normal(shape)),
                         ("one colour", np.broadcast_to(unit[:, :, :1, :1], shape).copy())):  # fmt: skip
        yield Images(f"{shape[1]}x{shape[2]}x{shape[3]} batch {shape[0]}, {name}", values)
