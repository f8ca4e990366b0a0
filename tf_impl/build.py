"""Build the functional Keras model of a network, node by node, of built-in layers.

The layers bear the names of the nodes, and a saved file loads where diptych is not installed. Pads become "same" where
that is exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers

from ..common.backend import MEMORY_FORMATS
from ..common.errors import SpecError
from ..common.layouts import to_framework
from ..common.lowering import Lowering, Make
from ..common.spec import Array, Net, Node, Weight
from ..common.weights import checked, drawing
from .call_order import has_order, run_as_written
from .features import features_of
from .ops import lower
from .resolve import resolve
from .state import write

DTYPES = ("float32", "float64")
INITIALISERS = {("DepthwiseConv2D", "kernel"): "depthwise_initializer"}
"""What Keras calls an initialiser where that is not the name of its variable with _initializer."""


def build(
    net: Net,
    weights: Mapping[str, Array] | None,
    dtype: str = "float32",
    features: Sequence[str] | None = None,
    memory_format: str | None = None,
    inplace: bool = True,
) -> keras.Model:
    """The network as a functional keras.Model on batches (N, H, W, C), with these canonical weights.

    Without weights it has those of `init(net)`. With `features`, paths of nodes or blocks, it returns a dict of
    their outputs instead of the network's. The `memory_format` "channels_last" is what every such model has, and
    `inplace` has no effect in Keras. Raises SpecError for an unknown dtype, format or path and
    WeightsError where the weights do not fit.
    """
    if dtype not in DTYPES:
        raise SpecError(f"dtype is one of {', '.join(DTYPES)}, not {dtype!r}")
    if memory_format not in MEMORY_FORMATS:
        raise SpecError(f"memory_format is 'channels_last' or None, not {memory_format!r}")
    with nullcontext(checked(net, weights)) if weights is not None else drawing(net) as arrays:
        begin = Beginning(arrays, dtype)
        tensors = graph(net, dtype, begin)
        model = _model(net, tensors)
        write(model, net, {name: arrays[name] for name in arrays if name not in begin.done})
    return features_of(net, model, features) if features else model


def unbuilt(net: Net) -> list[Any]:
    """Fresh layers of every node, not yet called: what the layers of a faithful model look like."""
    made = []
    for node in net.nodes[1:]:
        answer = lower(node)
        for number, step in enumerate(answer.steps):
            if step.layer and not node.owner:
                name = node.path if number == len(answer.steps) - 1 else _name(node, step, number)
                made.append(resolve(step, answer)(*step.args, **step.kwargs, name=name))
    return made


def unfilled(net: Net, dtype: str) -> keras.Model:
    """The model without its weights: for writing a file of it, whose weights need not go through the model."""
    tensors = graph(net, dtype, Blank())
    return _model(net, tensors)


class Blank:
    """Layers begin with zeros, which take no time to draw."""

    def call(self, layer: Any, value: Any, node: Node, lowering: Lowering) -> Any:
        """Call a new layer, with zeros for its initialisers as long as that takes."""
        zeros = keras.initializers.Zeros()
        return self._called(layer, value, dict.fromkeys(_initialisers(layer, lowering).values(), zeros))

    def _called(self, layer: Any, value: Any, initialisers: Mapping[str, Any]) -> Any:
        usual = {name: getattr(layer, name) for name in initialisers}
        for name, initialiser in initialisers.items():
            setattr(layer, name, initialiser)
        result = layer(value)
        for name, initialiser in usual.items():
            setattr(layer, name, initialiser)
        return result


def _initialisers(layer: Any, lowering: Lowering) -> dict[str, str]:
    """Slot -> the attribute of a layer with its initialiser, for those that have one."""
    kind = type(layer).__name__
    found = {s.name: INITIALISERS.get((kind, s.attribute), f"{s.attribute}_initializer") for s in lowering.slots}
    return {name: attribute for name, attribute in found.items() if hasattr(layer, attribute)}


@dataclass
class Beginning(Blank):
    """Canonical weights with which layers begin, where they have initialisers: random ones take seconds for a VGG-16.

    `done` are the names of those that were asked for.
    """

    weights: Mapping[str, Array]
    dtype: str
    done: set[str] = field(default_factory=set)

    def call(self, layer: Any, value: Any, node: Node, lowering: Lowering) -> Any:
        """Call a new layer, with its own initialisers replaced for as long."""
        attributes, canonical = _initialisers(layer, lowering), node.weights()
        names = {slot.name: node.weight_name(slot.name) for slot in lowering.slots}
        begin = {
            attributes[slot.name]: partial(self._given, names[slot.name], canonical[names[slot.name]], slot.axes)
            for slot in lowering.slots
            if slot.name in attributes
        }
        return self._called(layer, value, begin)

    def _given(self, name: str, weight: Weight, axes: str, shape: Any, dtype: Any = None) -> Array:
        array = to_framework(np.asarray(self.weights[name], self.dtype), weight, axes)
        if array.shape == tuple(shape):
            self.done.add(name)
        return array


def graph(net: Net, dtype: str, begin: Blank) -> list[Any]:
    """The symbolic tensor of every node, in order; the layer that ends a node bears its path as its name."""
    channels, height, width = net.input_shape
    tensors: list[Any] = [keras.Input((height, width, channels), dtype=dtype, name="input")]
    shared: dict[str, Any] = {}
    for node in net.nodes[1:]:
        inputs = [tensors[index] for index in node.inputs] or tensors[:1]  # a parameter has the batch of the image
        tensors.append(_applied(node, lower(node), inputs, dtype, shared, begin))
        _rename(node, tensors[-1], {id(value) for value in inputs})
    return tensors


def _rename(node: Node, result: Any, inputs: set[int]) -> None:
    """Name the keras.ops of a node after it: Keras's own counters run on from model to model and may take its name."""
    operation, place, _ = result._keras_history
    for value in operation._inbound_nodes[place].input_tensors:
        if id(value) in inputs:
            continue
        inner = value._keras_history.operation
        if not isinstance(inner, layers.Layer) and not inner.name.startswith(f"{node.path}."):
            inner.name = f"{node.path}.{inner.name}"
        _rename(node, value, inputs)


