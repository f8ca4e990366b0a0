"""A Keras model as it is given; see `common.comparing.given`."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.models.functional import Functional

from ..common.comparing.given import Pass, call_name, call_of
from ..common.comparing.places import Places
from ..common.errors import DiptychError
from ..common.importing.imported import Imported
from ..common.importing.lines import caller
from ..common.layouts import BATCH, rearranged
from ..common.spec import Array, Net
from .calls import patched, without_dropout
from .classes import every_layer, named_weights, path_of, said
from .cloned import counting_in, draws, remade
from .importing.inlined import leaves
from .importing.lines import MODELS, OTHERS, lines_of
from .importing.read import read
from .resized import other_size

EXACT = 1 << 22
"""Up to what float32 has numbers that end in a half."""
MARK = 1000.5
"""Added to places, so that no constant of a layer is taken for one."""

SEED = "seed_generator_state"
CALLS = itertools.count(1)
COPIES = 2
"""Of how many other sizes a copy is made at most: each takes as long as building the model, and shares its weights."""


class Given:
    """A Keras model, called as its users call it: what it does in evaluation is `model(x)`."""

    framework = "tf"
    trains = False

    def __init__(self, model: keras.Model, names: Sequence[str] = (), policy: str | None = None) -> None:
        """Of a copy, `names` are those of the variables of the model: Keras may name others.

        `policy` is its dtype then, for the layers without weights that its code makes in each call.
        """
        self.model, self.policy = model, policy
        self.names = list(names) or list(named_weights(model))
        unbuilt = not model.weights and any(not layer.built for layer in every_layer(model))
        if not model.built or unbuilt:  # `build` of a class of one's own may leave the layers inside without weights
            raise DiptychError(f"the Keras model {model.name} has no weights yet; call it once with a batch of images")
        kinds = {name for layer in every_layer(model) for name in (layer.compute_dtype, layer.variable_dtype)}
        kinds |= {tensor.dtype for tensor in getattr(model, "inputs", None) or ()}  # an input may round the images
        self.dtype = kinds.pop() if len(kinds) == 1 else "mixed"
        self.lines = {call_of(path, number): line for (path, number), line in lines_of(model)}
        self._others: dict[tuple[int, int], keras.Model | None] = {}
        self._copies: dict[str, Given | None] = {}

    def outputs(self, x: Array) -> dict[str, Array]:
        """What it answers in evaluation; its statistics are put back."""
        with _kept(self):
            return {name: _canonical(value) for name, value in _named(self.model, self.model(self._image(x))).items()}

    def meaning(self) -> tuple[Net, dict[str, Array]] | None:
        """None: it is somebody's model."""
        return None

    def step(self, x: Array, seeds: Sequence[Array], training: bool, turn: int = 0) -> Pass:
        """One pass forward and back, with dropout off."""
        image, weights = self._image(x), {self._name(variable): variable.value for variable in self.model.weights}
        trained = {self._name(variable): variable.value for variable in _trained(self.model)}
        with _kept(self, turn), without_dropout(self.model) as rates, tf.GradientTape() as tape:
            states = [(v, np.array(v)) for v in self.model.non_trainable_variables if SEED in v.path]
            tape.watch([image, *trained.values()])
            answer = self.model(image, training=True) if training else self.model(image)
            outputs = _named(self.model, answer)
            pairs = zip(outputs.values(), seeds, strict=False)
            loss = tf.add_n([tf.reduce_sum(value * _like(value, seed)) for value, seed in pairs])
            buffers = {name: np.array(value) for name, value in weights.items() if name not in trained}
            added = float(sum(map(float, self.model.losses)))
            drawn = draws(self.model) or any(not np.array_equal(state, value) for state, value in states)
        sources = [image, *trained.values()]
        first, *rest = tape.gradient(loss, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        gradients = {name: np.array(tf.convert_to_tensor(rest.pop(0))) for name in trained}
        done = {name: _canonical(value) for name, value in outputs.items()}
        slope = rearranged(np.array(first), BATCH["tf"], BATCH["torch"])
        return Pass(done, slope, gradients, buffers, tuple(rates), drawn, added)

    def in_training(self, x: Array, turn: int) -> dict[str, Array]:
        """What it answers in training, with dropout off."""
        with _kept(self, turn), without_dropout(self.model):
            answer = _named(self.model, self.model(self._image(x), training=True))
            return {name: _canonical(value) for name, value in answer.items()}

    def seen(self, x: Array, training: bool) -> dict[str, Array]:
        """What each layer hands on."""
        found: dict[str, Array] = {}
        noted = _noted(dict(leaves(self.model)), found, self.lines)
        with _kept(self), without_dropout(self.model), noted:
            self.model(self._image(x), training=True) if training else self.model(self._image(x))
        return found

    def at(self, height: int, width: int) -> Given | None:
        """The model where it takes images of this size, else a copy with the same weights."""
        stated = tuple(self.model.inputs[0].shape[1:3]) if getattr(self.model, "inputs", None) else (None, None)
        if all(size in (None, wanted) for size, wanted in zip(stated, (height, width), strict=True)):
            return self
        if type(self.model) not in (Functional, keras.Sequential):
            return None
        if (height, width) not in self._others and len(self._others) == COPIES:
            return None
        if (height, width) not in self._others:
            self._others[height, width] = other_size(self.model, height, width)
        copy = self._others[height, width]
        return None if copy is None else Given(copy, self.names, self.policy)

    def _name(self, variable: Any) -> str:
        return self._known[id(variable)]

    @cached_property
    def _known(self) -> dict[int, str]:
        return {id(variable): name for name, variable in zip(self.names, self.model.weights, strict=True)}

    def weights(self) -> dict[str, Array]:
        """Its variables by their paths."""
        return {name: np.array(variable) for name, variable in zip(self.names, self.model.weights, strict=True)}

    def trained(self) -> frozenset[str]:
        """The paths of its variables but for statistics."""
        return frozenset(map(self._name, _trained(self.model)))

    def penalties(self) -> dict[str, str]:
        """The variables, and the layers whose answers, have a regularizer."""
        kinds = {self._name(v): getattr(v, "regularizer", None) for v in self.model.trainable_variables}
        kinds |= {layer.path: getattr(layer, "activity_regularizer", None) for layer in every_layer(self.model)}
        return {path: said(kind) for path, kind in kinds.items() if kind is not None}

    def constraints(self) -> dict[str, str]:
        """The variables that each step of training brings back within bounds."""
        kinds = {self._name(v): getattr(v, "constraint", None) for v in self.model.trainable_variables}
        return {path: said(kind) for path, kind in kinds.items() if kind is not None}

    def sizes(self) -> dict[str, int]:
        """How many numbers each of its variables has."""
        return {name: int(np.prod(item.shape)) for name, item in zip(self.names, self.model.weights, strict=True)}

    def paths(self) -> dict[str, float]:
        """Dropout of whole images at once, which Keras has for a layer that leaves out branches by chance."""
        return {layer.name: rate for layer in every_layer(self.model) if (rate := path_of(layer))}

    def frozen(self) -> frozenset[str]:
        """The variables of layers that are not trained, but for statistics."""
        trained = {id(variable) for variable in self.model.trainable_variables}
        return frozenset(self._name(variable) for variable in _trained(self.model) if id(variable) not in trained)

    def holding(self, weights: Iterable[tuple[str, Array]]) -> Given | None:
        """The copy in float64 with other weights."""
        copy = self._copied("float64")
        if copy is None:
            return None
        named = dict(zip(self.names, copy.model.weights, strict=True))
        for name, array in weights:
            named[name].assign(array)
        return copy

    @contextmanager
    def lending(self, copy: Given) -> Iterator[Given]:
        """The model itself with the weights of a copy of it: a copy has no patches, and no policy, of an instance."""
        own = list[tuple[Any, Array]]()
        try:
            for variable, theirs in zip(self.model.weights, copy.model.weights, strict=True):
                before = np.array(variable)
                if not np.array_equal(before, wanted := np.array(theirs).astype(before.dtype)):  # else it is kept once
                    own.append((variable, before))
                    variable.assign(wanted)
            (lent := Given(self.model, self.names))._copies["float64"] = copy
            yield lent
        finally:
            for variable, value in own:
                variable.assign(value)

    def wide(self) -> Given | None:
        """A copy in float64; itself where it is of that; None for a class that does not say how it is made."""
        return self if self.dtype == "float64" else self._copied("float64")

    def narrow(self) -> Given | None:
        """A copy in float32; None for a class of its own that does not say how it is made."""
        return self._copied("float32")

    def _copied(self, dtype: str) -> Given | None:
        """The one copy in a dtype; None for what cannot be made again."""
        if dtype not in self._copies:
            try:
                self._copies[dtype] = Given(remade(self.model, dtype), self.names, dtype)
            except Exception:  # noqa: BLE001 - whatever a layer of somebody's own raises when it is made again
                self._copies[dtype] = None
        return self._copies[dtype]

    def places(self, result: Imported) -> dict[str, Places]:
        """Where the numbers of each canonical weight stand among all of `weights`, one after the other.

        A copy, or a class of its own itself, is read again with numbers that say where they stand; what is no such
        number stands nowhere.
        """
        wide = self.wide() or self
        before, at = [(variable, np.array(variable)) for variable in wide.model.weights], 0
        if wide.dtype != "float64" and sum(array.size for _, array in before) > EXACT:
            return {}
        channels, height, width = map(int, result.net.input_shape)
        try:
            for variable, array in before:
                variable.assign((MARK + at + np.arange(array.size)).reshape(array.shape))
                at += array.size
            marked = read(wide.model, np.zeros((1, height, width, channels), np.float32), opaque=True).weights
        finally:
            for variable, array in before:
                variable.assign(array)
        found = dict[str, Places]()
        for name in [name for name in marked if name in result.weights]:
            array = marked.pop(name).astype(np.float64) - MARK  # one after the other: all of them are a model
            if (array == np.floor(array)).all() and array.min() >= 0 and array.max() < at:
                found[name] = Places.of(array.astype(np.int64))
        return found

    def _image(self, x: Array) -> tf.Tensor:
        inputs = getattr(self.model, "inputs", None)
        kind = inputs[0].dtype if inputs else self.model.compute_dtype
        return tf.constant(rearranged(np.asarray(x), BATCH["torch"], BATCH["tf"]), dtype=kind)


def _trained(model: keras.Model) -> list[Any]:
    """The variables that are no statistics, frozen or not."""
    found: list[Any] = []
    for layer in every_layer(model):
        kinds = ("moving_mean", "moving_variance", SEED)
        found += [v for v in layer._trainable_variables if v.name not in kinds and v.trainable is not None]
    known = {id(v) for v in model.weights}
    return [variable for variable in {id(v): v for v in found}.values() if id(variable) in known]


@contextmanager
def _noted(layers: Mapping[str, Any], found: dict[str, Array], lines: dict[str, str]) -> Iterator[None]:
    """Note what layers hand on; a `call` of an instance's own, such as a patch, is part of it and stays."""

    def noting(path: str, call: Any) -> Any:
        def noted(*args: Any, **kwargs: Any) -> Any:
            value = call(*args, **kwargs)
            if tf.is_tensor(value):
                called = call_name(path, found)
                found[called] = _canonical(value)
                lines.setdefault(called, caller(OTHERS, MODELS) or f"{path} ({type(layers[path]).__name__})")
            return value

        return noted

    with patched({layer: noting(path, layer.call) for path, layer in layers.items()}):
        yield


@contextmanager
def _kept(given: Given, turn: int = 0) -> Iterator[None]:
    """Put statistics and the state of random numbers back afterwards, and the policy that layers are made by."""
    before = [(variable, np.array(variable)) for variable in given.model.non_trainable_variables]
    for variable, value in before:
        if variable.name == SEED:
            variable.assign(value + (next(CALLS) << 8) + turn)  # other numbers in each call, so that noise shows
    own = keras.config.dtype_policy()
    keras.config.set_dtype_policy(given.policy or own)
    try:
        with counting_in(given.dtype):
            yield
    finally:
        keras.config.set_dtype_policy(own)
        for variable, value in before:
            variable.assign(value)


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
