"""Dropout masks of one seeded source for both frameworks: the mask of a call depends on what it is, not on who asks.

A call is known by the name of its layer where both sides have it, else by its kind, rate and shape and by how many of
those came before in this pass.
"""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from ..comparing.given import Dropped
from ..spec import Array


@dataclass
class Masks:
    """The masks of one pass; `taken` are the calls that asked."""

    seed: int
    step: int
    taken: list[tuple[Dropped, tuple[int, ...]]] = field(default_factory=list)
    _calls: Counter[str] = field(default_factory=Counter)

    def take(self, dropped: Dropped, shape: tuple[int, ...], name: str = "") -> Array:
        """The mask of a call in canonical order: 0 where a number is dropped, else 1 / (1 - rate).

        `shape` is that of the numbers that are dropped together: (N, C, H, W), (N, C, 1, 1) of spatial dropout,
        (N, 1, 1, 1) where whole images are dropped.
        """
        key = name or f"{dropped.kind} {dropped.rate:.6g} {shape}"
        number = self._calls[key]
        self._calls[key] += 1
        self.taken.append((dropped, shape))
        source = np.random.default_rng([self.seed, self.step, number, zlib.crc32(key.encode())])
        keep = 1 - dropped.rate
        return (source.random(shape) < keep) / keep if keep > 0 else np.zeros(shape)
