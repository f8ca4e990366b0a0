"""Functions between layers of Keras models: parts of values, constants of channels, joints; and vectors as maps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from keras_reading import agrees, scramble

import diptych
from diptych.common.errors import DiptychError
from diptych.common.ops.channel_gather import ChannelGather

FOUR = np.array([0.3, -1.7, 2.2, 0.9])


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    before = keras.config.floatx()
    keras.backend.clear_session()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "halves": lambda x: x[..., :2] * x[..., 2:],
    "one channel": lambda x: x[..., -3:-2] + x[:, :, :, 1:2],
    "channels backwards": lambda x: x[..., ::-1] * FOUR,
    "every other channel": lambda x: x[..., 1::2],
    "places and channels": lambda x: x[:, 1:-2, 3:, :3],
    "a stride": lambda x: x[:, 1:-1:2, ::3],
    "a stride of channels, too": lambda x: x[:, ::2, :, 1::2],
    "squares of a part": lambda x: ops.concatenate([x[:, i:8:2, j:10:2] for i in (0, 1) for j in (0, 1)], axis=-1),
    "no part": lambda x: x[:, :, :, :] * 2.0,
    "stacked": lambda x: ops.stack([x[..., 2], x[..., 0], x[..., 0]], axis=-1),
    "stacked values": lambda x: ops.stack([ops.mean(x, axis=-1), ops.relu(x)[..., 1]], axis=-1),
    "equal parts": lambda x: ops.multiply(*ops.split(x, 2, axis=-1)),
    "parts": lambda x: ops.concatenate(ops.split(x, [1, 3], axis=-1)[::-1], axis=-1),
    "attention to places": lambda x: x * ops.max(x, axis=-1, keepdims=True),
    "attention to channels": lambda x: x * ops.expand_dims(ops.mean(x, axis=(1, 2)), (1, 2)),
    "new axes": lambda x: x * ops.mean(x, axis=(1, 2))[:, None, None, :],
    "axes gone": lambda x: ops.squeeze(ops.mean(x, axis=(1, 2), keepdims=True), (1, 2)),
    "constants": lambda x: (x - FOUR) / FOUR + FOUR,
    "bounds": lambda x: ops.clip(x, -0.3, 0.7) + ops.maximum(x, 0.2) - ops.minimum(x, 0.1),
    "border": lambda x: ops.pad(x, [[0, 0], [1, 2], [3, 0], [0, 0]], mode="reflect"),
    "pools": lambda x: ops.average_pool(ops.max_pool(x, 3, 2), 2, padding="same"),
    "size": lambda x: ops.image.resize(x, (18, 14), interpolation="nearest"),
    "largest": lambda x: layers.Maximum()([x, -x, ops.tanh(x)]),
    "smallest": lambda x: layers.Minimum()([x, -x, ops.tanh(x)]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_read(name: str) -> None:
    image = keras.Input((9, 11, 3))
    model = keras.Model(image, FUNCTIONS[name](layers.Conv2D(4, 3, padding="same")(image)))
    scramble(model)
    agrees(diptych.read(model), model)


def test_squares_that_are_concatenated_are_one_op() -> None:
    """As a focus layer is written in Keras."""
    image = keras.Input((8, 6, 3))
    parts = [image[:, i::2, j::2] for j in (0, 1) for i in (0, 1)]
    model = keras.Model(image, layers.Conv2D(4, 3)(layers.Concatenate()(parts)))
    scramble(model)
    result = diptych.read(model)
    agrees(result, model)
    assert [node.op.kind for node in result.net.nodes] == ["input", "space_to_depth", "conv"]


def test_channels_that_are_stacked_are_one_op() -> None:
    """As `preprocess_input` of VGG and ResNet turns RGB into BGR."""
    image = keras.Input((9, 11, 3))
    model = keras.Model(image, ops.stack([image[..., 2], image[..., 1], image[..., 0]], axis=-1) - FOUR[:3])
    result = diptych.read(model)
    assert [node.op.kind for node in result.net.nodes] == ["input", "channel_gather", "channel_offset"]
    assert result.net.nodes[1].op == ChannelGather((2, 1, 0))
    agrees(result, model)


@pytest.mark.parametrize("shape", [(3, 2, 4), (1, 6, 4)])
def test_a_vector_becomes_a_map(shape: tuple[int, ...]) -> None:
    """As a generator and the second half of an autoencoder begin, with what stands between."""
    size = int(np.prod(shape))
    head = [layers.GlobalAveragePooling2D(), layers.Dense(size), layers.BatchNormalization(), layers.LeakyReLU()]
    up = layers.Conv2DTranspose(5, 3, strides=2, padding="same")
    model = keras.Sequential([keras.Input((9, 11, 3)), *head, layers.Reshape(shape), up])
    scramble(model)
    agrees(diptych.read(model), model, ("torch", "tf"))


def test_a_vector_becomes_a_map_by_channels_first() -> None:
    head = [layers.GlobalAveragePooling2D(), layers.Dense(24)]
    turned = [layers.Reshape((4, 2, 3)), layers.Permute((2, 3, 1)), layers.Conv2D(2, 2)]
    model = keras.Sequential([keras.Input((9, 11, 3)), *head, *turned])
    scramble(model)
    agrees(diptych.read(model), model, ("torch", "tf"))


WITHOUT: dict[str, Callable[[], layers.Layer]] = {
    "bias (zeros)": lambda: layers.BatchNormalization(center=False),
    "weight (ones)": lambda: layers.LayerNormalization(scale=False),
    "groups.bias (zeros)": lambda: layers.GroupNormalization(2, center=False, name="groups"),
    "groups.weight (ones)": lambda: layers.GroupNormalization(2, scale=False, name="groups"),
}


@pytest.mark.parametrize("said", WITHOUT)
def test_what_a_layer_does_without_is_filled_and_said(said: str) -> None:
    model = keras.Sequential([keras.Input((9, 11, 3)), layers.Conv2D(4, 3), WITHOUT[said]()])
    scramble(model)
    result = diptych.read(model)
    assert said in result.notes[0]
    agrees(result, model)


def test_a_map_as_a_vector_at_the_end_has_the_order_of_keras() -> None:
    model = keras.Sequential([keras.Input((9, 11, 3)), layers.Conv2D(4, 3), layers.Flatten(name="last")])
    scramble(model)
    result = diptych.read(model)
    assert not result.notes
    agrees(result, model, ("torch", "tf"))


STATISTICS: dict[str, tuple[Callable[[], layers.Layer], float]] = {
    "of channels": (lambda: layers.Normalization(), 1e-6),
    "of all": (lambda: layers.Normalization(axis=None), 1e-6),
}


@pytest.mark.parametrize("name", STATISTICS)
def test_statistics_that_were_measured_are_read(name: str, tmp_path: Path) -> None:
    make, tolerance = STATISTICS[name]
    layer = make()
    layer.adapt(np.random.default_rng(0).random((4, 9, 11, 3)) * [1.0, 90.0, 255.0])
    model = keras.Sequential([keras.Input((9, 11, 3)), layer])
    file = tmp_path / "model.keras"
    model.save(file)
    for source in (model, file):
        agrees(diptych.read(source), model, tolerance=tolerance)


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "rows backwards": (lambda x: x[:, ::-1], "GetItem: with rows or columns backwards"),
    "one row": (lambda x: layers.Dense(3)(x[:, 0]), "a value of 3 axes"),
    "rows split": (lambda x: ops.multiply(*ops.split(x[:, :8], 2, axis=1)), "Split: along another axis"),
    "border of channels": (
        lambda x: ops.pad(x, [[0, 0], [0, 0], [0, 0], [1, 1]], constant_values=1),
        "Pad: by 'constant'",
    ),
    "a layer in a layer": (lambda x: layers.SpectralNormalization(layers.Conv2D(4, 3))(x), "SpectralNormalization"),
    "a power of a value": (lambda x: ops.power(x, x), "Power: to a power that is computed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_memory_and_from_a_file(name: str, tmp_path: Path) -> None:
    make, said = REFUSED[name]
    image = keras.Input((9, 11, 4))
    model = keras.Model(image, make(image))
    file = tmp_path / "model.keras"
    model.save(file)
    for source in (model, file):
        with pytest.raises(DiptychError, match=said):
            diptych.read(source)
