"""A model as its author made it, to be run beside what was read of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..spec import Array

IMAGE = "the image"
"""The name of the gradient of what comes in."""


@dataclass(frozen=True)
class Original:
    """A model with numbers that hide nothing: `weights` are those, by canonical names.

    `outputs` answers for a batch (N, C, H, W) as the model does, maps as (N, C, H, W). `gradients` are those of the sum
    of the outputs times a cotangent each, in the shapes of the Net's outputs: of the image under IMAGE, and of each
    trainable tensor under the name that `owners` have for its weights where that is another than the canonical one.
    """

    weights: Mapping[str, Array]
    outputs: Callable[[Array], tuple[Array, ...]]
    gradients: Callable[[Array, Sequence[Array]], Mapping[str, Array]]
    owners: Mapping[str, str] = field(default_factory=dict)
