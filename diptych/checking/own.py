"""The proof of a model of somebody's own: as it is itself against all that is made of what was read of it."""

from __future__ import annotations

import gc
import importlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import backends
from ..common import reference
from ..common.backend import Step
from ..common.compare import compare, difference
from ..common.emission.source import Source
from ..common.errors import DiptychError, SpecError
from ..common.importing.imported import Imported
from ..common.importing.original import IMAGE, Original
from ..common.rewriting.resized import resized
from ..common.spec import Array, Net
from ..common.weights import scrambled
from ..emission import twins
from .backward import GRADIENT_FLOOR, gradients_float64
from .case import SIDES, Case
from .images import random_images
from .proof import BATCH, FRAMEWORKS, TOLERANCE, Precision

SMALL = ((64, 48), (65, 49), (96, 64), (97, 81))
"""Sizes for images that are larger, as those of registered networks."""
MORE = ((0, 0), (33, 49), (32, 64), (64, 128))
"""By how much others are larger: an odd number, or for networks that take multiples of 32 such ones."""
NUMPY = 30_000_000
"""Multiply-accumulates up to which the meaning in NumPy is asked, too."""
NO_PLACE = "is not read from emitted Keras models"
"""What is said of a weight that has no place in the file of an emitted Keras model."""
Outputs = tuple[Array, ...]


@dataclass(frozen=True)
class Compared:
    """One comparison: who was held to whom, on images of (height, width) `size`, and how far they are apart."""

    one: str
    other: str
    size: tuple[int, int]
    difference: float

    def __str__(self) -> str:
        return f"{self.one} against {self.other} at {self.size[0]}x{self.size[1]}: {self.difference:.1e}"


@dataclass(frozen=True)
class OwnProof:
    """What was compared, in one precision, and in words what was not."""

    compared: tuple[Compared, ...]
    precision: Precision
    not_compared: tuple[str, ...]
    seconds: float

    @property
    def difference(self) -> float:
        """The largest."""
        return max(item.difference for item in self.compared)

    @property
    def tolerance(self) -> float:
        """The largest that is allowed."""
        return TOLERANCE[self.precision]

    def __str__(self) -> str:
        judges = " and ".join(dict.fromkeys(item.other for item in self.compared))
        sizes = dict.fromkeys(f"{item.size[0]}x{item.size[1]}" for item in self.compared)
        whom = dict.fromkeys(item.one for item in self.compared)
        return (
            f"{', '.join(whom)} against {judges} in {self.precision}, with scrambled weights, on {BATCH} random images "
            f"of {' and of '.join(sizes)}: largest relative difference {self.difference:.1e} (tolerance "
            f"{self.tolerance:.0e})"
        )


def prove_own(
    result: Imported,
    original: Original | None,
    whose: str,
    precision: Precision = "float64",
    gradients: bool = False,
    one_size: bool = False,
    say: Callable[[str], None] = lambda text: None,
) -> OwnProof:
    """Hold all that is made of a Net to the model that it was read of, or without that to each other.

    That is its meaning in NumPy where it is small, the models that are built in both frameworks and both emitted files;
    with `gradients` those of the two models to each other, and in float64 to the model's own. Raises DiptychError where
    anything differs.
    """
    start = time.monotonic()
    weights = scrambled(result.net) if original is None else original.weights
    work = _Work(weights, precision, whose, say)
    for net, wanted in _sizes(result.net, original, one_size):
        work.compare(net, wanted)
        if gradients:
            work.compare_gradients(net, original if precision == "float64" else None)
        gc.collect()  # Keras models are cyclic garbage
    if original is None:
        work.missing[f"{whose}, which was not run"] = None
    if gradients and (original is None or precision != "float64"):
        work.missing[f"the gradients of {whose}, which was not run in float64"] = None
    return OwnProof(tuple(work.compared), precision, tuple(work.missing), time.monotonic() - start)


def _images(net: Net) -> Array:
    return random_images(net, BATCH, np.random.default_rng(0))


def _size(net: Net) -> tuple[int, int]:
    return int(net.input_shape[1]), int(net.input_shape[2])


def _sizes(net: Net, original: Original | None, one_size: bool) -> Iterator[tuple[Net, Outputs | None]]:
    """The network at two sizes that it and the model take, or at one, with what the model answers."""
    height, width = _size(net)
    small = [size for size in SMALL if 2 * size[0] * size[1] <= height * width]
    wanted = [(height, width)] if one_size else [*small, *((height + down, width + across) for down, across in MORE)]
    found = 0
    for size in wanted:
        sized = None if found == 2 else net if size == (height, width) else resized(net, size)
        if sized is None:
            continue
        answer = None
        if original is not None:
            try:
                answer = original.outputs(_images(sized))
            except Exception as error:  # noqa: BLE001 - whatever a model raises at a size that it does not take
                if sized is net:
                    raise DiptychError(f"{net.name} fails at its own size: {type(error).__name__}: {error}") from None
                continue
        found += 1
        yield sized, answer


