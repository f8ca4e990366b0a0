"""The names of YOLOv5's weight files, which are facts: how many there are, and some of them at known places."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

import diptych
from diptych.common.dialect import OWN, dialect
from diptych.common.dialects.yolov5 import anchors_said
from diptych.common.registry import spec
from diptych.common.spec import Array
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


PIXELS = ((10, 13), (16, 30), (33, 23)), ((30, 61), (62, 45), (59, 119)), ((116, 90), (156, 198), (373, 326))


def anchors(name: str, dtype: str = "float32") -> Array:
    """The anchors of the authors' configurations, as their files have them."""
    pixels = np.array(PIXELS, dtype)
    scaled = pixels / np.array([8, 16, 32], dtype).reshape(3, 1, 1) if name == "model.24.anchors" else pixels
    return scaled.reshape(SHAPE[name])


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
    arrays = in_dialect(net, weights, {}, found) | {key: anchors(key) for key in found.beside}
    save_file(arrays, tmp_path / "in.safetensors")
    assert diptych.identify(tmp_path / "in.safetensors").names == (name,)
    report = diptych.convert(tmp_path / "in.safetensors", tmp_path / "out.npz")
    for key in found.beside:
        assert f"{key} is left out: they are the detector's own, 10,13 16,30 33,23; 30,61 62,45 59,119; 116,90" in str(
            report
        )
    with np.load(tmp_path / "out.npz") as back:
        assert all(np.array_equal(back[key], array) for key, array in weights.items())


@pytest.mark.parametrize("name", SHAPE)
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_anchors_are_held_against_those_of_the_detector(name: str, dtype: str) -> None:
    own = anchors(name, dtype)
    assert "they are the detector's own" in anchors_said(name, own)
    moved = own.copy()
    moved.flat[17] *= 1.5
    said = anchors_said(name, moved)
    assert "but boxes do: they are NOT the detector's own. Decode with anchors 10,13 16,30 33,23; 30,61" in said
    assert "156,198 373,489 (width,height in pixels at stride 8, 16, 32)" in said
    assert "NOT" in anchors_said(name, own[::-1].copy())  # the levels the other way round
    assert "it has 24 numbers, where the detector has 9 anchors" in anchors_said(name, np.ones((4, 3, 2), dtype))


def test_trained_anchors_are_said_in_the_report(tmp_path: Path) -> None:
    net, found = spec("yolov5n"), dialect("ultralytics", "yolov5n")
    moved = anchors("model.24.anchors")
    moved[0, 0] = 1.5, 2.25
    save_file(in_dialect(net, init(net), {}, found) | {"model.24.anchors": moved}, tmp_path / "in.safetensors")
    report = diptych.convert(tmp_path / "in.safetensors", tmp_path / "out.npz", check=None)
    assert "Decode with anchors 12,18 16,30 33,23; 30,61 62,45" in str(report)
    assert "Decode with anchors 12,18 16,30" in report.report.read_text()


def test_other_names_are_no_anchors(tmp_path: Path) -> None:
    net, found = spec("yolov5n"), dialect("ultralytics", "yolov5n")
    arrays = in_dialect(net, init(net), {}, found) | {"model.24.anchor": np.ones((3, 3, 2), "float32")}
    save_file(arrays, tmp_path / "in.safetensors")
    with pytest.raises(diptych.DiptychError, match=r"model\.24\.anchor "):
        diptych.convert(tmp_path / "in.safetensors", tmp_path / "out.npz")


def test_a_training_checkpoint_of_a_whole_module_in_half_precision(tmp_path: Path) -> None:
    """As ultralytics saves one: a pickled module of an absent class, in half precision, and more beside it."""
    net, found = spec("yolov5n", num_classes=3), dialect("ultralytics", "yolov5n")
    weights = {name: array.astype("float16") for name, array in init(net).items()}
    arrays = in_dialect(net, weights, {}, found) | {"model.24.anchors": anchors("model.24.anchors", "float16")}
    with classes("models_of_ultralytics") as made:
        whole = module(arrays, made)
        beside = {"epoch": -1, "best_fitness": None, "ema": None, "updates": None, "optimizer": None, "opt": {"a": 1}}
        torch.save({**beside, "model": whole}, tmp_path / "yolov5n.pt")
    done = diptych.convert(tmp_path / "yolov5n.pt", tmp_path / "out.npz", check=None)
    assert (done.network, done.options, done.library) == ("yolov5n", {"num_classes": 3}, "ultralytics")
    for said in ("an object of models_of_ultralytics.Part, which was not made", "the detector's own, 10,13"):
        assert said in str(done)
    with np.load(tmp_path / "out.npz") as back:
        assert all(back[key].tobytes() == array.tobytes() for key, array in weights.items())
    assert "models_of_ultralytics" not in sys.modules


@contextmanager
def classes(home: str) -> Iterator[type[torch.nn.Module]]:
    """A class of modules in a Python module that is gone again afterwards."""
    sys.modules[home] = ModuleType(home)
    made = type("Part", (torch.nn.Module,), {"__module__": home})
    sys.modules[home].Part = made  # type: ignore[attr-defined]
    try:
        yield made
    finally:
        del sys.modules[home]


def module(arrays: dict[str, Array], kind: type[torch.nn.Module]) -> torch.nn.Module:
    """A tree of modules with these tensors, where the names say."""
    root = kind()
    for name, array in arrays.items():
        *path, last = name.split(".")
        place = root
        for part in path:
            if part not in place._modules:
                place.add_module(part, kind())
            place = place.get_submodule(part)
        tensor = torch.from_numpy(array)
        if last in ("weight", "bias"):
            place.register_parameter(last, torch.nn.Parameter(tensor))
        else:
            place.register_buffer(last, tensor)
    return root


def test_a_training_checkpoint_of_yolox(tmp_path: Path) -> None:
    """A state dict beside the optimizer's state."""
    net = spec("yolox_nano", num_classes=3)
    weights = init(net)
    state = {name: torch.from_numpy(array) for name, array in in_dialect(net, weights, {}, dialect(OWN, "")).items()}
    more = {"start_epoch": 3, "best_ap": 0.1, "curr_ap": 0.1, "optimizer": {"state": {}, "param_groups": []}}
    torch.save({"model": state, **more}, tmp_path / "latest_ckpt.pth")
    done = diptych.convert(tmp_path / "latest_ckpt.pth", tmp_path / "out.npz", check=None)
    assert (done.network, done.options) == ("yolox_nano", {"num_classes": 3})
    assert done.notes[0] == "the weights are under 'model'; left out: start_epoch, best_ap, curr_ap, optimizer"
    with np.load(tmp_path / "out.npz") as back:
        assert all(back[key].tobytes() == array.tobytes() for key, array in weights.items())
