"""Files in the names of a library: its own models take them, strictly, and are then the function of ours."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from references import Reference
from references.libraries import made
from selection import everyday, some

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
from stored import tensors

import diptych
from diptych import build
from diptych.common.compare import FLOAT64_TOLERANCE, difference
from diptych.common.dialect import dialect, dialects
from diptych.common.registry import network, spec
from diptych.common.spec import Array, Net
from diptych.common.weights import scrambled
from diptych.files import read, write


@pytest.fixture(autouse=True)
def _memory() -> Iterator[None]:
    """keras.applications makes its layers under the policy of the moment; no model outlives its test."""
    before = keras.config.dtype_policy()
    keras.backend.clear_session()
    yield
    keras.config.set_dtype_policy(before)
    gc.collect()


def source(folder: Path, net: Net, dtype: str = "float64") -> Path:
    """A file of ours in which every weight differs."""
    path = folder / "in.safetensors"
    write(path, net, {name: array.astype(dtype) for name, array in scrambled(net).items()}, {})
    return path


def images(net: Net, dtype: str = "float64") -> Array:
    """Two images (N, H, W, C), exact in float32; pixels where the network rescales them itself."""
    noise = np.random.default_rng(0).standard_normal((2, *net.input_shape[1:], net.input_shape[0]), dtype=np.float32)
    pixels = net.nodes[1].kind in ("rescale", "standardize")
    return (noise * 50 + 120 if pixels else noise).astype("float32").astype(dtype)


def in_torch(model: torch.nn.Module, batch: Array) -> Array:
    with torch.no_grad():
        answer = model.eval()(torch.from_numpy(np.ascontiguousarray(np.moveaxis(batch, -1, 1))))
    return np.asarray(answer.numpy())


def in_keras(model: Any, batch: Array) -> Array:
    return np.asarray(keras.ops.convert_to_numpy(model(batch, training=False)))


def same(got: Array, expected: Array, tolerance: float) -> None:
    assert expected.std() > 0
    measured, why = difference(got, expected)
    assert measured < tolerance, why


def application(name: str, size: tuple[int, int], **more: Any) -> Any:
    """A model of keras.applications ending in logits, in the precision of the policy."""
    found = dialect("keras.applications", name)
    make = getattr(keras.applications, found.name)
    model = make(input_shape=(*size, 3), classifier_activation=None, **found.arguments, **more)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Rescaling):
            layer.scale = np.array(layer.scale, np.float64)  # as a Python number it is rounded to float32
    return model


SMALLEST = {
    "resnet50.keras": (32, 33),
    "mobilenet_v3_small.keras": (32, 33),
    "densenet121.keras": (32, 33),
    "efficientnet_b0.keras": (32, 33),
    "xception.keras": (71, 72),
    "inception_v3.keras": (75, 76),
    "mobilenet_v1_025.keras": (32, 33),
}
EVERYDAY = ("mobilenet_v3_small.keras", "xception.keras")
SLOW = ("densenet121.keras", "efficientnet_b0.keras")
IN_KERAS = [item.network for item in dialects() if item.library == "keras.applications"]


def applications() -> Iterator[Any]:
    for name in IN_KERAS:
        marks = [] if name in EVERYDAY else [pytest.mark.slow if name in SLOW else pytest.mark.full]
        own = network(name).input_size if name.startswith("vgg") else network(name).check_sizes[0]
        yield pytest.param(name, SMALLEST.get(name) or own, marks=marks, id=name)


@pytest.mark.parametrize(("name", "size"), list(applications()))
def test_keras_applications_takes_the_file_as_its_own_weights(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    net = spec(name, input_size=size)
    file = tmp_path / "out.weights.h5"
    done = diptych.convert(source(tmp_path, net), file, name, to="keras", check=None)
    assert (done.to, done.bitwise, done.matched) == ("keras.applications", True, len(net.weights))
    keras.config.set_dtype_policy("float64")
    batch = images(net)
    got = in_keras(application(name, size, weights=str(file)), batch)
    same(got, in_torch(build(net, "torch", weights=scrambled(net), dtype="float64"), batch), FLOAT64_TOLERANCE)


@pytest.mark.full
@pytest.mark.xdist_group("vgg")
def test_a_size_at_which_the_library_has_other_weights_is_refused(tmp_path: Path) -> None:
    """Ours pools to 7x7 whatever the image; theirs flattens the map that there is."""
    net = spec("vgg16_d", input_size=(64, 48))
    with pytest.raises(diptych.DiptychError, match=r"keras\.applications\.VGG16"):
        diptych.convert(source(tmp_path, net, "float32"), tmp_path / "out.weights.h5", to="keras", check=None)


@pytest.mark.slow
def test_a_keras_model_of_another_size_and_number_of_classes(tmp_path: Path) -> None:
    net = spec("mobilenet_v3_small.keras", num_classes=7, input_size=(64, 48))
    file = tmp_path / "out.keras"
    diptych.convert(source(tmp_path, net), file, net.name, to="keras", input_size=(64, 48), num_classes=7)
    model = keras.saving.load_model(file)
    assert model.name == "MobileNetV3Small"
    assert model.input_shape == (None, 64, 48, 3)
    batch = images(net)
    ours = build(net, "torch", weights=scrambled(net), dtype="float64")
    same(in_keras(model, batch), in_torch(ours, batch), 1e-6)  # Keras rescales in float32
    back = diptych.convert(file, tmp_path / "back.safetensors", check=None)
    assert (back.network, back.library, back.options["num_classes"]) == (net.name, "keras.applications", 7)
    assert bits(tensors(tmp_path / "back.safetensors").arrays) == bits(tensors(tmp_path / "in.safetensors").arrays)


def bits(arrays: Mapping[str, Array]) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    return {name: (str(array.dtype), array.shape, array.tobytes()) for name, array in arrays.items()}


def state_bits(state: Mapping[str, torch.Tensor]) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    return bits({name: tensor.numpy() for name, tensor in state.items()})


def of_library(library: Any, name: str) -> torch.nn.Module:
    found = dialect(library, name)
    return made(Reference(name, library, found.name, dict(found.arguments)))


TAKEN = (
    ("timm", "efficientnet_b0"),
    ("timm", "mobilenet_v3_large.timm"),
    ("timm", "preresnet50.timm"),
    ("timm", "mnasnet_b1"),
    ("timm", "ghostnet_1_0"),
    ("torchvision", "mnasnet_b1"),
    ("torchvision", "mnasnet_0_5"),  # asks a state dict for its version, and has another stem for the first
    ("pytorchcv", "squeezenet1_1"),
)


@pytest.mark.parametrize(
    ("library", "name"),
    some(TAKEN, ("timm", "mobilenet_v3_large.timm"), ("torchvision", "mnasnet_0_5"), ("pytorchcv", "squeezenet1_1")),
)
def test_a_torch_library_takes_the_file_strictly(tmp_path: Path, library: str, name: str) -> None:
    net = spec(name) if library == "pytorchcv" else spec(name, input_size=network(name).check_sizes[0])
    file = tmp_path / "out.pth"
    done = diptych.convert(source(tmp_path, net), file, name, to=library, check=None)
    assert (done.to, done.matched) == (library, len(net.weights))
    model = of_library(library, name).double()
    model.load_state_dict(torch.load(file, weights_only=True), strict=True)
    batch = images(net)
    same(
        in_torch(model, batch),
        in_torch(build(net, "torch", weights=scrambled(net), dtype="float64"), batch),
        FLOAT64_TOLERANCE,
    )


ROUND_TRIPS = (
    ("torchvision", "resnet18"),
    ("torchvision", "mnasnet_b1"),
    ("timm", "efficientnet_b0"),
    ("timm", "preresnet50.timm"),
)


@pytest.mark.parametrize(("library", "name"), some(ROUND_TRIPS, ("torchvision", "resnet18")))
def test_a_librarys_state_dict_goes_to_keras_and_back(tmp_path: Path, library: str, name: str) -> None:
    """The library's own random weights; nobody says which network they are, or whose names they have."""
    torch.manual_seed(0)
    model = of_library(library, name)
    torch.save(model.state_dict(), tmp_path / "in.pth")
    asked = name if library == "torchvision" or name == "efficientnet_b0" else None  # several forms have these weights
    there = diptych.convert(tmp_path / "in.pth", tmp_path / "mid.keras", asked, check=None)
    assert there.network == name
    net = spec(name, input_size=network(name).check_sizes[0])
    ours = build(net, "tf", weights=read(tmp_path / "mid.keras").named(net))
    same(in_keras(ours, images(net, "float32")), in_torch(model, images(net, "float32")), 1e-4)
    back = diptych.convert(tmp_path / "mid.keras", tmp_path / "back.pth", to=library, check=None)
    assert (back.network, back.to) == (name, library)
    state = torch.load(tmp_path / "back.pth", weights_only=True)
    assert state_bits(state) == state_bits(model.state_dict())
    model.load_state_dict(state, strict=True)


