"""What a network computes, in NumPy float64: the third opinion when two frameworks differ."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .spec import Array, Net, Node


def run(net: Net, weights: Mapping[str, Array], x: Array) -> dict[str, Array]:
    """Every node's output by path, in float64 and NCHW order, for a batch x (N, C, H, W)."""
    values: list[Array] = [np.asarray(x, np.float64)]
    for node in net.nodes[1:]:
        value = step(node, weights, *(values[index] for index in node.inputs))
        # What depends on no image has a batch axis of 1.
        values.append(np.repeat(value, len(x), 0) if len(value) == 1 < len(x) else value)
    return {node.path: value for node, value in zip(net.nodes, values, strict=True)}


def outputs(net: Net, weights: Mapping[str, Array], x: Array) -> tuple[Array, ...]:
    """The network's outputs alone, in float64 and NCHW order; what nothing reads any more is let go."""
    last = {index: place for place, node in enumerate(net.nodes) for index in node.inputs}
    values: dict[int, Array] = {0: np.asarray(x, np.float64)}
    for place, node in enumerate(net.nodes[1:], start=1):
        value = step(node, weights, *(values[index] for index in node.inputs))
        values[place] = np.repeat(value, len(x), 0) if len(value) == 1 < len(x) else value
        for index in set(node.inputs) - set(net.outputs):
            if last[index] == place:
                del values[index]
    return tuple(values[index] for index in net.outputs)


def step(node: Node, weights: Mapping[str, Array], *inputs: Array) -> Array:
    """One node's output in float64, for the outputs of the nodes it reads."""
    own = {kind: np.asarray(weights[name], np.float64) for kind, name in node.own_weights().items()}
    return node.op.run(*(np.asarray(x, np.float64) for x in inputs), **own)
