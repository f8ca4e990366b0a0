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
from ..common.lowering import Lowering
from ..common.spec import Array, Net, Node, Weight
from ..common.weights import checked, drawing
from . import walk
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
                name = node.path if number == len(answer.steps) - 1 else walk.step_name(node, step, number)
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
    kit = walk.Kit(layers.Layer, layers.Identity, keras.Input, resolve, begin.call)
    return walk.graph(net, dtype, kit)


def _model(net: Net, tensors: list[Any]) -> keras.Model:
    model = keras.Model(tensors[0], walk.outputs(net, tensors), name=walk.model_name(net))
    if has_order(net):
        run_as_written(model, tensors)
    return model
