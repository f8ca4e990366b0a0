"""Canonical weights in a Keras model and back, layer by layer of the node's name, axes converted by their strings.

layers.Normalization computes with copies of its weights; `settle` renews them after an assignment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

from ..common.errors import WeightsError
from ..common.layouts import to_canonical, to_framework
from ..common.lowering import Slot
from ..common.spec import Array, Net, Weight
from . import classes
from .ops import lower


def variables(model: Any, net: Net) -> Iterator[tuple[str, Weight, Any, str]]:
    """(canonical name, weight, Keras variable, its axes) of every weight; raises WeightsError for what is not there."""
    found = classes.layers_of(model, net) if classes.is_class(model) else {layer.name: layer for layer in model.layers}
    for node in net.nodes:
        wanted = node.weights()
        if node.owner or not wanted:
            continue
        made = lower(node)
        for slot in made.slots:
            name, layer = node.weight_name(slot.name), made.holder(node.path, slot)
            variable = _variable(found[layer] if layer in found else found.get(node.path), slot)
            if variable is None:
                raise WeightsError(
                    f"the Keras model has no layer {layer!r} with a variable {slot.attribute!r}, where {net.name} "
                    f"keeps {name}; build the model with diptych, or give its layers the names of the nodes"
                )
            yield name, wanted[name], variable, slot.axes


def _variable(layer: Any, slot: Slot) -> Any:
    """The variable of a slot, which a class that is written out calls by the name of the weight; or None.

    One of a block of such a class stands for itself.
    """
    if isinstance(layer, keras.Variable):
        return layer
    found = getattr(layer, slot.attribute, None)
    return getattr(layer, slot.name, None) if found is None else found


def read(model: Any, net: Net) -> dict[str, Array]:
    """The canonical weights of a model, as arrays of its own dtype; raises WeightsError for layers that it lacks."""
    return {name: to_canonical(np.asarray(v), weight, axes) for name, weight, v, axes in variables(model, net)}


def write(model: Any, net: Net, weights: Mapping[str, Array]) -> None:
    """Assign canonical weights to a model's variables; those that are not given stay."""
    for name, weight, variable, axes in variables(model, net):
        if name in weights:
            variable.assign(to_framework(np.asarray(weights[name]), weight, axes))
    settle(model)


def settle(model: Any) -> None:
    """Refresh layers that compute with copies of their weights: layers.Normalization does so only on loading a file."""
    for layer in model.layers:
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
