"""Keras models against what `diptych.read` makes of them, in memory and from files: in float64, scrambled weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from reading import TOLERANCE, difference

import diptych
from diptych import backends
from diptych.common.importing.imported import Imported
from diptych.common.spec import Array, Net
from diptych.emission import emitted

SIZES = ((24, 20), (33, 26))
SUFFIXES = (".keras", ".h5")


def scramble(model: keras.Model, seed: int = 0) -> None:
    """Give a model numbers that hide nothing: no scale of 1, no offset or mean of 0."""
    random = np.random.default_rng(seed)
    for variable in [*model.trainable_variables, *model.non_trainable_variables]:
        noise, shape = random.standard_normal(tuple(variable.shape)), tuple(variable.shape)
        if not str(variable.dtype).startswith("float"):
            continue
        if len(shape) > 1:
            inside = np.prod(shape[:2]) if "depthwise" in variable.path else np.prod(shape[:-1])
            variable.assign(noise * np.sqrt(2 / inside))
        elif variable.path.endswith(("gamma", "variance", "alpha")):
            variable.assign(1 + 0.2 * np.abs(noise))
        else:
            variable.assign(0.2 * noise + 0.05)


def outputs(model: keras.Model, net: Net, images: Array) -> list[Array]:
    """What a Keras model answers to images (N, C, H, W), its maps as (N, C, H, W)."""
    answer = keras.tree.flatten(model(images.transpose(0, 2, 3, 1), training=False))
    found = [np.asarray(item) for item in answer]
    return [item.transpose(0, 3, 1, 2) if item.ndim == 4 else item for item in found]


def images_of(net: Net) -> Array:
    return np.random.default_rng(3).standard_normal((2, *net.input_shape))


def agrees(
    result: Imported, model: keras.Model, frameworks: tuple[str, ...] = ("torch",), tolerance: float = TOLERANCE
) -> None:
    """Hold the models that are built of a Net to the model that it was read of."""
    net, weights = result
    images = images_of(net)
    wanted = outputs(model, net, images)
    for framework in frameworks:
        built = diptych.build(net, framework, weights=weights, dtype="float64")
        found = list(backends.get(framework).outputs(built, net, images))
        assert difference(found, wanted) < tolerance, framework
    assert Net.from_json(net.to_json()) == net
    assert emitted(net, "torch").text


def held(
    model: keras.Model,
    path: Path,
    sizes: tuple[tuple[int, int], ...] = SIZES,
    frameworks: tuple[str, ...] = ("torch",),
    suffixes: tuple[str, ...] = SUFFIXES,
) -> Imported:
    """Hold what is read of a model in memory, and of its files, to the model at each size."""
    scramble(model)
    files = [path / f"model{suffix}" for suffix in suffixes]
    for file in files:
        model.save(file)
    channels = model.input_shape[-1]
    for size in sizes:
        example = np.zeros((1, *size, channels))
        result = diptych.read(model, example)
        assert result.net.input_shape == (channels, *size)
        agrees(result, model, frameworks)
        for file in files:
            again = diptych.read(file, example)
            assert again.net == result.net
            assert {name: array.tobytes() for name, array in again.weights.items()} == {
                name: array.tobytes() for name, array in result.weights.items()
            }
            assert again.notes == result.notes
    return result


def named(result: Imported) -> dict[str, Any]:
    return {name: tuple(array.shape) for name, array in result.weights.items()}
