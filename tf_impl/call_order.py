"""The order in which a functional Keras model runs the calls of one layer.

Keras runs the nodes of its graph by their distance from the outputs, and those of one distance in reverse order
(keras/src/ops/function.py, `map_graph`). Values do not depend on it; the moving averages of a normalisation that is
called several times do, since each call takes its share of what the calls before it left. PyTorch runs the calls as
they are written, and so do the models of this package: trap `shared_normalisation_runs_in_reverse`.
"""

from __future__ import annotations

from typing import Any

from ..common.spec import Net


def has_order(net: Net) -> bool:
    """Whether the order of calls matters: whether several nodes share running statistics."""
    return any(node.owner and any(w.kind == "statistic" for w in node.weights().values()) for node in net.nodes)


def run_as_written(model: Any, tensors: list[Any]) -> None:
    """Let a model run its graph in the order in which these tensors were made."""
    order: list[Any] = []
    for tensor in tensors:
        _append(tensor, order, {id(node) for nodes in model._nodes_by_depth.values() for node in nodes})
    _set(model, order)


def run_like(model: Any, copy: Any) -> None:
    """Let a copy of a model run its graph in the order of the model."""
    there = {_name(node, copy): node for node in _order(copy)}
    _set(copy, [there[_name(node, model)] for node in _order(model)])


def _append(tensor: Any, order: list[Any], known: set[int]) -> None:
    """Add the node that makes a tensor after those that make its inputs."""
    operation, place, _ = tensor._keras_history
    node = operation._inbound_nodes[place]
    if id(node) in known and all(node is not other for other in order):
        for value in node.input_tensors:
            _append(value, order, known)
        order.append(node)


def _order(model: Any) -> list[Any]:
    return [node for depth in sorted(model._nodes_by_depth, reverse=True) for node in model._nodes_by_depth[depth]]


def _name(node: Any, model: Any) -> tuple[str, int]:
    """The name of a node's layer, and which of its calls in this model it is."""
    inside = {id(other) for other in _order(model)}
    calls = [other for other in node.operation._inbound_nodes if id(other) in inside]
    return node.operation.name, next(number for number, other in enumerate(calls) if other is node)


def _set(model: Any, order: list[Any]) -> None:
    model._nodes_by_depth = {len(order) - 1 - place: [node] for place, node in enumerate(order)}
