"""JSON of small networks that have everything a net can have, and places in it to damage."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from own_network import nested_network, own_network
from own_parts import PARTS

from diptych import Net, build
from diptych.common.errors import DiptychError, SpecError
from diptych.common.registry import spec
from diptych.emission import twins

NETS: dict[str, Callable[[], Net]] = {
    **PARTS,
    "own": own_network,
    "nested": nested_network,
    "lenet5_1998": lambda: spec("lenet5_1998"),
    "squeezenet1_1": lambda: spec("squeezenet1_1", input_size=64),
    "folded": lambda: spec("mobilenet_v1_025.keras.folded", input_size=64),
}
"""Ten networks: lists, shared blocks, ties, parameters, chains in chains, several outputs, options."""
Place = tuple[str | int, ...]
LIGHT = 2_000_000
"""The weights of a network that a test still builds."""


@functools.cache
def text_of(name: str) -> str:
    """The JSON of a network."""
    return NETS[name]().to_json()


def data_of(name: str) -> Any:
    """The same as data of one's own."""
    return json.loads(text_of(name))


@functools.cache
def places(name: str) -> tuple[Place, ...]:
    """Every place in the JSON of a network."""
    return tuple(_places(data_of(name), ()))


def _places(data: Any, before: Place) -> Iterator[Place]:
    if before:
        yield before
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, item in items:
        yield from _places(item, (*before, key))


def around(data: Any, place: Place) -> Any:
    """What stands around a place."""
    for key in place[:-1]:
        data = data[key]
    return data


def changed(name: str, place: Place, value: Any) -> Any:
    """The data of a network with another value at a place."""
    data = data_of(name)
    around(data, place)[place[-1]] = copy.deepcopy(value)
    return data


def outcome(data: Any, marker: Path) -> str:
    """What comes of these data: "refused", or "net"; no code may run, and no error but DiptychError is raised.

    Whatever is accepted is written as source and, where it is small, built.
    """
    try:
        net = Net.from_json(data if isinstance(data, str) else json.dumps(data))
    except SpecError:
        assert not marker.exists()
        return "refused"
    assert Net.from_json(net.to_json()) == net
    try:
        for source in twins(net):
            compile(source.text, "emitted", "exec")
        if sum(weight.count for weight in net.weights.values()) < LIGHT:
            build(net, "torch")
    except DiptychError:
        pass
    assert not marker.exists()
    return "net"
