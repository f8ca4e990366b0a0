"""A Keras model that saves itself with weights that it has never held: they would be two more copies in memory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import keras

from ..common.layouts import to_framework
from ..common.spec import Array, Net, Weight
from .build import unfilled
from .slots import slots_of


def model(net: Net, arrays: Mapping[str, Array], dtype: str) -> keras.Model:
    """The functional model of a network, whose layers save these canonical weights in place of their variables."""
    made = unfilled(net, dtype)
    slots = slots_of(net)
    for layer in made.layers:
        wanted = slots.get(layer.name, [])
        counts = [variable for variable in layer.variables if variable.name == "count"]  # of layers.Normalization
        if wanted:
            layer.save_own_variables = partial(_save, arrays, wanted, counts)
    return made


class Uncopied:
    """An array that gives itself where NumPy would copy an array: Keras asks for a copy of what it saves."""

    def __init__(self, array: Array) -> None:
        self.array = array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self.array


def _save(arrays: Mapping[str, Array], wanted: list[tuple[str, Weight, str]], counts: list[Any], store: Any) -> None:
    for index, (name, weight, axes) in enumerate(wanted):
        store[str(index)] = Uncopied(to_framework(arrays[name], weight, axes))
    for index, variable in enumerate(counts, len(wanted)):
        store[str(index)] = variable
