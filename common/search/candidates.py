"""The nine candidates of FBNet (table 2), as the blocks of `zoo/fbnet.py`."""

from __future__ import annotations

from ..trace import Value
from ..zoo.fbnet import K3_E1, K3_E1_G2, K3_E3, K3_E6, K5_E1, K5_E1_G2, K5_E3, K5_E6, searched_block
from ..zoo.fbnet import Unit as Sizes
from .space import SKIP, Candidate, Unit


def _unit(sizes: Sizes) -> Unit:
    kernel, expand, groups = sizes

    def unit(x: Value, channels: int, stride: int, *, name: str) -> Value:
        return searched_block(x, expand * x.channels, channels, kernel, stride, groups, name=name)

    return unit


FBNET = (
    *(
        Candidate(name, _unit(sizes))
        for name, sizes in {
            "k3_e1": K3_E1,
            "k3_e1_g2": K3_E1_G2,
            "k3_e3": K3_E3,
            "k3_e6": K3_E6,
            "k5_e1": K5_E1,
            "k5_e1_g2": K5_E1_G2,
            "k5_e3": K5_E3,
            "k5_e6": K5_E6,
        }.items()
    ),
    Candidate(SKIP, None),
)
"""Kernel, expansion and groups of each candidate, and the one that leaves the layer out."""
