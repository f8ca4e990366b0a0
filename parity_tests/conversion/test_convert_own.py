"""Models of somebody's own, converted: proven, written with their source, or refused with nothing left."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch
from command_line import run
from keras_reading import scramble
from refusal import refused
from torch import nn

import diptych
from diptych.common.errors import DiptychError
from diptych.common.ops.tanh import Tanh

SHAPE = (1, 3, 24, 20)


class Tiny(nn.Module):
    """A tiny network."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.bn, self.head = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> Any:
        return self.head(torch.relu(self.bn(self.conv(x))).mean((2, 3)))


CODE = f"""
import torch
from torch import nn

{
    '''class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.bn, self.head = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Linear(4, 2)

    def forward(self, x):
        return self.head(torch.relu(self.bn(self.conv(x))).mean((2, 3)))
'''
}
"""


def tiny_keras() -> keras.Model:
    layers = keras.layers
    chain = [layers.Conv2D(4, 3, activation="relu", name="conv"), layers.BatchNormalization(name="bn")]
    chain += [layers.GlobalAveragePooling2D(name="pool"), layers.Dense(2, activation="softmax", name="head")]
    model = keras.Sequential([keras.Input((None, None, 3)), *chain], name="tiny")
    scramble(model)
    return model


def images() -> Any:
    return np.random.default_rng(0).standard_normal((2, *SHAPE[1:]), dtype=np.float32)


def emitted(path: Path, name: str) -> Any:
    space: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(path.read_text(), str(path), "exec"), space)  # noqa: S102 - what is tested
    return space[name]


def test_a_module_becomes_a_keras_file_with_its_source(tmp_path: Path) -> None:
    module = Tiny().eval()
    done = diptych.convert(module, tmp_path / "out.keras", example=torch.zeros(SHAPE), gradients=True)
    said = str(done)
    assert "its meaning in NumPy, the PyTorch model, its emitted PyTorch file, the TensorFlow model" in said
    others = "the PyTorch module itself and those in PyTorch and those of the PyTorch module itself"
    assert f"against {others} in float64" in said
    assert "of 24x20 and of 57x69" in said
    x = images()
    with torch.no_grad():
        wanted = module(torch.from_numpy(x)).numpy()
    found = keras.models.load_model(tmp_path / "out.keras")(x.transpose(0, 2, 3, 1))
    assert np.allclose(np.asarray(found), wanted, atol=1e-6)
    assert "class Tiny(keras.Model):" in (tmp_path / "out.py").read_text()
    report = json.loads(done.report.read_text())
    assert report["emitted"]["class"] == "Tiny"
    assert len(report["proof"]["compared"]) == 14


def test_a_keras_file_becomes_a_state_dict_and_its_class(tmp_path: Path) -> None:
    model = tiny_keras()
    model.save(tmp_path / "in.keras")
    words = ("--example", "1x24x20x3", "--emit", tmp_path / "net.py")
    done = run("convert", tmp_path / "in.keras", tmp_path / "out.pth", *words)
    assert done.exit_code == 0, done.output
    assert "against the Keras model itself in float64" in done.stdout
    assert "read as a model: no network is it" in done.stdout
    module = emitted(tmp_path / "net.py", "Tiny")()
    module.load_state_dict(torch.load(tmp_path / "out.pth"))
    x = images()
    with torch.no_grad():
        found = module.eval()(torch.from_numpy(x)).numpy()
    assert np.allclose(found, np.asarray(model(x.transpose(0, 2, 3, 1), training=False)), atol=1e-6)


def test_code_with_weights_becomes_weights_that_the_class_loads(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CODE)
    module = Tiny().eval()
    module.bn.get_buffer("running_mean").add_(0.3)
    torch.save(module.state_dict(), tmp_path / "in.pth")
    words = ("--weights", tmp_path / "in.pth", "--example", "1x3x24x20")
    done = run("convert", f"{tmp_path / 'mine.py'}:Tiny", tmp_path / "out.weights.h5", *words)
    assert done.exit_code == 0, done.output
    assert f"{tmp_path / 'out.py'}: its source for TensorFlow, the class Tiny" in done.stdout
    made = emitted(tmp_path / "out.py", "Tiny")()
    made.build((None, 24, 20, 3))
    made.load_weights(tmp_path / "out.weights.h5")
    x = images()
    with torch.no_grad():
        wanted = module(torch.from_numpy(x)).numpy()
    assert np.allclose(np.asarray(made(x.transpose(0, 2, 3, 1))), wanted, atol=1e-6)


