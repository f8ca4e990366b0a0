"""The names of YOLOv5's weight files, which are facts: how many there are, and some of them at known places."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

import diptych
from diptych.common.dialect import dialect
from diptych.common.registry import spec
from diptych.common.weights import init, scrambled
from diptych.files.dialects import in_dialect

SHAPE = {"model.24.anchors": (3, 3, 2), "model.24.anchor_grid": (3, 1, 3, 1, 1, 2)}
FACTS = {  # entries of a state dict, those that are no weights of ours, and names in it
    "yolov5n": (349, 1, ("model.0.conv.weight", "model.0.bn.bias", "model.8.m.0.cv1.bn.weight", "model.24.m.2.bias")),
    "yolov5m": (481, 1, ("model.8.cv3.bn.weight", "model.9.cv2.conv.weight", "model.13.m.1.cv2.bn.running_var")),
    "yolov5x": (745, 1, ("model.4.m.7.cv2.conv.weight", "model.18.conv.weight", "model.23.cv3.conv.weight")),
    "yolov5s_focus": (362, 2, ("model.0.conv.conv.weight", "model.0.conv.bn.bias", "model.9.cv1.bn.weight")),
    "yolov5l_focus": (650, 2, ("model.6.m.8.cv2.bn.weight", "model.8.cv2.conv.weight", "model.24.m.0.weight")),
}


@pytest.mark.parametrize("name", FACTS)
def test_a_state_dict_has_the_known_names(name: str) -> None:
    entries, beside, names = FACTS[name]
    net, found = spec(name), dialect("ultralytics", name)
    there = in_dialect(net, scrambled(net), {}, found)
    assert len(there) + beside == entries
    assert len(found.beside) == beside
    assert set(names) <= set(there)


@pytest.mark.parametrize("name", ["yolov5n", pytest.param("yolov5s_focus", marks=pytest.mark.slow)])
def test_a_file_with_its_anchors_is_converted(name: str, tmp_path: Path) -> None:
    net, found = spec(name), dialect("ultralytics", name)
    weights = init(net)
    arrays = in_dialect(net, weights, {}, found) | {key: np.ones(SHAPE[key], "float32") for key in found.beside}
    save_file(arrays, tmp_path / "in.safetensors")
    assert diptych.identify(tmp_path / "in.safetensors").names == (name,)
    report = diptych.convert(tmp_path / "in.safetensors", tmp_path / "out.npz")
    assert "model.24.anchors is left out: no output of the network depends on it" in str(report)
    with np.load(tmp_path / "out.npz") as back:
        assert all(np.array_equal(back[key], array) for key, array in weights.items())


def test_other_names_are_no_anchors(tmp_path: Path) -> None:
    net, found = spec("yolov5n"), dialect("ultralytics", "yolov5n")
    arrays = in_dialect(net, init(net), {}, found) | {"model.24.anchor": np.ones((3, 3, 2), "float32")}
    save_file(arrays, tmp_path / "in.safetensors")
    with pytest.raises(diptych.DiptychError, match=r"model\.24\.anchor "):
        diptych.convert(tmp_path / "in.safetensors", tmp_path / "out.npz")
