"""A Keras model of somebody's own, as it is itself: its weights, what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.models import functional
from keras.src.models.functional import Functional

from ..common.errors import DiptychError
from ..common.importing.imported import Imported
from ..common.importing.original import IMAGE, Original
from ..common.layouts import BATCH, rearranged
from ..common.spec import Array, Net
from ..common.text import shape_text
from .backend import like, nchw
from .importing.read import read
from .settings import copied

HOMES: dict[str, Any] = {
    "keras": keras,
    "keras.initializers": keras.initializers,
    "keras.layers": keras.layers,
    "keras.models": keras.models,
    "keras.regularizers": keras.regularizers,
    "keras.src.models.functional": functional,
    "keras.src.models.sequential": keras.models,
}
"""The modules whose classes are made from a file, which only name functions and numbers."""
RUNNING = ("Lambda", "TorchModuleWrapper", "TFSMLayer", "JaxLayer", "FlaxLayer")
"""Layers that run what a file says."""


def completed(model: keras.Model, result: Imported) -> Imported:
    """What was read of a model: Keras has no state dict to write again."""
    return result


def load(model: keras.Model, arrays: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give a model the variables of its layers, by "outer/inner"; what does not fit, by kind.

    The variables of a layer are in its own order. Where anything does not fit nothing is given.
    """
    layers = {path: (layer, own) for path, layer in _layers(model, "") if (own := _own(layer))}
    both = {path: [np.asarray(a) for a in arrays[path]] for path in layers if path in arrays}
    misfits = [f"{path} ({_sizes(found)}, expected {_sizes(layers[path][1])})" for path, found in both.items()
               if [a.shape for a in found] != [a.shape for a in layers[path][1]]]  # fmt: skip
    problems = {"missing": [path for path in layers if path not in arrays]}
    problems |= {"unexpected": [path for path, found in arrays.items() if path not in layers and len(found)]}
    problems |= {"of another shape": misfits}
    if not any(problems.values()):
        for path, found in both.items():
            layers[path][0].load_own_variables({str(index): array for index, array in enumerate(found)})
    return problems


def original(model: keras.Model, result: Imported, example: Any, dtype: str, seed: int = 0) -> Original | None:
    """A copy of the model in another dtype, each number a little off; None for a class of its own, which has no copy.

    What is read of the copy must be the same network, with the copy's numbers.
    """
    if type(model) not in (Functional, keras.Sequential):
        return None
    try:
        copy = copied(model, dtype)
    except Exception:  # noqa: BLE001 - whatever a layer of somebody's own raises when it is made from its config
        return None
    random = np.random.default_rng(seed)
    for mine, variable in zip(model.variables, copy.variables, strict=True):
        variable.assign(_moved(np.asarray(mine), random))
    again = read(copy, example)
    if again.net != result.net:
        raise DiptychError(f"{result.net.name} is another network in {dtype}; please report it")

    def outputs(x: Array) -> tuple[Array, ...]:
        found = keras.tree.flatten(copy(_images(copy, x), training=False))
        pairs = zip(result.net.outputs, found, strict=True)
        return tuple(nchw(result.net.nodes[index], np.array(value)) for index, value in pairs)

    def gradients(x: Array, cotangents: Sequence[Array]) -> dict[str, Array]:
        image, own = _slopes(copy, _images(copy, x), cotangents, result.net)
        # A second copy has the gradients for its numbers, so that the reader says whose they are, and in which order.
        slopes = copied(model, dtype)
        for variable, value in zip(slopes.variables, own, strict=True):
            variable.assign(value)
        read_of = read(slopes, example).weights
        filled = {name for name, array in result.weights.items() if np.array_equal(array, again.weights[name])}
        trained = [n for n, w in result.net.weights.items() if w.kind == "trainable" and n not in filled]
        return {IMAGE: rearranged(image, BATCH["tf"], BATCH["torch"])} | {name: read_of[name] for name in trained}

    return Original(again.weights, outputs, gradients)


def _images(model: keras.Model, x: Array) -> Any:
    return tf.constant(rearranged(x, BATCH["torch"], BATCH["tf"]), dtype=model.inputs[0].dtype)


def _slopes(model: keras.Model, images: Any, cotangents: Sequence[Array], net: Net) -> tuple[Array, list[Array]]:
    """The gradients of a model's image, and of its variables in their own order; what is no fraction stays."""
    moved = [variable for variable in model.variables if "float" in variable.dtype]
    with tf.GradientTape() as tape:
        tape.watch([images, *(variable.value for variable in moved)])
        found = keras.tree.flatten(model(images, training=False))
        pairs = zip(net.outputs, found, cotangents, strict=True)
        loss = tf.add_n([tf.reduce_sum(value * like(net.nodes[i].flattened, value, c)) for i, value, c in pairs])
    sources = [images, *(variable.value for variable in moved)]
    image, *rest = tape.gradient(loss, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    slopes = {variable.path: np.array(tf.convert_to_tensor(slope)) for variable, slope in zip(moved, rest, strict=True)}
    return np.array(image), [slopes.get(variable.path, np.array(variable)) for variable in model.variables]


def of_config(entry: Mapping[str, Any]) -> keras.Model | None:
    """The model of the config of a file, made by Keras; None where the config names anything but parts of Keras.

    A file is another person's: what would run code of its own, or is of another version of Keras, is not made.
    """
    stated = {key: value for key, value in entry.items() if key != "compile_config"}
    if not _is_plain(stated):
        return None
    try:
        made = keras.saving.deserialize_keras_object(stated, safe_mode=True)
    except Exception:  # noqa: BLE001 - whatever Keras raises over the config of another version
        return None
    return made if type(made) in (Functional, keras.Sequential) else None


def _is_plain(value: Any) -> bool:
    """Whether all that is named in a config is a class of Keras that only computes."""
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if not isinstance(value, dict):
        return True
    kind, home = value.get("class_name"), value.get("module")
    if kind is not None and kind != "__keras_tensor__":
        known = HOMES.get(home) if isinstance(home, str) else None
        if known is None or kind in RUNNING or not isinstance(getattr(known, str(kind), None), type):
            return False
        if value.get("registered_name") not in (None, "", kind):
            return False
    return all(map(_is_plain, value.values()))


def _moved(array: Any, random: np.random.Generator) -> Any:
    """Numbers that are a little off, so that no 0 and no 1 hides anything; what is no fraction stays."""
    if not np.issubdtype(array.dtype, np.floating):
        return array
    noise = random.standard_normal(array.shape)
    return np.abs(array * (1 + 0.1 * noise) + 0.02) if array.min(initial=1) >= 0 else array + 0.02 * noise


def _layers(model: keras.Model, outer: str) -> Iterator[tuple[str, Any]]:
    for layer in model.layers:
        path = f"{outer}{layer.name}"
        yield path, layer
        if isinstance(layer, keras.Model):
            yield from _layers(layer, f"{path}/")


def _own(layer: Any) -> list[Any]:
    """The variables that a layer saves itself."""
    if isinstance(layer, keras.Model):
        return []
    found: dict[str, Any] = {}
    layer.save_own_variables(found)
    return [np.asarray(found[str(index)]) for index in range(len(found))]


def _sizes(arrays: Sequence[Any]) -> str:
    return " and ".join(shape_text(array.shape) or "a number" for array in arrays)
