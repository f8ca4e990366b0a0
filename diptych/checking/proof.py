"""The proof of a conversion: the network as the source has it against the network as the result has it, by numbers."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from .. import backends
from ..common.compare import FLOAT64_TOLERANCE, difference
from ..common.errors import DiptychError, SpecError
from ..common.registry import network, registered
from ..common.spec import Array, Net
from ..files import bfloat
from .images import random_images

Outputs = tuple[Array, ...]
Precision = Literal["float64", "float32"]
TOLERANCE: Mapping[Precision, float] = {"float64": FLOAT64_TOLERANCE, "float32": 1e-4}
"""In float32 rounding alone gives 1e-7 to 1e-5, so that faults below 1e-4 pass unseen: the quick check is weaker."""
ROUNDED = {"bfloat16": 4e-1, "float16": 5e-2, "float32": 1e-4, "float64": 1e-4}
"""How far the outputs may move by rounding rewritten weights to the type of a file."""
BATCH = 2
LARGE = 10**7
FRAMEWORKS = {"torch": "PyTorch", "tf": "TensorFlow"}


@dataclass(frozen=True)
class Side:
    """A network with its weights, in one framework: "torch" or "tf"."""

    net: Net
    framework: str
    weights: Mapping[str, Array]


@dataclass(frozen=True)
class Proof:
    """What was measured: the largest relative difference of an output, on random images of (height, width) `size`.

    `rounding` is that of rewritten weights after they were rounded to the dtype of the file; `difference` is then the
    one before.
    """

    source: str
    result: str
    precision: Precision
    difference: float
    tolerance: float
    size: tuple[int, int]
    outputs: int
    seconds: float
    rounding: float | None = None

    def __str__(self) -> str:
        height, width = self.size
        rounded = f"; {self.rounding:.1e} once rounded to the file's dtype" if self.rounding is not None else ""
        return (
            f"{self.source} against {self.result} in {self.precision} on {BATCH} random images of {height}x{width}: "
            f"largest relative difference {self.difference:.1e} (tolerance {self.tolerance:.0e}){rounded}"
        )


def prove(
    source: Side,
    result: Side,
    precision: Precision = "float64",
    unrounded: Side | None = None,
    seed: int = 0,
    beside: Callable[[Callable[[], Outputs]], Any] | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Proof:
    """Run both sides on the same random non-square images; raises DiptychError where their outputs differ.

    `unrounded` is the result with rewritten weights before they were rounded: it is what must be the same function,
    and the result itself may be as far from it as rounding to float32 takes it. `beside` starts work in a process of
    its own, where this one has no framework yet: two frameworks then run at once, and `meanwhile` is called first.
    """
    start = time.monotonic()
    one, two = at_check_size(source.net), at_check_size(result.net)
    if one.input_shape != two.input_shape:
        one, two = source.net, result.net
    images = random_images(one, BATCH, np.random.default_rng(seed))
    other = unrounded or result
    with _begun(beside, two, other, images, precision, source.framework) as answer:
        if meanwhile is not None:
            meanwhile()
        expected = _outputs(one, source, images, precision)
        got = answer()
    if not any(np.any(output) for output in expected):
        raise DiptychError(
            f"every output of {source.net.name} is 0 with these weights, so that comparing them shows nothing; convert "
            "without the check (--no-check) if that is meant"
        )
    worst = _compare(expected, got, source, other, precision, TOLERANCE[precision])
    rounding = None
    if unrounded is not None:
        arrays = result.weights.values()
        kinds = [bfloat.NAME] if all(map(bfloat.is_bfloat, arrays)) else [str(array.dtype) for array in arrays]
        coarsest = max(ROUNDED.get(kind, 1e-4) for kind in kinds)
        got = _outputs(two, result, images, precision)
        rounding = _compare(expected, got, source, result, precision, coarsest)
    size = (int(one.input_shape[1]), int(one.input_shape[2]))
    names = FRAMEWORKS[source.framework], FRAMEWORKS[result.framework]
    seconds = time.monotonic() - start
    return Proof(*names, precision, worst, TOLERANCE[precision], size, len(expected), seconds, rounding)


def _compare(
    expected: Outputs, got: Outputs, source: Side, result: Side, precision: Precision, tolerance: float
) -> float:
    """The largest relative difference; raises DiptychError where it is above the tolerance."""
    if len(expected) != len(got):
        raise DiptychError(f"{source.net.name} has {len(expected)} outputs, and {result.net.name} {len(got)}")
    worst, why = max((difference(a, b) for a, b in zip(got, expected, strict=True)), key=lambda item: item[0])
    if worst <= tolerance:
        return worst
    raise DiptychError(
        f"the converted network is another function: {FRAMEWORKS[source.framework]} against "
        f"{FRAMEWORKS[result.framework]} differ by {worst:.2g} of the largest output in {precision}, allowed is "
        f"{tolerance:.0e}{f' ({why})' if why else ''}. Nothing was written. `diptych check {result.net.name}` tells "
        "where the two frameworks part"
    )


@contextmanager
def _begun(
    beside: Callable[[Callable[[], Outputs]], Any] | None,
    net: Net,
    side: Side,
    images: Array,
    precision: Precision,
    other: str,
) -> Iterator[Callable[[], Outputs]]:
    """What gives the outputs of a side: begun now in a process of its own, or made when they are asked for."""
    work = partial(_outputs, net, side, images, precision)
    if beside is None or side.framework == other or (os.cpu_count() or 1) < 2:
        yield work
        return
    with beside(work) as begun:
        yield begun.result


def _outputs(net: Net, side: Side, images: Array, precision: Precision) -> Outputs:
    backend = backends.get(side.framework)
    model = backend.build(net, {name: np.asarray(side.weights[name]) for name in net.weights}, precision)
    found = backend.outputs(model, net, images.astype(precision))
    del model
    if net.params > LARGE:
        gc.collect()  # Keras models are cyclic garbage, and two of a VGG are gigabytes
    return found


def at_check_size(net: Net) -> Net:
    """The network at a small non-square size, where that does not change the shape of a weight; else as it is."""
    options = {key: value for key, value in net.options if key != "input_size"}
    if not registered(net.name):
        return net
    try:
        small = network(net.name).trace(**options, input_size=network(net.name).check_sizes[0])
    except SpecError:
        return net
    shapes = {name: tuple(map(int, weight.shape)) for name, weight in small.weights.items()}
    own = {name: tuple(map(int, weight.shape)) for name, weight in net.weights.items()}
    return small if shapes == own else net
