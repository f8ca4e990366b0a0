"""The Keras side is an ordinary functional model: plain files, graph, XLA, fit, features."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from selection import some

import diptych
from diptych.common.registry import network, traced
from diptych.common.weights import scrambled

FAMILIES = ["lenet5_1998", "resnet18", "mobilenet_v2", "shufflenet_v2_x1_0", "googlenet_bvlc_aux", "densenet121"]
QUICKEST = ("lenet5_1998", "resnet18", "googlenet_bvlc_aux")
"""A file of ops of the project's own, one of plain layers, one of several outputs."""
PLAINLY = [
    *FAMILIES,
    "lenet5_modern",
    "efficientnet_b0.keras",
    "mobilenet_v3_small.keras",
    "darknet19_cls",
    "hrnet_w18_small_v1_cls",
    "preresnet50.keras",
    "yolox_nano",
    "efficientdet_d0",
]

PLAIN = """
import sys
sys.modules["diptych"] = None  # importing it would raise
import keras, numpy as np
for line in sys.stdin:
    path, image, result = line.split("|")
    model = keras.models.load_model(path)
    outputs = model(np.load(image), training=False)
    outputs = list(outputs.values()) if isinstance(outputs, dict) else outputs
    np.savez(result.strip(), *(outputs if isinstance(outputs, (list, tuple)) else [outputs]))
"""


def made(name: str, dtype: Any = "float64") -> tuple[diptych.Net, keras.Model, np.ndarray]:
    net = diptych.spec(name, input_size=network(name).check_sizes[0])
    model = diptych.build(net, "tf", weights=scrambled(net), dtype=dtype)
    channels, height, width = net.input_shape
    return net, model, np.random.default_rng(0).standard_normal((2, height, width, channels)).astype(dtype)


def outputs(result: Any) -> list[np.ndarray]:
    result = list(result.values()) if isinstance(result, dict) else result
    return [np.array(value) for value in (result if isinstance(result, (list, tuple)) else [result])]


def assert_same(a: Any, b: Any, tolerance: float = 1e-12) -> None:
    for left, right in zip(outputs(a), outputs(b), strict=True):
        assert left.dtype == right.dtype
        assert np.abs(left - right).max() / np.abs(right).max() < tolerance


@pytest.mark.full
def test_files_predict_in_a_plain_keras(tmp_path: Path) -> None:
    """One process that cannot import diptych loads a file of each form; the others have the same layers, only more."""
    lines, expected = [], {}
    for name in PLAINLY:
        _, model, x = made(name, "float32")
        model.save(tmp_path / f"{name}.keras")
        np.save(tmp_path / f"{name}.npy", x)
        expected[name] = outputs(model(x, training=False))
        lines.append("|".join(str(tmp_path / name) + suffix for suffix in (".keras", ".npy", ".npz")))
        keras.backend.clear_session()
    run = subprocess.run([sys.executable, "-c", PLAIN], input="\n".join(lines), text=True, capture_output=True)
    assert run.returncode == 0, run.stderr[-2000:]
    for name in PLAINLY:
        found = list(np.load(tmp_path / f"{name}.npz").values())
        assert_same(found, expected[name], 1e-6)


@pytest.mark.slow
def test_the_plainly_loaded_files_hold_every_kind_of_layer() -> None:
    def kinds(names: list[str]) -> set[str]:
        return {node.kind for name in names for node in traced(name, {}).nodes}

    assert kinds(PLAINLY) == kinds(diptych.networks()) - {"mish"}  # only in YOLOv4, of 64 million weights


@pytest.mark.parametrize("name", some(FAMILIES, *QUICKEST))
def test_layers_are_built_in(name: str) -> None:
    _, model, _ = made(name)
    assert type(model) is keras.Model or type(model).__name__ == "Functional"
    assert {type(layer).__module__.partition(".")[0] for layer in model.layers} == {"keras"}


@pytest.mark.parametrize("name", some(FAMILIES, *QUICKEST))
def test_a_graph_gives_the_same_numbers(name: str) -> None:
    _, model, x = made(name)
    assert_same(tf.function(model)(x), model(x))


@pytest.mark.parametrize("name", some(FAMILIES, *QUICKEST[:2]))
def test_xla_gives_the_same_numbers(name: str) -> None:
    _, model, x = made(name)
    assert_same(tf.function(model, jit_compile=True)(x), model(x))


def test_it_fits() -> None:
    net = diptych.spec("resnet18", num_classes=4, input_size=32)
    model = diptych.build(net, "tf", weights=diptych.init(net))
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((16, 32, 32, 3)).astype("float32"), np.arange(16) % 4
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.SGD(0.02), loss=loss, jit_compile=False)
    before = diptych.weights(model, net)
    history = model.fit(x, y, batch_size=8, epochs=4, shuffle=False, verbose=0).history["loss"]
    after = diptych.weights(model, net)
    assert history[-1] < history[0]
    assert not np.array_equal(before["bn1.running_mean"], after["bn1.running_mean"])


def test_features_answer_by_node_and_block() -> None:
    net, model, x = made("resnet18")
    paths = ["layer1", "layer2.0.conv1", "maxpool"]
    found = diptych.build(net, "tf", weights=scrambled(net), dtype="float64", features=paths)(x)
    assert list(found) == paths
    last = model.get_layer("layer1.1.relu_1").output
    assert_same(found["layer1"], keras.Model(model.inputs[0], last)(x))
    assert found["maxpool"].shape[-1] == 64


@pytest.mark.parametrize("name", some(FAMILIES, *QUICKEST))
def test_float64_is_float64_throughout(name: str) -> None:
    _, model, x = made(name)
    assert {variable.dtype for variable in model.weights} == {"float64"}
    assert all(value.dtype == np.float64 for value in outputs(model(x)))


def test_building_twice_gives_the_same_names() -> None:
    names = [[layer.name for layer in made("googlenet_bvlc")[1].layers] for _ in range(2)]
    assert names[0] == names[1]