def _applied(
    node: Node, lowering: Lowering, inputs: list[Any], dtype: str, shared: dict[str, Any], begin: Blank
) -> Any:
    """Apply the steps of a node; the last layer step is named after the node, or an Identity after the last step."""
    value = inputs[0] if len(inputs) == 1 else inputs
    *before, last = lowering.steps
    for number, step in enumerate(before):
        value = _step(step, lowering, value, {"name": _name(node, step, number), "dtype": dtype})
    if node.owner and not last.layer:
        raise SpecError(f"{node.path}: the Keras twin of {node.kind} cannot share its weights")
    if last.layer and node.owner:
        return layers.Identity(name=node.path, dtype=dtype)(shared[node.owner](value))
    if last.layer:
        shared[node.path] = resolve(last, lowering)(*last.args, **last.kwargs, name=node.path, dtype=dtype)
        return begin.call(shared[node.path], value, node, lowering)
    extra = {"name": lowering.holder(node.path, lowering.slots[0]), "dtype": dtype} if lowering.slots else {}
    return layers.Identity(name=node.path, dtype=dtype)(_step(last, lowering, value, {}, **extra))


def _step(step: Make, lowering: Lowering, value: Any, naming: Mapping[str, str], **extra: str) -> Any:
    target = resolve(step, lowering)
    values = value if isinstance(value, list) else [value]
    if step.layer:
        return target(*step.args, **step.kwargs, **naming)(value)
    if isinstance(target, type):
        # Its `call` alone, so that the model holds the keras.ops in it and its file loads without this class.
        return target(*step.args, **step.kwargs).call(*values)
    return target(*values, *step.args, **step.kwargs, **extra)


def _name(node: Node, step: Make, number: int) -> str:
    """The name of a layer that prepares a node."""
    return f"{node.path}.{'pad' if step.target == 'layers.ZeroPadding2D' else f'step{number}'}"


def _model(net: Net, tensors: list[Any]) -> keras.Model:
    model = keras.Model(tensors[0], _outputs(net, tensors), name=_model_name(net))
    if has_order(net):
        run_as_written(model, tensors)
    return model


def _outputs(net: Net, tensors: list[Any]) -> Any:
    outputs = [tensors[index] for index in net.outputs]
    if net.output_names:
        return dict(zip(net.output_names, outputs, strict=True))
    return outputs[0] if net.root.returns == "value" else outputs


def _model_name(net: Net) -> str:
    return net.name.replace(".", "_")
