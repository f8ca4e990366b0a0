"""Search for a network within a budget, and the scaling rules of EfficientNet and MnasNet; see docs/search.md.

>>> from diptych import searching
>>> space = searching.digits_space()
>>> [len(layer.candidates) for layer in space.layers]
[9, 9, 9, 8, 9, 9]
"""

from __future__ import annotations

from ..common.search.candidates import FBNET
from ..common.search.costs import Costs, latencies, macs, read_table
from ..common.search.fbnet_space import fbnet_space
from ..common.search.scaling import Compound, channels, compound, repeats
from ..common.search.setting import Objective, Plan, Rules, Temperature
from ..common.search.space import Candidate, Layer, Space, Stage, layers
from .digits import digits_latencies, digits_space, small_digits
from .found import Found
from .run import search

__all__ = [
    "FBNET",
    "Candidate",
    "Compound",
    "Costs",
    "Found",
    "Layer",
    "Objective",
    "Plan",
    "Rules",
    "Space",
    "Stage",
    "Temperature",
    "channels",
    "compound",
    "digits_latencies",
    "digits_space",
    "fbnet_space",
    "latencies",
    "layers",
    "macs",
    "read_table",
    "repeats",
    "search",
    "small_digits",
]
