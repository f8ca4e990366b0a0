"""A model as its author made it, to be run beside what was read of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..spec import Array


@dataclass(frozen=True)
class Original:
    """A model with numbers that hide nothing: `weights` are those, by canonical names.

    `outputs` answers for a batch (N, C, H, W) as the model does, maps as (N, C, H, W).
    """

    weights: Mapping[str, Array]
    outputs: Callable[[Array], tuple[Array, ...]]
