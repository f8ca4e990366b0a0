"""The source's own graph is run: names and weights of a network around another function are no file of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import pytest

from diptych import convert, spec, verify
from diptych.common.errors import DiptychError
from diptych.common.weights import scrambled
from diptych.conversion.own_report import OwnConversion
from diptych.deployment.export import export

NAME = "mobilenet_v1_025.keras"
L = keras.layers


@pytest.fixture(scope="module")
def application() -> Any:
    """A model of keras.applications whose maps are above 6, too."""
    model, random = keras.applications.MobileNet((64, 64, 3), 0.25, weights=None, classes=7), np.random.default_rng(0)
    for variable in model.weights:
        if variable.name == "gamma":
            variable.assign(random.uniform(2, 6, variable.shape))
    return model


def changed(model: Any, make: Any) -> Any:
    """The model with some layers of another kind in their places, and its weights."""
    copy = keras.models.clone_model(model, clone_function=lambda x: make(x) or type(x).from_config(x.get_config()))
    copy.set_weights(model.get_weights())
    return copy


def unclamped(layer: Any) -> Any:
    return L.ReLU(name=layer.name) if isinstance(layer, L.ReLU) else None


def highest(layer: Any) -> Any:
    pool = isinstance(layer, L.GlobalAveragePooling2D)
    return L.GlobalMaxPooling2D(keepdims=layer.keepdims, name=layer.name) if pool else None


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_the_graph_of_a_network_is_run_beside_it(application: Any, tmp_path: Path, ending: str) -> None:
    application.save(tmp_path / f"a.{ending}")
    done = convert(tmp_path / f"a.{ending}", tmp_path / "a.pth")
    assert done.network == NAME
    assert done.not_compared == ()
    assert any("own graph was run, too: the same" in note for note in done.notes)
    found = verify(tmp_path / "a.pth")
    assert found.passed, found


@pytest.mark.parametrize(("make", "said"), [(unclamped, "is relu, relu6 in"), (highest, "adaptive_max_pool")])
def test_another_function_with_the_weights_of_a_network_is_converted_as_it_is(
    application: Any, tmp_path: Path, make: Any, said: str
) -> None:
    changed(application, make).save(tmp_path / "a.keras")
    done = convert(tmp_path / "a.keras", tmp_path / "a.pth")
    assert isinstance(done, OwnConversion)
    assert said in " ".join(done.notes)
    assert done.measured is not None
    assert done.emitted == tmp_path / "a.py"


def test_asked_for_by_name_it_is_refused(application: Any, tmp_path: Path) -> None:
    changed(application, unclamped).save(tmp_path / "a.keras")
    with pytest.raises(DiptychError, match=r"own graph is another function: .* is relu, relu6 in"):
        convert(tmp_path / "a.keras", tmp_path / "a.pth", NAME)
    assert [path.name for path in tmp_path.iterdir()] == ["a.keras"]


def test_an_onnx_graph_is_run_too(tmp_path: Path) -> None:
    """Another pool with the same weights is another function."""
    net = spec("mobilenet_v1_025", num_classes=7, input_size=(64, 64))
    export(net, scrambled(net), tmp_path / "a.onnx")
    done = convert(tmp_path / "a.onnx", tmp_path / "a.keras")
    assert any("own graph was run, too: the same" in note for note in done.notes), done
    model = onnx.load(tmp_path / "a.onnx")
    (pool,) = (node for node in model.graph.node if node.op_type == "GlobalAveragePool")
    pool.op_type = "GlobalMaxPool"
    onnx.save(model, tmp_path / "b.onnx")
    with pytest.raises(DiptychError, match=r"own graph is another function: .*global_avg_pool"):
        convert(tmp_path / "b.onnx", tmp_path / "b.keras", "mobilenet_v1_025")
