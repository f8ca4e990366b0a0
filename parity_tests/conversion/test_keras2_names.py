"""Files of keras.applications from before Keras 2.3: other names, and for ResNet-50 another function."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from foreign import legacy, numbers
from hollow import hollow
from torch.nn import functional as F

from diptych.common.dialect import dialect
from diptych.common.reference import outputs
from diptych.common.registry import traced
from diptych.common.rewriting.forms import rewritten
from diptych.conversion.identify import identified
from diptych.conversion.keras_config import weighted_differences
from diptych.files import read
from diptych.files.layers import Layers

STAGES = {2: "abc", 3: "abcd", 4: "abcdef", 5: "abc"}


def old_resnet() -> Layers:
    """A file of weights of the old ResNet-50, of random numbers."""
    whole = hollow(traced("resnet50.keras2", {}), dialect("keras 2", "resnet50.keras2"), layers=True)
    assert isinstance(whole, Layers)
    draw = np.random.default_rng(0)

    def filled(name: str, arrays: list[Any]) -> list[Any]:
        if name.startswith("bn"):  # gamma, beta, mean, variance
            return [0.5 + draw.random(arrays[0].shape, np.float32), *(0.1 * draw.random(a.shape, np.float32)
                    for a in arrays[1:3]), 0.01 * draw.random(arrays[3].shape, np.float32)]  # fmt: skip
        scale = 1 / np.sqrt(np.prod(arrays[0].shape[:-1]))
        return [
            scale * (draw.random(arrays[0].shape, np.float32) - 0.4),
            0.1 * draw.random(arrays[1].shape, np.float32),
        ]

    return replace(whole, layers={name: filled(name, arrays) for name, arrays in whole.layers.items()})


def computed(file: Layers, x: torch.Tensor, pad: int) -> torch.Tensor:
    """What keras_applications 1.0.8 computes with these weights, by torch's functions in float64, up to the softmax."""

    def array(name: str, place: int) -> torch.Tensor:
        return torch.from_numpy(np.asarray(file.layers[name][place], np.float64))

    def conv(x: torch.Tensor, name: str, stride: int = 1, pad: int = 0) -> torch.Tensor:
        return F.conv2d(x, array(name, 0).permute(3, 2, 0, 1), array(name, 1), stride, pad)

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        gamma, beta, mean, variance = (array(name, place) for place in range(4))
        return F.batch_norm(x, mean, variance, gamma, beta, eps=1e-3)

    x = F.max_pool2d(F.pad(norm(conv(x, "conv1", 2, 3), "bn_conv1").relu(), (pad,) * 4), 3, 2)
    for stage, blocks in STAGES.items():
        for block in blocks:
            name, stride = f"{stage}{block}_branch", 2 if block == "a" and stage > 2 else 1
            y = norm(conv(x, f"res{name}2a", stride), f"bn{name}2a").relu()
            y = norm(conv(y, f"res{name}2b", pad=1), f"bn{name}2b").relu()
            y = norm(conv(y, f"res{name}2c"), f"bn{name}2c")
            x = (y + (norm(conv(x, f"res{name}1", stride), f"bn{name}1") if block == "a" else x)).relu()
    return x.mean((2, 3)) @ array("fc1000", 0) + array("fc1000", 1)


def test_the_old_resnet_50_is_what_keras_computed() -> None:
    file = old_resnet()
    found = identified(file, None, {})
    assert (found.net.name, found.library) == ("resnet50.keras2", "keras 2")
    assert any("names do not tell its pool" in note for note in found.notes)
    x, size = np.random.default_rng(1).standard_normal((1, 3, 35, 40)), {"input_size": (35, 40)}
    weights = found.checkpoint.named(found.net)
    theirs = computed(file, torch.from_numpy(x), pad=1).numpy()
    bound = 1e-10 * np.abs(theirs).max()
    assert np.abs(outputs(traced("resnet50.keras2", size), weights, x)[0] - theirs).max() < bound
    today = traced("resnet50.keras", size)
    assert np.abs(outputs(today, weights, x)[0] - theirs).max() > 1e6 * bound  # another epsilon
    assert np.abs(computed(file, torch.from_numpy(x), pad=0).numpy() - theirs).max() > 1e6 * bound
    moved, _ = rewritten([(traced("resnet50.keras2", size), today)], weights)
    assert np.abs(outputs(today, moved, x)[0] - theirs).max() < bound


@pytest.mark.parametrize("top", ["", "fc1000", "dense_7"])
def test_its_head_is_found(top: str) -> None:
    whole = hollow(traced("resnet50.keras2", {}), dialect("keras 2", "resnet50.keras2"), layers=True)
    assert isinstance(whole, Layers)
    layers = {name: arrays for name, arrays in whole.layers.items() if name != "fc1000"}
    layers |= {top: whole.layers["fc1000"]} if top else {}
    found = identified(replace(whole, layers=layers), None, {})
    assert found.net == traced("resnet50.keras2", {} if top else {"num_classes": 0})


@pytest.mark.parametrize(
    ("padded", "said"), [(True, []), (False, ["maxpool has pads (0, 0, 0, 0), expected (1, 1, 1, 1)"])]
)
def test_a_whole_model_says_how_it_pools(padded: bool, said: list[str]) -> None:
    pool = {"class_name": "MaxPooling2D", "config": {"padding": "valid"}, "inbound_nodes": [[["pool1_pad", 0, 0, {}]]]}
    zeros = {"class_name": "ZeroPadding2D", "config": {"padding": [[1, 1], [1, 1]]}}
    layers = {"pool1_pad": zeros if padded else {"class_name": "Activation", "config": {}}, "max_pooling2d_1": pool}
    assert weighted_differences(layers, traced("resnet50.keras2", {})) == said


def test_a_stroke_in_a_name_is_none_of_a_path(tmp_path: Path) -> None:
    """DenseNets of Keras 2 name their first layers conv1/conv and conv1/bn."""
    names = {"conv1/conv": {"conv1/conv/kernel:0": numbers(7, 7, 3, 64)}, "conv2_block1_0_bn": {"gamma:0": numbers(64)}}
    found = read(legacy(tmp_path / "in.h5", names))
    assert isinstance(found, Layers)
    assert list(found.layers) == list(names)
    item = dialect("keras 2", "densenet121.keras")
    assert [item.ours(name) for name in found.layers] == ["features.conv0", "features.denseblock1.denselayer1.norm1"]


@pytest.mark.parametrize("head", ["predictions", "fc1000"])
def test_densenets_of_keras_2(head: str) -> None:
    whole = hollow(traced("densenet121.keras", {}), dialect("keras 2", "densenet121.keras"), layers=True)
    assert isinstance(whole, Layers)
    layers = {head if name == "predictions" else name: arrays for name, arrays in whole.layers.items()}
    found = identified(replace(whole, layers=layers), None, {})
    assert (found.net, found.library) == (traced("densenet121.keras", {}), "keras 2")


def _counted(name: str) -> str:
    """A name as Keras 2 made it up, which counted from 1."""
    kind, _, number = name.rpartition("_")
    if name in ("conv2d", "batch_normalization"):
        return f"{name}_1"
    return f"{kind}_{int(number) + 1}" if kind in ("conv2d", "batch_normalization") else name


@pytest.mark.parametrize("name", ["inception_v3.keras", "xception.keras"])
def test_counters_from_one(name: str) -> None:
    whole = hollow(traced(name, {}), dialect("keras.applications", name), layers=True)
    assert isinstance(whole, Layers)
    found = identified(replace(whole, layers={_counted(n): arrays for n, arrays in whole.layers.items()}), None, {})
    assert found.net == traced(name, {})
