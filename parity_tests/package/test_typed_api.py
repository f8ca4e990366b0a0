"""What people call first in Python: it works, or the error says what to call; and `read` of what `convert` reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import torch

import diptych
from diptych.common.weights import scrambled
from diptych.comparing.named import models_of

NAME = "lenet5_modern"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights with seven classes, a ResNet-18 with an MLP for a head, and a Keras model."""
    home = tmp_path_factory.mktemp("typed")
    weights = scrambled(diptych.spec(NAME, num_classes=7))
    torch.save({name: torch.tensor(array) for name, array in weights.items()}, home / "seven.pth")
    bare = {name: torch.tensor(array) for name, array in scrambled(diptych.spec("resnet18", num_classes=0)).items()}
    mlp = {"fc.0.weight": torch.ones(6, 512), "fc.0.bias": torch.ones(6), "fc.3.weight": torch.ones(2, 6)}
    torch.save(bare | mlp | {"fc.3.bias": torch.zeros(2)}, home / "mlp.pth")
    torch.save(bare | {"last_linear.weight": torch.ones(5, 512), "last_linear.bias": torch.ones(5)}, home / "own.pth")
    diptych.build(NAME, "keras", weights=home / "seven.pth").save(home / "seven.keras")
    return home


def test_the_path_of_weights_gives_the_model_that_they_are_of(folder: Path) -> None:
    torch_model = diptych.build(NAME, "PyTorch", weights=str(folder / "seven.pth"))
    keras_model = diptych.build("LeNet5-Modern", framework="TensorFlow", weights=folder / "seven.keras")
    images = np.random.default_rng(0).normal(size=(2, 1, 32, 32)).astype(np.float32)
    with torch.no_grad():
        one = torch_model.eval()(torch.tensor(images)).numpy()
    assert np.abs(one - np.asarray(keras_model(images.transpose(0, 2, 3, 1)))).max() < 1e-3 * np.abs(one).max()
    assert diptych.weights(folder / "seven.pth", diptych.spec(NAME, num_classes=7)).keys() == diptych.init(NAME).keys()
    assert diptych.export(NAME, folder / "seven.pth", folder / "seven.onnx").network == NAME


def test_a_net_takes_the_weights_of_a_file_that_is_its_own(folder: Path) -> None:
    net = diptych.spec(NAME, num_classes=7)
    assert isinstance(diptych.build(net, "torch", weights=folder / "seven.pth"), torch.nn.Module)
    with pytest.raises(diptych.DiptychError, match="num_classes=7, not lenet5_modern; build it by its name"):
        diptych.build(diptych.spec(NAME), "torch", weights=folder / "seven.pth")
    assert isinstance(diptych.build(net, "keras", dtype=torch.float64), keras.Model)  # type: ignore[arg-type]


READ: dict[Any, dict[str, Any]] = {  # a file, what is said of it: its options
    ("seven.pth",): {"num_classes": 7},
    ("seven.keras",): {"num_classes": 7},
    ("mlp.pth", ("network", "ResNet18"), ("head", "relu")): {"head": "linear:6,relu,linear:2"},
    ("mlp.pth", ("network", "resnet18"), ("num_classes", 0)): {"num_classes": 0},
    ("own.pth", ("network", "resnet18")): {"num_classes": 5},
}


@pytest.mark.parametrize("given", READ, ids=str)
def test_read_gives_the_network_and_the_weights_of_what_convert_reads(folder: Path, given: Any) -> None:
    net, weights = diptych.read(folder / given[0], **dict(given[1:]))
    options = dict(net.options)
    assert {key: options.get(key, READ[given][key]) for key in READ[given]} == READ[given]
    assert list(weights) == list(net.weights)


def _model() -> Any:
    return diptych.build(NAME, "torch")


