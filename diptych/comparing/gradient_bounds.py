"""How far gradients may be apart that are one: what frameworks round in them, whatever the two models compute in."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..checking.gates import FLOAT32_FACTOR
from ..common.compare import difference
from ..common.comparing.apart import FLOOR
from ..common.spec import Array
from .pair import Pair
from .seen import NARROW
from .sides import Images, Side

NARROW_FLOOR = 0.1
"""Of the largest gradient, in float32: a bias before a normalisation has one of 0, and of 1e-6 by rounding."""


def bound_of_gradients(pair: Pair, images: Images, training: bool) -> float:
    """The tolerance of gradients: PyTorch rounds those of some functions to float32 at any dtype (hard swish).

    In float32 two numbers that are nearly one may change places below a maximum, so that a gradient takes another way:
    1e-6 is usual, and 2e-2 was measured (GELU before a max pool). The side that has a copy in float64 shows it.
    """
    nodes = [node for side in pair.both if side.read is not None for node in side.read.net.nodes]
    rounded = max((node.op.rounded_gradient for node in nodes), default=0.0)
    if pair.exact:
        return max(pair.bound, rounded)
    noises = (_noise(side, images, training) for side in pair.both if side.wide not in (None, side.given))
    return max(NARROW, rounded, *(FLOAT32_FACTOR * noise for noise in noises))


def floor_of_gradients(pair: Pair, gradients: Mapping[str, Array]) -> float:
    """The smallest gradient that is a measure: one that is 0 but for rounding, as before a normalisation, is none."""
    largest = max((float(np.abs(value).max(initial=0)) for value in gradients.values()), default=0.0)
    return (FLOOR if pair.exact else NARROW_FLOOR) * largest


def _noise(side: Side, images: Images, training: bool) -> float:
    """What a model's own dtype changes in its gradients."""
    random = np.random.default_rng(1)
    seeds = [random.standard_normal(value.shape) for value in side.exact.outputs(images.values).values()]
    low, wide = (given.step(images.values, seeds, training).gradients for given in (side.given, side.exact))
    floor = NARROW_FLOOR * max((float(np.abs(value).max(initial=0)) for value in wide.values()), default=0.0)
    return max((difference(low[name], value, floor)[0] for name, value in wide.items() if value.size), default=0.0)
