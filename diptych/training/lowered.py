"""Mixed precision, in which bfloat16 rounds each product to three digits: both sides against what that does to each.

PyTorch's autocast and Keras's mixed_bfloat16 keep weights in float32 and choose by themselves what is computed in
bfloat16. Each side's noise is its distance from its own run in float32; the two may be apart by twice the larger one.
That is a rough measure, since a bias before batch normalisation has a gradient of rounding alone: it finds another
rule or another rate, and the check in float64 finds the rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from ..checking.report import Gate
from ..common.spec import Array
from ..common.text import first_few
from ..common.training.masks import Masks
from ..common.training.setting import Natives, Setting
from .report import TrainReport
from .sides import Side, Sides
from .steps import Batch

FACTOR = 2
"""How many times the larger noise of the two they may be apart."""
FLOOR = 2.0**-8
"""The rounding of bfloat16, of what is compared."""


def held_to_rounding(
    sides: Sides,
    settings: tuple[Setting, Setting],
    natives: tuple[Natives, Natives],
    batches: Sequence[Batch],
    seed: int,
    start: float,
    say: Callable[[str], None],
) -> TrainReport:
    """The losses and the way that all weights have gone, in bfloat16."""
    low, high = sides.make(settings, natives, "bfloat16"), sides.make(settings, natives, "float32")
    begun = [side.shared(side.trainer.weights()) for side in low]
    curves = [_curve(side, batches, seed, say) for side in (*low, *high)]
    ways = [_way(side, first) for side, first in zip((*low, *high), (*begun, *begun), strict=True)]
    losses = [_apart(a, b) for a, b in ((curves[0], curves[2]), (curves[1], curves[3]), (curves[0], curves[1]))]
    moved = [_apart(a, b) for a, b in ((ways[0], ways[2]), (ways[1], ways[3]), (ways[0], ways[1]))]
    gates = tuple(_gate(name, found, sides) for name, found in (("training_losses", losses), ("training_steps", moved)))
    whose = tuple(f"{side.trainer.whose['optimiser']}; {side.trainer.whose['loss']}" for side in low)
    noise = dict(zip(sides.kinds, moved[:2], strict=True))
    silent = [label for label, found in zip(sides.labels, moved, strict=False) if found == 0]
    unsure = (f"{first_few(silent, 2)} is the same in bfloat16 as in float32: nothing was lowered",) if silent else ()
    return TrainReport(
        sides.name, gates, (f"{len(batches)} steps in bfloat16, batches of {len(batches[0][0])}",), noise,
        time.monotonic() - start, losses=(tuple(map(float, curves[0])), tuple(map(float, curves[1]))),
        labels=sides.labels, whose=whose, unsure=unsure,
    )  # fmt: skip


def _curve(side: Side, batches: Sequence[Batch], seed: int, say: Callable[[str], None]) -> Array:
    found = []
    for step, (x, targets) in enumerate(batches, start=1):
        say(f"{side.label}: step {step} of {len(batches)}")
        found.append(side.trainer.step(x, targets, Masks(seed, step)).loss)
    return np.array(found)


def _way(side: Side, first: dict[str, Array]) -> Array:
    """How far each trained weight has gone, all of them in one."""
    last, trained = side.shared(side.trainer.weights()), side.shared(_ones(side))
    return np.concatenate([(last[name] - first[name]).ravel() for name in sorted(trained)])


def _ones(side: Side) -> dict[str, Array]:
    whole = side.trainer.weights()
    return {name: np.ones_like(whole[name]) for name in side.trainer.trained()}


def _apart(one: Array, other: Array) -> float:
    """The length of the difference, of the length of the second."""
    length = float(np.linalg.norm(other))
    return float(np.linalg.norm(one - other)) / length if length else float("inf")


def _gate(name: str, found: Sequence[float], sides: Sides) -> Gate:
    one, other, gap = found
    most = FACTOR * max(one, other) + FLOOR
    said = f"noise {sides.labels[0]} {one:.1e}, {sides.labels[1]} {other:.1e}"
    return Gate(name, bool(gap <= most), gap, most, "" if gap <= most else "all weights together", said, 1)