BACK_TO_KERAS = (
    ("mobilenet_v3_small.keras", ".keras"),
    ("mobilenet_v1_025.keras", ".weights.h5"),
    ("xception.keras", ".weights.h5"),
)


@pytest.mark.parametrize(("name", "suffix"), some(BACK_TO_KERAS, BACK_TO_KERAS[0]))
def test_a_model_of_keras_applications_goes_to_torch_and_back(tmp_path: Path, name: str, suffix: str) -> None:
    size = SMALLEST[name]
    keras.utils.set_random_seed(0)
    model = application(name, size, weights=None)
    before, there, after = tmp_path / f"in{suffix}", tmp_path / "mid.pth", tmp_path / f"out{suffix}"
    (model.save if suffix == ".keras" else model.save_weights)(before)
    done = diptych.convert(before, there, check=None)
    assert (done.network, done.library) == (name, "keras.applications")
    net = spec(name, input_size=size)
    ours = build(net, "torch")
    ours.load_state_dict(torch.load(there, weights_only=True), strict=True)
    batch = images(net, "float32")
    same(in_torch(ours, batch), in_keras(model, batch), 1e-4)
    diptych.convert(there, after, to="keras", check=None)
    again = application(name, size, weights=str(after))
    assert [a.tobytes() for a in again.get_weights()] == [a.tobytes() for a in model.get_weights()]


def test_the_everyday_networks_of_keras_are_among_those_tried() -> None:
    assert set(SMALLEST) <= set(IN_KERAS)
    assert everyday() & set(SMALLEST)
