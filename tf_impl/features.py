"""Intermediate outputs of a functional Keras model by node path: layers bear the names of the nodes they end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from ..common.errors import SpecError
from ..common.spec import Net


def features_of(net: Net, model: keras.Model, paths: Sequence[str]) -> keras.Model:
    """A model of the same layers that returns {path: output} for paths of nodes or blocks."""
    tensors = _tensors(net, model)
    for index in net.resolve(paths).values():
        if net.nodes[index].path not in tensors:
            raise SpecError(f"no output of {net.name} depends on {net.nodes[index].path}: its Keras model lacks it")
    wanted = {path: tensors[net.nodes[index].path] for path, index in net.resolve(paths).items()}
    return keras.Model(model.inputs[0], wanted)


def observe(net: Net, model: keras.Model, x: Any) -> dict[str, Any]:
    """The output of every node that can be seen: those for which the model has a layer of that name."""
    tensors = _tensors(net, model)
    results = keras.Model(model.inputs[0], list(tensors.values()))(x, training=False)
    return dict(zip(tensors, results, strict=True))


def _tensors(net: Net, model: keras.Model) -> dict[str, Any]:
    layers = {layer.name: layer for layer in model.layers}
    found = {net.nodes[0].path: model.inputs[0]}
    return found | {n.path: _output(layers[n.path]) for n in net.nodes[1:] if n.path in layers}


def _output(layer: Any) -> Any:
    # A layer that several nodes share has several outputs; its own node is the first of its calls.
    return layer._inbound_nodes[0].output_tensors[0]
