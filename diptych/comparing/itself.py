"""Whether a model trains as the copy of it does that a step is compared of: a copy is made of what a config says.

What an instance does besides, such as a patched `call`, no copy has. A PyTorch module is never copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ..checking.case import Finding
from ..checking.gates import FLOAT32_FACTOR, nearby
from ..common.compare import difference
from ..common.comparing.apart import apart
from ..common.comparing.given import Pass
from ..common.spec import Array
from .gradient_bounds import NARROW_FLOOR
from .seen import NARROW
from .sides import Images, Side
from .stepping import Steps

TURNED = 5e-2
"""Relative, of gradients in float32: below a maximum two numbers that are nearly one may change places."""
SMALL = 1e-6
"""The smallest output that is a measure: one of 0 is that by rounding."""
Entry = tuple[str, Array, Array, float, float]
"""A name, the model's own array and its copy's, the smallest number that is a measure, and the tolerance."""


def unlike_its_copy(steps: Steps, place: int) -> Finding | None:
    """The first that a model's own step, in its own dtype, has otherwise than its copy's in float64; None for nothing.

    Rounding is what images beside make of the copy's step.
    """
    side, copied = steps.pair.both[place], steps.of(place)
    if side.given.model is side.exact.model or _is_half(side):
        return None
    own = _stepped(side, steps)
    gaps = [] if own is None else [(entry[0], _gap(entry), entry[4]) for entry in _entries(own, copied)]
    del own  # as large as the model
    found = [(name, gap, most) for name, gap, most in gaps if gap > most]
    if not found:
        return None
    moved = dict[str, float]()
    for turned in nearby(steps.images.values):
        for entry in _entries(steps.beside(place, turned), copied):
            moved[entry[0]] = max(_gap(entry), moved.get(entry[0], 0.0))
    for name, gap, most in found:
        if gap > (bound := max(most, FLOAT32_FACTOR * moved[name])):
            where = _layer(side, steps.images, steps.training) or name
            said = f"{side.label} itself trains otherwise than its config says, first in {where}: a patch of its own"
            return Finding(False, gap, bound, where, said, 1, side.label, said)
    return None


def _stepped(side: Side, steps: Steps) -> Pass | None:
    """A step of the model itself; None where it cannot be trained, though its copy could."""
    try:
        return side.given.step(steps.images.values, steps.seeds, steps.training)
    except Exception:  # noqa: BLE001 - whatever the code of a model raises
        return None


def _is_half(side: Side) -> bool:
    """Whether a model computes in half precision, which is told of its outputs, or may do so."""
    if side.read is None:
        return side.given.dtype == "mixed"
    return any("precision" in note and "float16" in note for note in side.read.notes)  # of bfloat16, too


def _entries(own: Pass, copied: Pass) -> Iterator[Entry]:
    """What both hand on, the statistics that both leave, and the gradients from the last to the first."""
    for name, value in copied.outputs.items():
        if name in own.outputs:
            yield name, own.outputs[name], value, SMALL, NARROW
    for name, mine, value in _paired(own.buffers, copied.buffers):
        if value.dtype.kind == "f":
            yield name, mine, value, float(np.abs(value).max(initial=0)) * NARROW, NARROW
    floor = NARROW_FLOOR * max(
        (float(np.abs(value).max(initial=0)) for value in copied.gradients.values()), default=0.0
    )
    for name, mine, value in reversed(_paired(own.gradients, copied.gradients)):
        yield f"gradient of {name}", mine, value, floor, TURNED


def _paired(own: Mapping[str, Array], copied: Mapping[str, Array]) -> list[tuple[str, Array, Array]]:
    """By their order: a copy has the variables of its model in the same, and may name them otherwise."""
    pairs = zip(own.items(), copied.values(), strict=False)
    return [(name, mine, value) for (name, mine), value in pairs if mine.shape == value.shape]


def _gap(entry: Entry) -> float:
    _, mine, value, floor, _ = entry
    return difference(mine, value, floor)[0] if value.size else 0.0


def _layer(side: Side, images: Images, training: bool) -> str:
    """The first layer that hands on something else, "" where none is seen to; this must not fail."""
    try:
        seen = side.exact.seen(images.values, training)
        own = side.given.seen(images.values, training)
    except Exception:  # noqa: BLE001 - whatever the code of a model raises
        return ""
    return next((name for name, value in seen.items() if name in own and apart(own[name], value) > NARROW), "")
