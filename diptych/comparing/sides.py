"""The two models of a comparison: each as it is given, in float64, and as a Net where it can be read."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .. import backends
from ..checking.proof import FRAMEWORKS
from ..common.comparing.given import Given
from ..common.errors import DiptychError
from ..common.importing.imported import Imported
from ..common.spec import Array
from ..reading import of_framework

MORE = ((0, 0), (33, 49), (1, 3), (32, 64), (-7, 10))
"""By how much other images are larger than the first: even, odd, not square, multiples of 32.

Of a model that takes one size alone, copies are made for the next two.
"""


@dataclass(frozen=True)
class Side:
    """A model: its name in a report, itself, its copy in float64, and what was read of it, or why nothing was."""

    label: str
    given: Given
    wide: Given | None
    read: Imported | None
    refusal: str = ""

    @property
    def exact(self) -> Given:
        """The copy in float64, or the model itself where there is none."""
        return self.given if self.wide is None else self.wide


def _running(given: Given, wide: Given | None, shape: tuple[int, int, int]) -> Given | None:
    """The copy in float64, if it answers where the model does: code may make numbers that stay in float32."""
    x = np.random.default_rng(0).standard_normal((1, *shape))
    if wide is None or wide is given or _answers(wide, x) or not _answers(given, x):
        return wide
    return None


def _answers(given: Given, x: Array) -> bool:
    try:
        given.outputs(x)
    except Exception:  # noqa: BLE001 - whatever the code of a model raises
        return False
    return True


def shape_of(models: Sequence[Any], example: Any) -> tuple[int, int, int]:
    """(C, H, W) of an image: of the example, a batch (N, C, H, W) or its shape, or as a Keras model states it.

    Raises DiptychError where nobody says it.
    """
    if example is not None:
        shape = tuple(int(size) for size in getattr(example, "shape", example))
        if len(shape) != 4 or min(shape) < 1:
            raise DiptychError(f"the example is a batch (N, C, H, W) of images, and has the shape {shape}")
        return shape[1], shape[2], shape[3]
    for model in models:
        stated = getattr(model, "input_shape", None)
        if isinstance(stated, tuple) and len(stated) == 4 and None not in stated[1:]:
            return int(stated[3]), int(stated[1]), int(stated[2])
    raise DiptychError(
        "neither model says how large its images are; give `example`, a batch (N, C, H, W) or its shape, such as "
        "(1, 3, 224, 224)"
    )


def side(model: Any, label: str, shape: tuple[int, int, int]) -> Side:
    """A model made ready; one that cannot be read has the reason in its place."""
    framework = backends.framework_of(model)
    try:
        given = given_as(model)
        wide = _running(given, given.wide(), shape)
    except (ValueError, RuntimeError, TypeError) as error:
        raise DiptychError(f"{label} cannot be compared as it is: {error}") from error
    try:
        return Side(label, given, wide, _shared(given, _read(framework, model, shape)))
    except DiptychError as error:
        return Side(label, given, wide, None, str(error))


def _shared(given: Given, read: Imported) -> Imported:
    """What was read, with the numbers of the module itself where they stand in it as they are: a copy less."""
    if given.framework != "torch":
        return read
    own, weights = given.weights(), dict(read.weights)
    for name, array in read.weights.items():
        theirs = own.get(read.renamed.get(name, name))
        if theirs is not None and theirs.dtype == array.dtype and theirs.size == array.size:
            theirs = theirs.reshape(array.shape)
            weights[name] = theirs if np.array_equal(theirs, array) else array
    return replace(read, weights=weights)


def given_as(model: Any) -> Given:
    """A model of either framework as what is asked in a comparison."""
    framework = backends.framework_of(model)
    backends.get(framework)  # says which package is missing, if one is
    made: Given = importlib.import_module(f"..{backends.NAMES[framework]}.given", __package__).Given(model)
    return made


def labels(models: Sequence[Any]) -> list[str]:
    """What the models are called in a report: by their frameworks where those differ."""
    names = [FRAMEWORKS[backends.framework_of(model)] for model in models]
    return names if len(set(names)) > 1 else [f"the first {names[0]} model", f"the second {names[1]} model"]


def read_side(given: Given, shape: tuple[int, ...]) -> Imported:
    """A model that is given as a Net, for images (C, H, W) of this shape."""
    return _read(given.framework, given.model, (shape[0], shape[1], shape[2]))


def _read(framework: str, model: Any, shape: tuple[int, int, int]) -> Imported:
    """A model as a Net, for images of this size alone where it is another network for others."""
    channels, height, width = shape
    if framework == "tf":
        return of_framework(model, np.zeros((1, height, width, channels), np.float32), opaque=True)
    import torch

    example = torch.zeros(1, channels, height, width)
    try:
        return of_framework(model, example, opaque=True)
    except DiptychError as error:
        if "one_size" not in str(error):
            raise
        return of_framework(model, example, one_size=True, opaque=True)


@dataclass(frozen=True)
class Images:
    """A batch of images, and what they are."""

    name: str
    values: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """(C, H, W)."""
        return self.values.shape[1:]


def images(
    shape: tuple[int, int, int], batches: Sequence[int], sizes: Sequence[tuple[int, int]] | None, fast: bool = False
) -> Iterator[Images]:
    """Random images at several sizes, in batches of several lengths; at the first size of other ranges, too.

    With `fast` at the first size alone, in the first and the last batch, and as pixels.
    """
    random = np.random.default_rng(0)
    channels, height, width = shape
    if fast:
        yield from _few(random, (channels, *(sizes[0] if sizes else (height, width))), batches)
        return
    more = [(height + down, width + across) for down, across in MORE]
    for place, (high, wide) in enumerate(sizes or [size for size in more if min(size) > 0]):
        named = f"{channels}x{high}x{wide}"
        for batch in (*batches, max(batches) + 1) if place == 0 else batches:
            noise = random.standard_normal((batch, channels, high, wide)) + 0.1
            yield Images(f"{named} batch {batch}", _float32(noise))
        if place == 0:
            for name, values in _ranges(random, (2, channels, high, wide)):
                yield Images(f"{named} batch 2, {name}", _float32(values))


def _few(random: np.random.Generator, shape: tuple[int, int, int], batches: Sequence[int]) -> Iterator[Images]:
    named = "x".join(map(str, shape))
    for batch in dict.fromkeys((batches[0], batches[-1])):
        yield Images(f"{named} batch {batch}", _float32(random.standard_normal((batch, *shape)) + 0.1))
    name, values = next(_ranges(random, (2, *shape)))
    yield Images(f"{named} batch 2, {name}", _float32(values))


def own_images(example: Any) -> Iterator[Images]:
    """The images that somebody gave as an example; none for a shape, and for one that is all zeros."""
    if not hasattr(example, "shape"):
        return
    values = np.asarray(example.detach().cpu() if hasattr(example, "detach") else example, np.float64)
    if values.any():
        yield Images(f"the example {'x'.join(map(str, values.shape[1:]))} batch {len(values)}", _float32(values))


def _float32(values: Array) -> Array:
    """The same numbers as any model can take them."""
    return values.astype(np.float32).astype(np.float64)


def _ranges(random: np.random.Generator, shape: tuple[int, int, int, int]) -> Iterator[tuple[str, Array]]:
    """Images as people have them: pixels, fractions, large and negative numbers, and one colour."""
    unit = random.random(shape)
    yield "0 to 255", np.floor(unit * 256)
    yield "0 to 1", unit
    yield "negative", -3 - 5 * unit
    yield "large", 100 * random.standard_normal(shape)
    yield "one colour", np.broadcast_to(unit[:, :, :1, :1], shape).copy()