@dataclass
class _Work:
    """What is compared, with which weights; `compared` and `missing` are what came of it.

    `files` are the emitted files that are loaded: side -> (text, model).
    """

    weights: Mapping[str, Array]
    precision: Precision
    whose: str
    say: Callable[[str], None]
    compared: list[Compared] = field(default_factory=list)
    missing: dict[str, None] = field(default_factory=dict)
    files: dict[str, tuple[str, Any]] = field(default_factory=dict)

    def compare(self, net: Net, wanted: Outputs | None) -> None:
        """Hold everything at one size to what the model answers, or without that to the first answer."""
        images, judge = _images(net), self.whose
        if wanted is not None:
            _check_alive(net, wanted)
        for label, answer in self._answers(net, images):
            if wanted is None:
                _check_alive(net, answer)
                wanted, judge = answer, label
            else:
                gap = self._held(net, (label, answer), judge, wanted)
                self.compared.append(Compared(label, judge, _size(net), gap))

    def _answers(self, net: Net, images: Array) -> Iterator[tuple[str, Outputs]]:
        """(what it is, its outputs) of all that is made of the network."""
        if net.macs <= NUMPY:
            yield "its meaning in NumPy", reference.outputs(net, self.weights, images)
        else:
            self.missing["the meaning in NumPy, which takes long for a network of this size"] = None
        files = dict(zip(SIDES, twins(net), strict=True))
        for side in SIDES:
            self.say(f"comparing {FRAMEWORKS[side]} at {images.shape[2]}x{images.shape[3]}")
            backend = backends.get(side)
            model = backend.build(net, self.weights, self.precision)
            yield f"the {FRAMEWORKS[side]} model", backend.outputs(model, net, images.astype(self.precision))
            try:
                model = self._emitted(net, side, files[side])
            except SpecError as error:
                if NO_PLACE not in str(error):
                    raise
                self.missing[f"the emitted {FRAMEWORKS[side]} file: {error}"] = None
                continue
            yield f"its emitted {FRAMEWORKS[side]} file", backend.outputs(model, net, images.astype(self.precision))

    def _emitted(self, net: Net, side: str, source: Source) -> Any:
        """The model of an emitted file: of one that is the same at another size, the same model is run again."""
        if side not in self.files or self.files[side][0] != source.text:
            emitted = importlib.import_module(f"..{backends.NAMES[side]}.emitted", __package__)
            self.files[side] = source.text, emitted.model(net, source, self.weights, self.precision)
        return self.files[side][1]

    def _held(self, net: Net, found: tuple[str, Outputs], judge: str, wanted: Outputs) -> float:
        """The largest relative difference; raises DiptychError where it is above the tolerance."""
        label, answer = found
        if len(answer) != len(wanted):
            raise DiptychError(f"{net.name}: {label} has {len(answer)} outputs, and {judge} {len(wanted)}")
        shaped = [a.reshape(b.shape) if a.size == b.size else a for a, b in zip(answer, wanted, strict=True)]
        worst, why = max(map(difference, shaped, wanted), key=lambda item: item[0])
        if worst <= TOLERANCE[self.precision]:
            return worst
        height, width = _size(net)
        raise DiptychError(
            f"{net.name} was read as another function: {label} and {judge} differ by {worst:.2g} of the largest output "
            f"in {self.precision} at {height}x{width}, allowed is {TOLERANCE[self.precision]:.0e}"
            f"{f' ({why})' if why else ''}. Nothing was written; please report it, with the model"
        )

    def compare_gradients(self, net: Net, original: Original | None) -> None:
        """Hold the gradients of both models, of every weight and of the image, to each other and to the model's own."""
        images = _images(net)
        torch, keras = (backends.get(side).build(net, self.weights, "float64") for side in SIDES)
        found = gradients_float64(Case(net, torch, keras, self.weights, (images,)))
        found_at = "" if found.passed else found.where
        self._slope(net, ("the gradients in TensorFlow", "those in PyTorch"), found.measured, found_at)
        if original is None:
            return
        random = np.random.default_rng(1)
        cotangents = [random.standard_normal((BATCH, *net.nodes[index].shape)) for index in net.outputs]
        theirs = original.gradients(images, cotangents)
        ours = _by_owner(backends.get("torch").step(torch, net, images, cotangents), original, theirs)
        floor = GRADIENT_FLOOR * max(float(np.abs(array).max()) for array in theirs.values())
        worst = compare(ours, theirs, theirs, TOLERANCE["float64"], floor)
        self._slope(net, ("the gradients in PyTorch", f"those of {self.whose}"), worst.measured, worst.first)

    def _slope(self, net: Net, who: tuple[str, str], measured: float, fault: str) -> None:
        """Note how far gradients are apart; raises DiptychError for a fault, which is where it is."""
        if fault:
            raise DiptychError(
                f"{net.name}: {' and '.join(who)} differ by {measured:.2g} at {fault}, allowed is "
                f"{TOLERANCE['float64']:.0e}. Nothing was written; please report it, with the model"
            )
        self.compared.append(Compared(*who, _size(net), measured))


def _by_owner(step: Step, original: Original, theirs: Mapping[str, Array]) -> dict[str, Array]:
    """The gradients of a built model by the tensors of the original; those of weights that are one there are summed."""
    found: dict[str, Array] = {IMAGE: step.input_gradient}
    for name, array in step.weight_gradients.items():
        owner = original.owners.get(name, name)
        if owner in theirs:
            found[owner] = found.get(owner, 0) + array.reshape(theirs[owner].shape)
    return found


def _check_alive(net: Net, outputs: Outputs) -> None:
    if not any(np.any(output) for output in outputs):
        raise DiptychError(f"every output of {net.name} is 0, so that comparing them shows nothing")
