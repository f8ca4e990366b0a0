"""A Keras model as it is given; see `common.comparing.given`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.models.functional import Functional

from ..common.comparing.given import Pass, Places
from ..common.importing.imported import Imported
from ..common.layouts import BATCH, rearranged
from ..common.spec import Array
from .classes import every_layer
from .importing.read import read
from .settings import recast

MARK = 1000.5
"""Added to places, so that no constant of a layer is taken for one."""

DROPOUTS = (
    keras.layers.Dropout,
    keras.layers.SpatialDropout1D,
    keras.layers.SpatialDropout2D,
    keras.layers.SpatialDropout3D,
    keras.layers.AlphaDropout,
)


class Given:
    """A Keras model, called as its users call it: what it does in evaluation is `model(x)`."""

    framework = "tf"

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        kinds = {name for layer in every_layer(model) for name in (layer.compute_dtype, layer.variable_dtype)}
        self.dtype = kinds.pop() if len(kinds) == 1 else "mixed"

    def outputs(self, x: Array) -> dict[str, Array]:
        """What it answers in evaluation; its statistics are put back."""
        with _kept(self.model):
            return {name: _canonical(value) for name, value in _named(self.model, self.model(self._image(x))).items()}

    def step(self, x: Array, seeds: Sequence[Array], training: bool, turn: int = 0) -> Pass:
        """One pass forward and back, with dropout off."""
        image, weights = self._image(x), {variable.path: variable.value for variable in self.model.weights}
        trained = {variable.path: variable.value for variable in _trained(self.model)}
        with _kept(self.model), _without_dropout(self.model) as rates, tf.GradientTape() as tape:
            for variable in self.model.non_trainable_variables:
                if "seed_generator_state" in variable.path:
                    variable.assign(np.array(variable) + turn)
            tape.watch([image, *trained.values()])
            answer = self.model(image, training=True) if training else self.model(image)
            outputs = _named(self.model, answer)
            pairs = zip(outputs.values(), seeds, strict=False)
            loss = tf.add_n([tf.reduce_sum(value * _like(value, seed)) for value, seed in pairs])
            buffers = {name: np.array(value) for name, value in weights.items() if name not in trained}
        sources = [image, *trained.values()]
        first, *rest = tape.gradient(loss, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        gradients = {name: np.array(tf.convert_to_tensor(value)) for name, value in zip(trained, rest, strict=True)}
        done = {name: _canonical(value) for name, value in outputs.items()}
        return Pass(done, rearranged(np.array(first), BATCH["tf"], BATCH["torch"]), gradients, buffers, tuple(rates))

    def weights(self) -> dict[str, Array]:
        """Its variables by their paths."""
        return {variable.path: np.array(variable) for variable in self.model.weights}

    def trained(self) -> frozenset[str]:
        """The paths of its variables but for statistics."""
        return frozenset(variable.path for variable in _trained(self.model))

    def sizes(self) -> dict[str, int]:
        """How many numbers each of them has."""
        return {variable.path: int(np.prod(variable.shape)) for variable in _trained(self.model)}

    def paths(self) -> dict[str, float]:
        """Keras has no layer that leaves out branches by chance."""
        return {}

    def frozen(self) -> frozenset[str]:
        """The variables of layers that are not trained, but for statistics."""
        trained = {variable.path for variable in self.model.trainable_variables}
        return frozenset(variable.path for variable in _trained(self.model) if variable.path not in trained)

    def holding(self, weights: Mapping[str, Array]) -> Given | None:
        """A copy in float64 with other weights."""
        if type(self.model) not in (Functional, keras.Sequential):
            return None
        copy = self._copied()
        for mine, variable in zip(self.model.weights, copy.weights, strict=True):
            if mine.path in weights:
                variable.assign(weights[mine.path])
        return Given(copy)

    def wide(self) -> Given | None:
        """A copy of its layers in float64; itself where they are; None for a class of its own, which has no copy."""
        if self.dtype == "float64":
            return self
        if type(self.model) not in (Functional, keras.Sequential):
            return None
        return Given(self._copied())

    def _copied(self) -> keras.Model:
        copy = type(self.model).from_config(recast(self.model.get_config(), "float64"))
        copy.set_weights(self.model.get_weights())
        return copy

    def places(self, result: Imported) -> dict[str, Places]:
        """Where the numbers of each canonical weight stand among all of `weights`, one after the other.

        A copy is read again with numbers that say where they stand; what is no such number stands nowhere.
        """
        wide = self.wide()
        if wide is None:
            return {}
        before, at = [(variable, np.array(variable)) for variable in wide.model.weights], 0
        try:
            for variable, array in before:
                variable.assign((MARK + at + np.arange(array.size)).reshape(array.shape))
                at += array.size
            marked = read(wide.model, None).weights
        finally:
            for variable, array in before:
                variable.assign(array)
        found = {name: array.astype(np.float64) - MARK for name, array in marked.items() if name in result.weights}
        return {
            n: a.astype(np.int64)
            for n, a in found.items()
            if (a == np.floor(a)).all() and a.min() >= 0 and a.max() < at
        }

    def _image(self, x: Array) -> tf.Tensor:
        inputs = getattr(self.model, "inputs", None)
        kind = inputs[0].dtype if inputs else self.model.compute_dtype
        return tf.constant(rearranged(np.asarray(x), BATCH["torch"], BATCH["tf"]), dtype=kind)


def _trained(model: keras.Model) -> list[Any]:
    """The variables that are no statistics, frozen or not."""
    found: list[Any] = []
    for layer in every_layer(model):
        kinds = ("moving_mean", "moving_variance", "seed_generator_state")
        found += [v for v in layer._trainable_variables if v.name not in kinds and v.trainable is not None]
    known = {id(v) for v in model.weights}
    return [variable for variable in {id(v): v for v in found}.values() if id(variable) in known]


@contextmanager
def _kept(model: keras.Model) -> Iterator[None]:
    """Put statistics back afterwards."""
    before = [(variable, np.array(variable)) for variable in model.non_trainable_variables]
    try:
        yield
    finally:
        for variable, value in before:
            variable.assign(value)


@contextmanager
def _without_dropout(model: keras.Model) -> Iterator[list[float]]:
    """With dropout that hands on what it is given; its rates."""
    rates = {layer: layer.rate for layer in every_layer(model) if isinstance(layer, DROPOUTS) and layer.rate}
    for layer in rates:
        layer.rate = 0.0
    try:
        yield list(rates.values())
    finally:
        for layer, rate in rates.items():
            layer.rate = rate


def _named(model: keras.Model, answer: Any) -> dict[str, Any]:
    """The tensors of an answer by name: the keys of a dict, else numbers, and nothing where there is one alone."""
    if isinstance(answer, Mapping):
        return dict(answer)
    if isinstance(answer, (list, tuple)):
        return {str(place): value for place, value in enumerate(answer)}
    return {"": answer}


def _canonical(value: Any) -> Array:
    found = np.array(value)
    return rearranged(found, BATCH["tf"], BATCH["torch"]) if found.ndim == 4 else found


def _like(value: tf.Tensor, seed: Array) -> tf.Tensor:
    given = rearranged(seed, BATCH["torch"], BATCH["tf"]) if seed.ndim == 4 else seed
    return tf.cast(tf.constant(given.reshape(value.shape)), value.dtype)
