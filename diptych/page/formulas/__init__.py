"""The formulas of a network's units with its own numbers in them; none of the numbers is written by hand."""

from __future__ import annotations

from ...common.registry import Network
from ...common.spec import Net
from .detectors import anchors, box
from .formula import Formula
from .gates import excitation, fusion, unequal
from .norms import activation, batch_normalisation, response_normalisation
from .sums import branches, growth, merging, residual
from .windows import convolution, factors, grouped, head, pooling, separable, shuffled

__all__ = ["Formula", "formulas"]

UNITS = (
    convolution,
    pooling,
    response_normalisation,
    batch_normalisation,
    activation,
    residual,
    merging,
    growth,
    branches,
    factors,
    grouped,
    shuffled,
    separable,
    excitation,
    fusion,
    unequal,
    head,
)
"""In the order of the page; each answers None for a network that has no such unit."""


def formulas(net: Net, item: Network | None = None) -> list[Formula]:
    """The formulas that a network has; `item` is the registered one, which says what the maps of a detector mean.

    Of a unit that comes often the first is taken.
    """
    plain = tuple(node.plain() for node in net.nodes)
    found = [made for unit in UNITS if (made := unit(net, plain)) is not None]
    if item is not None and item.detector is not None:
        found += [anchors(net, item.detector), box(item.detector)]
    return found
