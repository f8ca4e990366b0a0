"""A Net as a sequence of steps that does not depend on how it was written: without what does nothing in evaluation.

Two people who write one network name its layers otherwise, run its branches in another order, and have blocks where the
other has none. What is left is the flow of data: from each output back to the image, the longer branch first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..ops.flatten import Flatten
from ..ops.ordered_flatten import OrderedFlatten
from ..spec import Net, Node

COMMUTATIVE = ("add", "multiply", "maximum", "minimum")
"""Kinds of ops whose inputs may be exchanged."""
LOOK = 6
"""How many steps of a branch tell it from others."""


@dataclass(frozen=True)
class Step:
    """A node of a Net in a Flow: `inputs` are the places of the steps that it reads."""

    node: Node
    inputs: tuple[int, ...]

    @property
    def path(self) -> str:
        return self.node.path


@dataclass(frozen=True)
class Flow:
    """The steps of a Net, the image first; `outputs` are places of steps, in the order of the Net's outputs."""

    net: Net
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]

    @cached_property
    def readers(self) -> tuple[tuple[int, ...], ...]:
        """The places of the steps that read each step."""
        found: list[list[int]] = [[] for _ in self.steps]
        for place, step in enumerate(self.steps):
            for source in step.inputs:
                found[source].append(place)
        return tuple(map(tuple, found))


def idle(node: Node) -> bool:
    """Whether a node hands its input on as it is in evaluation; a map of one place is the vector of its channels."""
    if len(node.inputs) != 1:
        return False
    flat = isinstance(node.op, (Flatten, OrderedFlatten)) and tuple(map(int, node.in_shapes[0][1:])) == (1, 1)
    return flat or node.op.idle or node.op.unchanged(*node.in_shapes)


def flow(net: Net, by_look: bool = False) -> Flow:
    """The Flow of a Net; with `by_look` branches go by what they are, in whatever order they are put together."""
    sources = _sources(net)
    depths, order = _depths(net, sources), list[int]()
    _visit(net, sources, depths, order, by_look)
    places = {index: place for place, index in enumerate(order)}
    steps = [
        Step(net.nodes[index], tuple(places[sources[item]] for item in net.nodes[index].inputs)) for index in order
    ]
    return Flow(net, tuple(steps), tuple(places[sources[index]] for index in net.outputs))


def _sources(net: Net) -> list[int]:
    """For each node the one that its value comes from: another one where it does nothing."""
    found: list[int] = []
    for index, node in enumerate(net.nodes):
        found.append(found[node.inputs[0]] if idle(node) else index)
    return found


def _depths(net: Net, sources: list[int]) -> list[int]:
    """The number of steps on the longest way from the image to each node."""
    found: list[int] = []
    for index, node in enumerate(net.nodes):
        deepest = max((found[sources[item]] for item in node.inputs), default=-1)
        found.append(deepest + (sources[index] == index))
    return found


def _visit(net: Net, sources: list[int], depths: list[int], order: list[int], by_look: bool) -> None:
    """Add the nodes that outputs depend on, each after those that it reads."""
    last = [sources[index] for index in net.outputs]
    last = sorted(last, key=lambda item: _look(net, sources, item)) if by_look else last
    waiting = [(index, False) for index in reversed(last)]
    done = set[int]()
    order.append(0)
    done.add(0)
    while waiting:
        index, ready = waiting.pop()
        if index in done:
            continue
        if ready:
            done.add(index)
            order.append(index)
            continue
        inputs = [sources[item] for item in net.nodes[index].inputs]
        if net.nodes[index].kind in COMMUTATIVE:  # the longer branch first
            inputs = sorted(inputs, key=lambda item: -depths[item])
        if by_look:
            inputs = sorted(inputs, key=lambda item: _look(net, sources, item))
        waiting.append((index, True))
        waiting.extend((item, False) for item in reversed(inputs))


def _look(net: Net, sources: list[int], index: int) -> str:
    """The last steps of a branch as text."""
    told = []
    for _ in range(LOOK):
        node = net.nodes[index]
        told.append(f"{node.plain().op} {node.shape}")
        if len(node.inputs) != 1:
            break
        index = sources[node.inputs[0]]
    return " ".join(told)
