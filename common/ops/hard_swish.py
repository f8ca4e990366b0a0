"""Piecewise quadratic Swish (Howard et al. 2019, Searching for MobileNetV3, section 5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..elementwise import Elementwise
from ..spec import Array
from ..trace import Value, apply


@dataclass(frozen=True)
class HardSwish(Elementwise):
    """x * relu6(x + 3) / 6."""

    kind: ClassVar[str] = "hard_swish"

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        return x * np.clip(x + 3, 0, 6) / 6


def hard_swish(x: Value, *, name: str | None = None) -> Value:
    """Multiply each number by its own hard sigmoid."""
    return apply(HardSwish(), x, name=name)
