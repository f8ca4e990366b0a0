"""How EfficientNet and MnasNet make other sizes of one network."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..blocks.make_divisible import make_divisible
from ..errors import DiptychError


@dataclass(frozen=True)
class Compound:
    """Factors of the width, the depth and the side of the image of a network."""

    width: float
    depth: float
    resolution: float

    @property
    def cost(self) -> float:
        """By how much the multiply-accumulates grow: depth * width**2 * resolution**2."""
        return self.depth * self.width**2 * self.resolution**2


def compound(phi: float, *, depth: float = 1.2, width: float = 1.1, resolution: float = 1.15) -> Compound:
    """The compound scaling of Tan & Le 2019 (EfficientNet), equation 3: each base to the power of phi.

    The bases are those that the paper found for B0; they must multiply to a cost of about 2. The published B1 to B7
    have coefficients of their own, near these (see `zoo/efficientnet.py` and docs/search.md). Raises DiptychError for
    a base below 1 or a phi that is not finite.

    >>> compound(1)
    Compound(width=1.1, depth=1.2, resolution=1.15)
    >>> round(compound(1).cost, 2)
    1.92
    """
    bases = {"depth": depth, "width": width, "resolution": resolution}
    for name, base in bases.items():
        if not 1 <= base < math.inf:
            raise DiptychError(f"the base of the {name} is a number from 1 on, got {base!r}")
    if not math.isfinite(phi):
        raise DiptychError(f"phi is a finite number, such as 1.5, got {phi!r}")
    return Compound(width**phi, depth**phi, resolution**phi)


def channels(base: int, width: float) -> int:
    """So many channels at a width, as EfficientNet and MnasNet round them: to multiples of 8, never below 90 %.

    >>> [channels(base, 0.5) for base in (32, 16, 24, 40, 80, 96, 192, 320)]  # MnasNet-B1 0.5
    [16, 8, 16, 24, 40, 48, 96, 160]
    """
    return make_divisible(base * width)


def repeats(base: int, depth: float) -> int:
    """So many repeats at a depth, as EfficientNet rounds them: up. Raises DiptychError for a senseless factor.

    >>> [repeats(base, 1.4) for base in (1, 2, 3, 4)]  # EfficientNet-B3
    [2, 3, 5, 6]
    """
    if not 0 < depth < math.inf:
        raise DiptychError(f"a depth is a positive factor, such as 1.1, got {depth!r}")
    return math.ceil(base * depth)
