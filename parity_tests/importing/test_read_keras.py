"""Keras models as people write them, read in memory and from files, and built in PyTorch."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import their_keras_models as models
from keras import layers
from keras_reading import agrees, held, named, scramble

import diptych
from diptych.common.errors import DiptychError
from diptych.common.importing.keras.activations import PLAIN
from diptych.common.importing.keras.inputs import AUGMENTATION

CASES: dict[str, tuple[Callable[[], keras.Model], dict[str, Any]]] = {
    "chain": (models.cnn, {}),
    "flattened": (lambda: models.cnn((12, 10)), {"sizes": ((12, 10),)}),
    "unet": (models.unet, {"sizes": ((24, 20), (32, 28))}),
    "backbone": (models.backbone, {}),
    "transfer": (models.transfer, {}),
    "functions": (models.functions, {}),
    "twice": (models.twice, {}),
    "shuffling": (models.shuffling, {"sizes": ((8, 10),)}),
}


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    """Keras in float64, with names that are numbered from the beginning."""
    before = keras.config.floatx()
    keras.backend.clear_session()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)


@pytest.mark.parametrize("name", CASES)
def test_a_model_is_read(name: str, tmp_path: Path) -> None:
    make, options = CASES[name]
    held(make(), tmp_path, frameworks=("torch", "tf"), **options)


def test_names_are_those_of_the_layers(tmp_path: Path) -> None:
    result = held(models.transfer(), tmp_path, sizes=((24, 20),))
    assert not result.renamed
    assert named(result)["backbone.dw.weight"] == (16, 1, 3, 3)
    assert named(result)["classes.bias"] == (4,)
    assert {call.block for call in result.net.root.walk()} >= {"Backbone"}
    assert result.notes == ("left out, as they do nothing in evaluation: RandomFlip (1), RandomContrast (1)",)


LAYERS: dict[str, Callable[[], list[layers.Layer]]] = {
    "relu of a small maximum": lambda: [layers.ReLU(0.3)],
    "relu with a slope and a maximum": lambda: [layers.ReLU(0.3, negative_slope=0.2)],
    "relu with a slope": lambda: [layers.ReLU(negative_slope=0.3)],
    "leaky relu": lambda: [layers.LeakyReLU()],
    "elu": lambda: [layers.ELU(0.3)],
    "softmax": lambda: [layers.Softmax()],
    "layer as activation": lambda: [layers.Conv2D(4, 3, activation=layers.LeakyReLU(0.4))],
    "vector to map": lambda: [layers.GlobalMaxPooling2D(), layers.Reshape((1, 1, 3)), layers.Conv2D(4, 1)],
    "kept axes": lambda: [layers.GlobalAveragePooling2D(keepdims=True), layers.Flatten(), layers.Dense(3)],
    "rows and columns": lambda: [layers.UpSampling2D((2, 3)), layers.MaxPooling2D((3, 2), (2, 1), padding="same")],
    "resizing": lambda: [layers.Resizing(30, 17, interpolation="nearest")],
    "scale for each channel": lambda: [layers.Rescaling([0.1, 0.2, 0.3], offset=0.7)],
    "scale as an array": lambda: [layers.Rescaling(np.array([0.1, 0.2, 0.3]))],
    "normalization by numbers": lambda: [layers.Normalization(mean=0.3, variance=0.7)],
    "scale and offset for each channel": lambda: [layers.Rescaling([0.1, 0.2, 0.3], offset=[0.7, -0.1, 0.2])],
    "root mean square": lambda: [layers.Conv2D(4, 3), layers.RMSNormalization()],
    "middle": lambda: [layers.CenterCrop(17, 20)],
    "noise": lambda: [layers.GaussianNoise(0.2), layers.SpatialDropout2D(0.3), layers.Conv2D(2, 1)],
    "groups": lambda: [layers.Conv2D(6, 3, groups=3), layers.GroupNormalization(-1), layers.LayerNormalization()],
} | {
    f"transposed {size}, {stride}, {padding}": partial(
        lambda *args: [layers.Conv2DTranspose(4, *args)], size, stride, padding
    )
    for size in (1, 2, 3, 4)
    for stride in (1, 2, 3)
    for padding in ("same", "valid")
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_read(name: str) -> None:
    model = keras.Sequential([keras.Input((24, 20, 3)), *LAYERS[name]()])
    scramble(model)
    agrees(diptych.read(model), model)


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_a_function_is_read(name: str) -> None:
    model = keras.Sequential([keras.Input((9, 7, 3)), layers.Conv2D(4, 3, activation=name)])
    scramble(model)
    agrees(diptych.read(model), model)


def test_bilinear_is_read_as_it_is_meant() -> None:
    model = models.unet("bilinear")
    scramble(model)
    agrees(diptych.read(model, np.zeros((1, 24, 20, 3))), model, tolerance=1e-5)  # TensorFlow resizes in float32


@pytest.mark.parametrize("kind", [kind for kind in sorted(AUGMENTATION) if hasattr(layers, kind)])  # not Keras 2's
def test_augmentation_does_nothing_in_evaluation(kind: str) -> None:
    make = getattr(layers, kind)
    given = {
        "RandomRotation": (0.1,), "RandomZoom": (0.1,), "RandomTranslation": (0.1, 0.1), "RandomContrast": (0.1,),
        "RandomBrightness": (0.1,), "RandomHue": (0.1,), "RandomSaturation": (0.1,), "RandomPosterization": (4,),
        "RandomSharpness": (0.1,), "RandomColorDegeneration": (0.1,),
    }  # fmt: skip
    keras.config.set_floatx("float32")
    images = np.random.default_rng(0).random((2, 8, 8, 3)).astype("float32")
    assert np.array_equal(make(*given.get(kind, ()))(images, training=False), images)


def test_a_call_as_in_training_is_said() -> None:
    image = keras.Input((9, 7, 3))
    trunk = keras.Sequential([layers.Conv2D(4, 3), layers.BatchNormalization()], name="trunk")
    x = layers.Dropout(0.5, name="always")(trunk(image, training=True), training=True)
    model = keras.Model(image, x)
    scramble(model)
    result = diptych.read(model)
    agrees(result, model)
    assert "it calls as in training: trunk, always" in result.notes[0]


def test_a_class_that_trains_in_evaluation_is_refused() -> None:
    with pytest.raises(DiptychError, match=r"Dropout: called as in training \(once, first in drop"):
        diptych.read(models.Unsure(), np.zeros((1, 12, 10, 3)))


def test_a_file_is_read_without_a_framework(tmp_path: Path) -> None:
    file = tmp_path / "model.keras"
    models.backbone().save(file)
    code = (
        "import sys, diptych; net, weights = diptych.read(sys.argv[1]); assert len(weights) == len(net.weights) > 5; "
        "print(sorted({'keras', 'tensorflow', 'torch'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_outputs_have_the_names_of_a_dict() -> None:
    image = keras.Input((9, 7, 3))
    x = layers.Conv2D(4, 3, name="conv")(image)
    net, _ = diptych.read(keras.Model(image, {"sharp": keras.ops.relu(x), "flat": keras.ops.tanh(x)}))
    assert net.output_names == ("sharp", "flat")


def test_a_class_is_read_by_a_symbolic_call() -> None:
    model = models.Subclassed()
    example = np.zeros((1, 12, 10, 3))
    model(example)
    scramble(model)
    result = diptych.read(model, example)
    agrees(result, model)
    assert not model.conv._inbound_nodes
    with pytest.raises(DiptychError, match="give a batch of images"):
        diptych.read(model)


def test_a_model_without_a_size_is_read_at_one() -> None:
    result = diptych.read(models.cnn())
    assert result.net.input_shape == (3, 224, 224)
    assert "any size" in result.notes[0]
    with pytest.raises(DiptychError, match="takes images of 12 x 10, not 24 x 20"):
        diptych.read(models.cnn((12, 10)), np.zeros((1, 24, 20, 3)))
