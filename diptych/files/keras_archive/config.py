"""The config of a functional model: its layers and operations in Keras's order, and the calls that lead to its outputs.

Keras orders them by their distance from the outputs, and those of one distance as a search from the outputs meets them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from .layers import Input, Layer
from .symbols import Node, Tensor, Unwritten, snake_case

PLAIN = (str, int, float, bool, type(None))


def ordered(outputs: list[Tensor]) -> tuple[list[Any], set[int]]:
    """(operations in Keras's order, the ids of the calls that lead to the outputs)."""
    nodes, indices = _searched(outputs)
    depths: dict[int, int] = {}
    deepest: dict[int, int] = {}
    for node in reversed(nodes):
        depth = max(depths.setdefault(id(node), 0), deepest.get(id(node.operation), 0))
        depths[id(node)] = deepest[id(node.operation)] = depth
        for parent in map(_made_by, node.input_tensors):
            depths[id(parent)] = max(depth + 1, depths.get(id(parent), 0))
    operations = {id(node.operation): node.operation for node in nodes}
    found = sorted(operations.values(), key=lambda one: (-deepest[id(one)], indices[id(one)]))
    names = [one.name for one in found]
    if len(set(names)) != len(names):
        raise Unwritten("two layers of one name")
    return found, {id(node) for node in nodes}


def _made_by(tensor: Tensor) -> Node:
    """The call that made a tensor."""
    operation, place, _ = tensor._keras_history
    found: Node = operation._inbound_nodes[place]
    return found


def _searched(outputs: list[Tensor]) -> tuple[list[Node], dict[int, int]]:
    """(calls, each after those that it needs; the place at which the search meets each operation first)."""
    done, nodes, indices = set[int](), list[Node](), dict[int, int]()
    for output in outputs:
        waiting: list[tuple[Node, Iterator[Tensor]]] = []
        _enter(_made_by(output), done, indices, waiting)
        while waiting:
            node, inputs = waiting[-1]
            following = next(inputs, None)
            if following is None:
                waiting.pop()
                nodes.append(node)
            else:
                _enter(_made_by(following), done, indices, waiting)
    return nodes, indices


def _enter(node: Node, done: set[int], indices: dict[int, int], waiting: list[Any]) -> None:
    if id(node) not in done:
        done.add(id(node))
        indices.setdefault(id(node.operation), len(indices))
        waiting.append((node, iter(node.input_tensors)))


def functional(name: str, tensors: Any, outputs: Any) -> tuple[dict[str, Any], list[Layer]]:
    """(what config.json says of a model, its layers in Keras's order), of its input and its outputs."""
    flat = list(outputs.values()) if isinstance(outputs, dict) else outputs if isinstance(outputs, list) else [outputs]
    ordering = [outputs[key] for key in sorted(outputs)] if isinstance(outputs, dict) else flat
    operations, calls = ordered(ordering)
    if tensors._keras_history.operation not in operations:
        raise Unwritten("an input that leads to no output")
    named = _is_ambiguous(operations)
    config = {
        "name": name,
        "trainable": True,
        "layers": [_entry(operation, calls, named) for operation in operations],
        "input_layers": _place(tensors, calls),
        "output_layers": _structure(outputs, calls),
    }
    module = "keras.src.models.functional"
    model = {"module": module, "class_name": "Functional", "config": config, "registered_name": "Functional"}
    model |= {"build_config": {"input_shape": None}, "compile_config": {}}
    return model, [operation for operation in operations if isinstance(operation, Layer)]


def _structure(outputs: Any, calls: set[int]) -> Any:
    if isinstance(outputs, dict):
        return {key: _place(value, calls) for key, value in outputs.items()}
    if isinstance(outputs, list):
        return [_place(value, calls) for value in outputs]
    return _place(outputs, calls)


def _place(tensor: Tensor, calls: set[int]) -> list[Any]:
    """[name, call, output] of where a tensor comes from; of the calls, those count that lead to an output."""
    operation, place, index = tensor._keras_history
    return [operation.name, sum(id(node) in calls for node in operation._inbound_nodes[:place]), index]


def _is_ambiguous(operations: list[Any]) -> bool:
    """Whether a name that Keras gives an operation by itself may be that of another one, which is said."""
    free = {snake_case(one.kind) for one in operations if not isinstance(one, Layer) and one.config}
    said = (one.name for one in operations if isinstance(one, Layer) or not one.config)
    return any(re.sub(r"_\d+$", "", name) in free for name in said)


def _entry(operation: Any, calls: set[int], named: bool) -> dict[str, Any]:
    """What config.json says of a layer or of an operation.

    Before Keras 3.11 an operation with arguments takes no name; a later one names it by itself, unless it is `named`.
    """
    inbound = [_call(node, calls) for node in operation._inbound_nodes if id(node) in calls and node.input_tensors]
    rest = {"name": operation.name, "inbound_nodes": inbound}
    if not isinstance(operation, Layer):
        config = _value(operation.config, calls)
        config = {"name": operation.name, **config} if named or not config else config
        home = f"keras.src.ops.{operation.home}"
        head = {"module": home, "class_name": operation.kind, "config": config, "registered_name": operation.kind}
        return head | rest
    built: dict[str, Any] = {}
    if operation.known.built:
        built = {"build_config": {"input_shape": operation.build_shape}}
    head = {"module": "keras.layers", "class_name": operation.kind, "config": _layer(operation)}
    return head | {"registered_name": None} | built | rest


def _layer(layer: Layer) -> dict[str, Any]:
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": layer.dtype}, "registered_name": None}
    if isinstance(layer, Input):
        rest = {"sparse": False, "ragged": False, "name": layer.name}
        return {"batch_shape": layer.batch, "dtype": layer.dtype} | rest
    return {"name": layer.name, "trainable": layer.trainable, "dtype": policy, **layer.config}


def _call(node: Node, calls: set[int]) -> dict[str, Any]:
    return {"args": _value(list(node.args), calls), "kwargs": _value(dict(node.kwargs), calls)}


def _value(value: Any, calls: set[int]) -> Any:
    """An argument as Keras writes it."""
    if isinstance(value, Tensor):
        said = {"shape": list(value.shape), "dtype": value.dtype, "keras_history": _place(value, calls)}
        return {"class_name": "__keras_tensor__", "config": said}
    if isinstance(value, (np.ndarray, np.generic)):
        return {"class_name": "__tensor__", "config": {"value": value.tolist(), "dtype": value.dtype.name}}
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, (list, tuple)):
        return [_value(item, calls) for item in value]
    if isinstance(value, dict):
        return {key: _value(item, calls) for key, item in value.items()}
    if isinstance(value, slice):
        said = {"start": value.start, "stop": value.stop, "step": value.step}
        return {"class_name": "__slice__", "config": said}
    if value is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    raise Unwritten(f"an argument of type {type(value).__name__}")
