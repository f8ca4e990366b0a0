"""The weights that a layer of somebody's own has itself, as layers of the graph while the layer's code runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras import Variable


class HeldWeight(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
    """Gives a weight, whatever it is called on."""

    def __init__(self, variable: Variable, name: str, trained: bool) -> None:
        super().__init__(name=name)
        object.__setattr__(self, "variable", variable)  # and not as a weight of this layer, too
        self.trained = trained

    def compute_output_spec(self, x: Any) -> keras.KerasTensor:
        """The weight has no axis of the batch."""
        return keras.KerasTensor(self.variable.shape, self.variable.dtype)

    def get_config(self) -> dict[str, Any]:
        """What is said of the weight in a graph."""
        return {"name": self.name, "trained": self.trained}


def holds_all(layer: Any) -> bool:
    """Whether all weights that a layer has itself are attributes, which its code can be given others for."""
    own = [*layer._trainable_variables, *layer._non_trainable_variables]
    known = {id(value) for value in vars(layer).values() if isinstance(value, Variable)}
    return all(id(variable) in known for variable in own)


@contextmanager
def standing_for(layer: Any, given: Any, known: dict[int, HeldWeight]) -> Iterator[None]:
    """With values of the graph in the place of a layer's own weights; `known` has one layer for each, by its id."""
    values = [item for item in keras.tree.flatten(given) if isinstance(item, keras.KerasTensor)]
    if not values:  # it is called on numbers, as when a model is made
        yield
        return
    own = {name: value for name, value in vars(layer).items() if isinstance(value, Variable)}
    try:
        for name, variable in own.items():
            trained = any(variable is item for item in layer._trainable_variables)
            path = f"{layer.name}.{name}".replace(".", "_")  # a parameter of the model: its layer is no block here
            if id(variable) not in known:
                known[id(variable)] = HeldWeight(variable, path, trained)
            layer.__dict__[name] = known[id(variable)](values[0])
        yield
    finally:
        layer.__dict__.update(own)