def test_a_file_with_its_network_inside_is_converted_again(tmp_path: Path) -> None:
    example = torch.zeros(SHAPE)
    done = diptych.convert(Tiny(), tmp_path / "own.safetensors", example=example, check=None)
    assert "not compared: the outputs" in str(done)
    net, weights = diptych.read(tmp_path / "own.safetensors")
    assert net == diptych.read(Tiny(), example).net
    again = diptych.convert(tmp_path / "own.safetensors", tmp_path / "again.npz", check=None)
    assert again.network == "Tiny"
    with np.load(tmp_path / "again.npz") as file:
        assert all(np.array_equal(file[name], array) for name, array in weights.items())


def test_another_function_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = diptych.read(Tiny(), torch.zeros(SHAPE))
    nodes = tuple(replace(node, op=Tanh()) if node.kind == "relu" else node for node in result.net.nodes)
    wrong = replace(result, net=replace(result.net, nodes=nodes))
    monkeypatch.setattr(importlib.import_module("diptych.conversion.own"), "read_model", lambda *_, **__: wrong)
    with pytest.raises(DiptychError, match="Tiny was read as another function: its meaning in NumPy and the PyTorch"):
        diptych.convert(Tiny(), tmp_path / "out.keras", example=torch.zeros(SHAPE))
    assert not list(tmp_path.iterdir())


def test_an_emitted_file_is_loaded_once_for_both_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, texts = importlib.import_module("diptych.torch_impl.emitted"), list[str]()
    load = vars(home)["model"]

    def counted(net: Any, source: Any, *given: Any) -> Any:
        texts.append(source.text)
        return load(net, source, *given)

    monkeypatch.setattr(home, "model", counted)
    done = diptych.convert(Tiny(), tmp_path / "out.npz", example=torch.zeros(SHAPE))
    assert "of 24x20 and of 57x69" in str(done)
    assert len(texts) == 1


def test_weights_that_do_not_fit_are_all_named(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(CODE)
    state = Tiny().state_dict()
    state["strange.weight"], state["head.weight"] = state.pop("conv.weight"), torch.zeros(5, 4)
    torch.save(state, tmp_path / "in.pth")
    words = ("--weights", tmp_path / "in.pth", "--example", "1x3x24x20")
    said = refused(tmp_path, "convert", f"{tmp_path / 'mine.py'}:Tiny", tmp_path / "out.keras", *words)
    assert "1 missing: conv.weight; 1 unexpected: strange.weight" in said
    assert "1 of another shape: head.weight (5x4, expected 2x4)" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mine.pth",), "mine.py is the source itself"),
        (("out.keras", "--emit", "{}/there.py"), "there.py exists already"),
        (("out.keras", "--emit", "{}/out.keras"), "is to be written twice"),
        (("out.keras", "--html", "{}/there.py"), "there.py exists already"),
        (("out.keras", "--suffix", ".npz"), "suffix is for files of registered networks"),
        (("out.keras", "--network", "resnet18"), "network is for files of registered networks"),
        (("out.keras", "--to", "timm"), "timm has no names for a model of your own"),
        (("out.strange",), "has no known suffix"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_code_is_run(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "mine.py").write_text("raise SystemExit('run')")
    (tmp_path / "there.py").write_text("")
    out, *rest = (word.format(tmp_path) for word in words)
    assert said in refused(tmp_path, "convert", f"{tmp_path / 'mine.py'}:Tiny", tmp_path / out, *rest)


def test_what_is_for_models_of_ones_own_is_refused_for_registered_networks(tmp_path: Path) -> None:
    net = diptych.spec("lenet5_modern")
    path = diptych.save(net, diptych.init(net), tmp_path / "in.safetensors")
    words = ("convert", path, tmp_path / "out.npz")
    assert "gradients is for a model of your own" in refused(tmp_path, *words, "--gradients")
    assert "--weights is for code" in refused(tmp_path, *words, "--weights", path)
