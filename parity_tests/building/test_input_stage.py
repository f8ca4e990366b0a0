"""EfficientNet of keras.applications standardises its images itself: its mean and variance go wherever weights go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from selection import some
from stored import tensors

import diptych
from diptych.common.errors import SpecError
from diptych.common.spec import Array, Net
from diptych.common.weights import init, scrambled
from diptych.files import read, write
from diptych.tf_impl.backend import cast
from diptych.tf_impl.build import build

FIXED = ("normalization.mean", "normalization.variance")


@pytest.fixture(scope="module")
def net() -> Net:
    return diptych.spec("efficientnet_b0.keras", input_size=(64, 48), num_classes=5)


@pytest.fixture(scope="module")
def small() -> Net:
    return diptych.spec("efficientnet_b0.keras", input_size=(64, 48), num_classes=5, width=0.25, depth=0.3)


@pytest.fixture(scope="module")
def images() -> Array:
    return np.random.default_rng(0).uniform(0, 255, (2, 64, 48, 3)).astype("float32")


def close(ours: Array, theirs: Array) -> bool:
    return bool(np.abs(ours - theirs).max() < 1e-5 * np.abs(theirs).max())


@pytest.mark.parametrize("suffix", some([".keras", ".weights.h5"], ".keras"))
def test_a_file_keeps_mean_and_variance(tmp_path: Path, suffix: str, small: Net, images: Array) -> None:
    weights = scrambled(small)
    path = tmp_path / f"model{suffix}"
    write(path, small, weights, {})
    expected = build(small, weights)(images).numpy()

    found = read(path).named(small)
    assert found.keys() == weights.keys() > set(FIXED)
    assert all(np.array_equal(found[name], weights[name]) for name in weights)

    plain = keras.saving.load_model(path) if suffix == ".keras" else build(small, init(small))
    if suffix != ".keras":
        assert not close(plain(images).numpy(), expected)  # not `predict`, which keeps what it was traced with
        plain.load_weights(path)
    assert close(plain.predict(images, verbose=0), expected)


@pytest.mark.slow
def test_a_file_of_keras_itself_is_identified(tmp_path: Path, net: Net) -> None:
    """Without what diptych writes beside a model; the layer's count of images is no weight."""
    weights = scrambled(net)
    build(net, weights).save(tmp_path / "in.keras")
    done = diptych.convert(tmp_path / "in.keras", tmp_path / "out.safetensors")
    assert (done.network, done.options) == (net.name, {"num_classes": 5, "input_size": (64, 48)})
    arrays = tensors(tmp_path / "out.safetensors").arrays
    assert all(np.array_equal(arrays[name], weights[name]) for name in FIXED)


def test_a_copy_computes_with_its_own_mean_and_variance(small: Net, images: Array) -> None:
    """`set_weights` alone leaves layers.Normalization with the old numbers, in Keras 3.15."""
    model = build(small, scrambled(small))
    expected = model(images).numpy()
    copy = type(model).from_config(model.get_config())
    copy.set_weights(model.get_weights())
    assert not close(copy(images).numpy(), expected)
    assert close(cast(model, small, "float64")(images).numpy(), expected)


def test_training_leaves_mean_and_variance(small: Net, images: Array) -> None:
    model = build(small, scrambled(small))
    before = diptych.weights(model, small)
    model.compile(optimizer="sgd", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=False)
    model.train_on_batch(images, np.array([0, 1]))
    after = diptych.weights(model, small)
    assert all(np.array_equal(before[name], after[name]) for name in FIXED)
    assert not np.array_equal(before["features.0.0.weight"], after["features.0.0.weight"])
    torch_model = diptych.build(small, "torch", weights=before)
    assert set(FIXED) <= dict(torch_model.named_buffers()).keys()


def test_the_factors_of_imagenet_need_three_channels() -> None:
    assert "rescaling_1" in {node.path for node in diptych.spec("efficientnet_b0.keras", imagenet=True).nodes}
    with pytest.raises(SpecError, match="3 factors take a map of as many channels, not"):
        diptych.spec("efficientnet_b0.keras", imagenet=True, in_channels=1)


@pytest.mark.parametrize(
    ("option", "value"), [("width", 0.0), ("depth", 0.0), ("depth", -1.0), ("width", float("nan"))]
)
def test_a_network_of_no_width_or_depth_is_refused(option: str, value: Any) -> None:
    with pytest.raises(SpecError, match="positive"):
        diptych.spec("efficientnet_b0", **{option: value})
