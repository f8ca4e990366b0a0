"""Weights that do not fit, and files that say the wrong thing about themselves: one clear error with every name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from refusal import NET, arrays, h5_bytes, refused, safetensors_file, torch_file
from safetensors.numpy import save_file

from diptych import build
from diptych.common.errors import FileError, WeightsError
from diptych.common.spec import Array


def test_weights_that_are_no_mapping_are_refused_with_what_was_expected() -> None:
    with pytest.raises(WeightsError, match=r"or the path of a file, such as .* of type list"):
        build("lenet5_modern", "torch", weights=["lenet.pth"])  # type: ignore[arg-type]
    with pytest.raises(FileError, match=r"lenet\.pth does not exist"):
        build("lenet5_modern", "torch", weights="lenet.pth")


@pytest.mark.parametrize("made", [torch_file, safetensors_file])
@pytest.mark.parametrize("network", [[], ["--network", "lenet5_modern"]])
@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"c3__bias": None}, "missing c3.bias 16"),
        ({"stray": np.zeros((2, 3), np.float32)}, "extra stray 2x3"),
        ({"c3__weight": np.zeros((16, 6, 3, 3), np.float32)}, "c3.weight has shape 16x6x3x3, expected 16x6x5x5"),
        ({"c1__weight": np.full((6, 1, 5, 5), np.nan, np.float32)}, "c1.weight holds 150 values that are NaN"),
        ({"f6__bias": np.zeros(84, np.int64)}, "f6.bias has dtype int64, expected floating point"),
    ],
)
def test_weights_that_do_not_fit_are_named(
    tmp_path: Path, made: Callable[[Path, dict[str, Array]], Path], network: list[str], changes: Any, complaint: str
) -> None:
    suffix = ".pth" if made is torch_file else ".safetensors"
    source = made(tmp_path / f"in{suffix}", arrays(**changes))
    error = refused(tmp_path, "convert", source, tmp_path / "out.pth", *network)
    assert complaint in error
    assert "lenet5_modern" in error
    assert str(source) in error


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda layers: layers.pop("c3"), "missing c3.weight 16x6x5x5; missing c3.bias 16"),
        (lambda layers: layers.update(extra=[np.zeros(3, np.float32)]), "extra extra.0 3"),
        (lambda layers: layers["c1"].append(np.zeros(3, np.float32)), "extra c1.2 3"),
        (
            lambda layers: layers["c5"].__setitem__(0, np.zeros((7, 120), np.float32)),
            "has shape 120x7",
        ),
        (lambda layers: layers["f6"][1].fill(np.inf), "f6.bias holds 84 values that are NaN or infinite"),
    ],
)
@pytest.mark.parametrize("network", [[], ["--network", "lenet5_modern"]])
def test_keras_weights_that_do_not_fit_are_named(
    tmp_path: Path, change: Callable[[dict[str, list[Array]]], Any], complaint: str, network: list[str]
) -> None:
    shapes = {"c1": (5, 5, 1, 6), "c3": (5, 5, 6, 16), "c5": (400, 120), "f6": (120, 84), "output": (84, 10)}
    layers = {name: [np.ones(s, np.float32), np.ones(s[-1], np.float32)] for name, s in shapes.items()}
    source = tmp_path / "in.weights.h5"
    change(layers)
    source.write_bytes(h5_bytes(layers))
    error = refused(tmp_path, "convert", source, tmp_path / "out.pth", *network)
    assert complaint in error
    assert "lenet5_modern" in error


def test_layer_names_of_another_keras_model_are_told_apart_from_ours(tmp_path: Path) -> None:
    source = tmp_path / "in.weights.h5"
    source.write_bytes(h5_bytes({"conv1_conv": [np.ones(3)], "conv1_bn": [np.ones(3)]}))
    error = refused(tmp_path, "convert", source, tmp_path / "out.pth")
    assert "its Keras layer names (conv1_conv, conv1_bn ...) are those of no registered network" in error


def test_names_of_another_checkpoint_are_told_apart_from_ours(tmp_path: Path) -> None:
    source = torch_file(tmp_path / "in.pth", {"encoder.q.weight": np.ones((3, 3), np.float32)})
    assert "(encoder.q.weight ...)" in refused(tmp_path, "convert", source, tmp_path / "out.pth")
    source = torch_file(tmp_path / "none.pth", {})
    assert "(none ...)" in refused(tmp_path, "convert", source, tmp_path / "out.pth")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ([1, 2, 3], "holds an object of type list, not a state dict"),
        ({"epoch": 3}, "'epoch' is of type int, expected a tensor"),
        ({"state_dict": {"fc.bias": "text"}}, "'fc.bias' is of type str, expected a tensor"),
    ],
)
def test_a_torch_file_without_tensors(tmp_path: Path, content: Any, complaint: str) -> None:
    import torch

    torch.save(content, tmp_path / "in.pth")
    assert complaint in refused(tmp_path, "convert", tmp_path / "in.pth", tmp_path / "out.pth")


def test_a_file_of_a_network_that_is_not_known(tmp_path: Path) -> None:
    save_file(arrays(), str(tmp_path / "in.safetensors"), {"diptych.network": "resnet999", "diptych.options": "{}"})
    error = refused(tmp_path, "convert", tmp_path / "in.safetensors", tmp_path / "out.pth")
    assert "in.safetensors names its network, but there is no network 'resnet999'" in error


@pytest.mark.parametrize("options", ["{", "[1]", '{"num_classes": "ten"}', '{"num_classes": -1}'])
def test_broken_options_in_a_file(tmp_path: Path, options: str) -> None:
    save_file(arrays(), str(tmp_path / "in.safetensors"), {"diptych.network": NET.name, "diptych.options": options})
    assert "in.safetensors: " in refused(tmp_path, "convert", tmp_path / "in.safetensors", tmp_path / "out.pth")