ANSWERED: dict[str, tuple[Callable[[], Any], str]] = {
    "no framework": (lambda: diptych.build(NAME), "build('lenet5_modern', 'torch'), or build('lenet5_modern', 'keras'"),
    "jax": (lambda: diptych.build(NAME, "jax"), "there is no framework 'jax'; use 'torch' or 'tf'"),
    "a module for a framework": (lambda: diptych.build(NAME, torch), "there is no framework <module 'torch'"),  # type: ignore[arg-type]
    "pretrained": (lambda: diptych.build(NAME, "torch", pretrained=True), "diptych brings no pretrained weights"),
    "imagenet": (lambda: diptych.build(NAME, "torch", weights="imagenet"), "weights='imagenet' is no file: diptych"),
    "True": (lambda: diptych.build(NAME, "torch", weights=True), "diptych brings no pretrained"),  # type: ignore[arg-type]
    "3": (lambda: diptych.build(NAME, "torch", weights=3), "or the path of a file, such as"),  # type: ignore[arg-type]
    "gone": (lambda: diptych.build(NAME, "torch", weights="gone.pth"), "gone.pth does not exist"),
    "classes": (lambda: diptych.spec(NAME, classes=5), "no option 'classes'; say num_classes=5"),
    "in_chans": (lambda: diptych.build(NAME, "torch", in_chans=1), "say in_channels=1"),
    "input_shape": (lambda: diptych.spec(NAME, input_shape=(64, 48, 3)), "say input_size=(64, 48) (height, width)"),
    "NCHW": (lambda: diptych.spec(NAME, input_shape=(3, 64, 48)), "say input_size=(64, 48) (height, width)"),
    "include_top": (lambda: diptych.spec(NAME, include_top=False), "num_classes=0 is a network without its head"),
    "width_mult": (lambda: diptych.spec("mobilenet_v2", width_mult=0.5), "say width=0.5"),
    "typo": (lambda: diptych.spec("mobilenet_v2", widht=0.5), "did you mean width?"),
    "text": (lambda: diptych.spec(NAME, num_classes="5"), "not '5'"),  # type: ignore[arg-type]
    "a model": (lambda: diptych.build(_model(), "keras"), "diptych.read(model, example) gives"),
    "a class": (lambda: diptych.build(torch.nn.Module, "keras"), "a model of your own is read by"),  # type: ignore[arg-type]
    "convert model": (lambda: diptych.convert(_model()), "diptych.convert(model, 'out.keras', example=images)"),
    "convert file": (lambda: diptych.convert("a.pth"), "diptych.convert('a.pth', 'a.keras')"),
    "convert keras": (lambda: diptych.convert("a.keras"), "diptych.convert('a.keras', 'a.pth')"),
    "state dict": (lambda: diptych.convert({"w": 1}, "out.keras"), "torch.save(state_dict, 'in.pth')"),
    "check model": (lambda: diptych.check(_model()), "diptych.compare(one, other)"),
    "identify model": (lambda: diptych.identify(_model()), "identify takes the path of a file"),
    "read a name": (lambda: diptych.read("resnet50"), "is no file, but the name of a network"),
    "read options of a model": (lambda: diptych.read(_model(), head="relu"), "head: these are of files"),
    "family": (lambda: diptych.networks("resnets"), "did you mean 'resnet'"),
}


@pytest.mark.parametrize("case", ANSWERED)
def test_a_call_that_is_answered(case: str) -> None:
    call, said = ANSWERED[case]
    with pytest.raises(diptych.DiptychError) as raised:
        call()
    assert said in str(raised.value)


MISSING = {
    "create_model": "diptych.build('resnet50', 'torch') makes a model",
    "list_models": "diptych.networks('*v2*') a pattern",
    "load": "diptych.read(path) gives network and weights",
    "from_pretrained": "diptych.read(path)",
    "to_keras": "diptych.convert('in.pth', 'out.keras')",
    "onnx2tf": "diptych.deploy(net, weights, 'out.tflite')",
    "ResNet50": "diptych.build('resnet50', 'torch') makes the model, diptych.spec('resnet50') the network",
    "nonsense": "it has DiptychError, Net, build",
}


@pytest.mark.parametrize(("name", "said"), MISSING.items())
def test_a_name_of_another_library_is_answered_with_ours(name: str, said: str) -> None:
    with pytest.raises(AttributeError) as raised:
        getattr(diptych, name)
    assert said in str(raised.value)
    assert not hasattr(diptych, f"_{name}")


def test_networks_are_found_by_a_pattern() -> None:
    assert diptych.networks("*resnet50*") == [name for name in diptych.networks() if "resnet50" in name]
    assert diptych.networks("ResNet") == diptych.networks("resnet")


def test_files_are_opened_where_models_are_compared_and_checked(folder: Path) -> None:
    (one, other), weights = models_of(folder / "seven.pth", str(folder / "seven.keras"), None, None, {})
    assert (isinstance(one, torch.nn.Module), isinstance(other, keras.Model), weights) == (True, True, "as-is")
    assert diptych.check(str(folder / "seven.pth"), fast=True, gates=["structure"]).verdict != "different"
