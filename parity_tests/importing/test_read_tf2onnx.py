"""Files that tf2onnx made of Keras models, written by `benchmarks/tf2onnx_files.py`: Keras's answers and its names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reading import TOLERANCE, built, difference

import diptych
from diptych.common.importing.imported import Imported

FOLDER = Path(__file__).parent / "tf2onnx"
FILES = sorted(path.stem for path in FOLDER.glob("*.onnx"))
KINDS = {
    "convnext": ("layer_norm", 3),
    "gates": ("hard_swish", 1),
    "groups": ("group_norm", 2),
    "residual": ("scale", 3),
    "slices": ("space_to_depth", 1),
    "unet": ("resize", 1),
}
"""An op that a graph writes out, and how many of it there are."""


def found(name: str) -> tuple[Imported, Any, list[Any]]:
    """What is read of a file, images in our order, and Keras's answers in that."""
    kept = np.load(FOLDER / f"{name}.npz")
    images = kept["images"].astype(np.float64).transpose(0, 3, 1, 2)
    answers = [kept[key] for key in kept.files if key.startswith("arr_")]
    wanted = [item.transpose(0, 3, 1, 2) if item.ndim == 4 else item for item in answers]
    return diptych.read(FOLDER / f"{name}.onnx", images), images, wanted


@pytest.mark.parametrize("name", FILES)
def test_it_answers_as_keras(name: str) -> None:
    result, images, wanted = found(name)
    assert difference(built(result, "torch", images), wanted) < TOLERANCE
    kinds = [node.kind for node in result.net.nodes]
    assert name not in KINDS or kinds.count(KINDS[name][0]) == KINDS[name][1]


@pytest.mark.parametrize("name", FILES)
def test_weights_are_named_after_keras_layers(name: str) -> None:
    result, _, _ = found(name)
    layers = set(np.load(FOLDER / f"{name}.npz")["layers"])
    others = [weight for weight in result.weights if weight.rpartition(".")[0] not in layers]
    assert others == (["split_2.weight", "split_2.bias"] if name == "attention" else [])  # one layer, two convolutions
    assert result.net.name == name


def test_it_is_built_in_keras() -> None:
    result, images, wanted = found("groups")
    assert difference(built(result, "tf", images), wanted) < TOLERANCE


def test_what_is_compared_can_differ() -> None:
    result, images, wanted = found("convnext")
    weights = {**result.weights, "norm2.bias": result.weights["norm2.bias"] + 1e-6}
    changed = Imported(result.net, weights)
    assert difference(built(changed, "torch", images), wanted) > 1e-8
