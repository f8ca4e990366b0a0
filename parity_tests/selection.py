"""Which networks `make test` goes through in full, and which are left to `make test-full`.

Everything cheap (figures, golden text, emission) runs for every network. What builds models runs for the cheapest
network of each structure: of each function in the zoo, form and yes-or-no argument; the others repeat its layers in
other numbers and widths. `make test-full` leaves nothing out.
"""

from __future__ import annotations

import functools
from typing import Any

import pytest

from diptych import networks
from diptych.common.registry import Network, network


def structure(item: Network) -> tuple[Any, ...]:
    """What the networks of one group share."""
    switches = tuple((key, value) for key, value in sorted(item.arguments.items()) if isinstance(value, bool))
    return item.function, item.source, switches


@functools.cache
def everyday() -> frozenset[str]:
    """The networks of `make test`: the one with the fewest multiplications of each structure, and ResNet-50."""
    cheapest: dict[tuple[Any, ...], str] = {("bottlenecks",): "resnet50"}
    for name in sorted(networks(), key=lambda name: network(name).card.counts.macs):
        cheapest.setdefault(structure(network(name)), name)
    return frozenset(cheapest.values())


def placed(name: str, *values: Any, **options: Any) -> Any:
    """A test case of a network, marked `full` where `make test` leaves it out.

    The VGGs go to one test process, which keeps their gigabytes: fresh memory is slow, and two of them too much.
    """
    marks = [pytest.mark.xdist_group("vgg")] if network(name).family == "vgg" else []
    marks += [] if name in everyday() else [pytest.mark.full]
    return pytest.param(*(values or (name,)), marks=marks, **options)
