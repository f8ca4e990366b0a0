"""What diptych writes for Darknet, others read: libreyolo and OpenCV make the same maps of the same file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from darknet_files import NETWORKS, written
from references import libreyolo_models
from selection import placed

from diptych.common.compare import FLOAT64_TOLERANCE, difference
from diptych.common.registry import spec
from diptych.common.spec import Array, Net
from diptych.common.weights import Weights, scrambled
from diptych.files import read
from diptych.files.darknet import cfg_text
from diptych.torch_impl.build import build

OURS_EPS, OPENCV_EPS = 1e-5, 1e-6
FLOAT32_TOLERANCE = 1e-4
SIZE = (64, 96)
CASES = [placed(name, name, id=name) for name in NETWORKS]


def image_of(net: Net) -> Array:
    return np.random.default_rng(0).standard_normal((2, *map(int, net.input_shape)))


def maps(net: Net, weights: Weights, image: Array) -> list[Array]:
    """Our outputs in float64."""
    with torch.no_grad():
        found = build(net, weights, "float64")(torch.from_numpy(image))
    return [tensor.numpy() for tensor in (found.values() if isinstance(found, dict) else found)]


def same(got: list[Array], expected: list[Array], tolerance: float) -> bool:
    assert len(got) == len(expected) > 1
    assert all(one.std() > 0 for one in expected)
    return all(difference(one, two)[0] <= tolerance for one, two in zip(got, expected, strict=True))


@pytest.mark.parametrize("name", CASES)
def test_libreyolo_reads_the_file_and_makes_the_same_maps(name: str, tmp_path: Path) -> None:
    net = spec(name, num_classes=3, input_size=SIZE)
    path = written(tmp_path / "a.weights", net)
    image = image_of(net)
    expected = maps(net, scrambled(net), image)
    theirs = libreyolo_models.loaded(NETWORKS[name], path, num_classes=3)
    with torch.no_grad():
        got = [item.numpy() for item in theirs(torch.from_numpy(image))]
    assert same(got, expected, FLOAT64_TOLERANCE)


def test_libreyolo_writes_a_file_and_diptych_reads_it(tmp_path: Path) -> None:
    net = spec("yolov4_tiny", num_classes=3, input_size=SIZE)
    theirs: Any = libreyolo_models.made("yolov4-tiny", num_classes=3)
    generator = torch.Generator().manual_seed(5)
    for tensor in theirs.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand(tensor.shape, generator=generator) / 8 + 1 / 16)
    path = tmp_path / "a.weights"
    path.write_bytes(libreyolo_models.saved(theirs))
    state = theirs.state_dict()
    found = read(path).named(net)
    for ours, there in (("backbone.conv1.bn.running_var", "layers.0.bn.running_var"),
                        ("head_s16.conv2.bias", "layers.36.conv.bias"),
                        ("backbone.stages.1.conv3.conv.weight", "layers.13.conv.weight")):  # fmt: skip
        np.testing.assert_array_equal(found[ours], state[there].numpy())


@pytest.mark.parametrize("name", CASES)
def test_opencv_reads_both_files_and_makes_the_same_maps(name: str, tmp_path: Path) -> None:
    """OpenCV divides by sqrt(variance + 1e-6): its file has variances that are 9e-6 larger than ours."""
    import cv2

    net = spec(name, num_classes=3, input_size=SIZE)
    weights = scrambled(net)
    shift = np.float32(OURS_EPS - OPENCV_EPS)
    theirs = {key: array + shift if key.endswith("running_var") else array for key, array in weights.items()}
    path, cfg = written(tmp_path / "a.weights", net, theirs), tmp_path / "a.cfg"
    cfg.write_text(cfg_text(net))
    model: Any = cv2.dnn.readNetFromDarknet(str(cfg), str(path))
    image = image_of(net)
    model.setInput(image.astype("f4"))
    linear = [layer for layer in model.getLayerNames() if layer.startswith("conv_")]
    outputs = _linear(cfg.read_text())
    assert {f"conv_{number}" for number in outputs} <= set(linear)
    got = [model.forward(f"conv_{number}") for number in outputs]
    assert same([item.astype("f8") for item in got], maps(net, weights, image), FLOAT32_TOLERANCE)


def test_another_order_of_numbers_is_another_function(tmp_path: Path) -> None:
    """A fault planted: shifts and scales of one layer change places."""
    net = spec("yolov4_tiny", num_classes=3, input_size=SIZE)
    weights = scrambled(net)
    one, two = "backbone.conv2.bn.bias", "backbone.conv2.bn.weight"
    path = written(tmp_path / "a.weights", net, {**weights, one: weights[two], two: weights[one]})
    theirs = libreyolo_models.loaded("yolov4-tiny", path, num_classes=3)
    image = image_of(net)
    with torch.no_grad():
        got = [item.numpy() for item in theirs(torch.from_numpy(image))]
    assert not same(got, maps(net, weights, image), 1e-3)


def _linear(text: str) -> list[int]:
    """The numbers of the sections before [yolo]."""
    kinds = [line for line in text.splitlines() if line.startswith("[")][1:]
    return [number - 1 for number, kind in enumerate(kinds) if kind == "[yolo]"]
