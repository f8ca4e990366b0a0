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
from diptych.common.dialects.yolov5 import ANCHOR_GRID, ANCHORS
from diptych.common.registry import spec, traced
from diptych.common.spec import Array
from diptych.common.weights import init
from diptych.detecting.opened import opened
from diptych.files.content import Content
from diptych.files.dialects import in_dialect

SHAPE = {"model.24.anchors": (3, 3, 2), "model.24.anchor_grid": (3, 1, 3, 1, 1, 2)}
BUFFERS = {"model.24.anchors": ANCHORS, "model.24.anchor_grid": ANCHOR_GRID}
FACTS = {  # entries of a state dict, numbers in buffers that are no weights or counters, and names in it
    "yolov5n": (349, 18, ("model.0.conv.weight", "model.0.bn.bias", "model.8.m.0.cv1.bn.weight", "model.24.m.2.bias")),
    "yolov5s": (349, 18, ("model.0.bn.weight", "model.8.m.0.cv1.conv.weight", "model.24.m.2.weight")),
    "yolov5m": (481, 18, ("model.8.cv3.bn.weight", "model.9.cv2.conv.weight", "model.13.m.1.cv2.bn.running_var")),
    "yolov5l": (613, 18, ("model.8.cv2.conv.weight", "model.8.cv2.bn.weight", "model.24.m.2.bias")),
    "yolov5x": (745, 18, ("model.4.m.7.cv2.conv.weight", "model.18.conv.weight", "model.23.cv3.conv.weight")),
    "yolov5s_focus": (362, 36, ("model.0.conv.conv.weight", "model.0.conv.bn.bias", "model.9.cv1.bn.weight")),
    "yolov5m_focus": (506, 36, ("model.0.conv.conv.weight", "model.8.cv1.bn.weight", "model.24.m.2.weight")),
    "yolov5l_focus": (650, 36, ("model.6.m.8.cv2.bn.weight", "model.8.cv2.conv.weight", "model.24.m.0.weight")),
    "yolov5x_focus": (794, 36, ("model.6.m.10.cv2.bn.weight", "model.6.m.10.cv2.bn.bias", "model.24.m.2.bias")),
}
"""Measured of the authors' models of v6.0 and v5.0."""


PIXELS = ((10, 13), (16, 30), (33, 23)), ((30, 61), (62, 45), (59, 119)), ((116, 90), (156, 198), (373, 326))


def anchors(name: str, dtype: str = "float32") -> Array:
    """The anchors of the authors' configurations, as their files have them."""
    pixels = np.array(PIXELS, dtype)
    scaled = pixels / np.array([8, 16, 32], dtype).reshape(3, 1, 1) if name == "model.24.anchors" else pixels
    return scaled.reshape(SHAPE[name])


@pytest.mark.parametrize("name", FACTS)
def test_what_is_written_is_the_authors_state_dict(name: str) -> None:
    """By names, and by how many numbers are beside weights, statistics and counters: those of anchors."""
    entries, buffers, names = FACTS[name]
    net, found = traced(name, {}), dialect("ultralytics", name)
    hollow = {key: np.broadcast_to(np.float32(0), tuple(map(int, w.shape))) for key, w in net.weights.items()}
    there = Content(net, hollow, dialect=found).tensors()
    known = in_dialect(net, hollow, {}, found)
    beside = {key: array for key, array in there.items() if key not in known}
    assert len(there) == entries
    assert set(names) <= set(there)
    assert sum(array.size for array in beside.values()) == buffers
    assert {key: array.shape for key, array in beside.items()} == {key: SHAPE[key] for key in beside}
    assert all(np.array_equal(array, anchors(key)) and array.dtype == np.float32 for key, array in beside.items())


def test_a_network_without_its_head_has_no_anchors() -> None:
    net = spec("yolov5n", num_classes=0)
    there = Content(net, init(net), dialect=dialect("ultralytics", "yolov5n")).tensors()
    assert there
    assert not any(key.startswith("model.24.") for key in there)


@pytest.mark.parametrize("name", ["yolov5n", pytest.param("yolov5s_focus", marks=pytest.mark.slow)])
def test_modules_with_these_buffers_take_the_file_strictly(name: str, tmp_path: Path) -> None:
    net, found = spec(name), dialect("ultralytics", name)
    weights = init(net)
    save_file(weights, tmp_path / "in.safetensors")
    done = diptych.convert(tmp_path / "in.safetensors", tmp_path / "out.pth", name, to="ultralytics", check=None)
    assert done.to == "ultralytics"
    zeros = {key: np.zeros_like(array) for key, array in in_dialect(net, weights, {}, found).items()}
    empty = {buffer.name: np.zeros(SHAPE[buffer.name], "float32") for buffer in found.beside}
    model = module(zeros | empty, torch.nn.Module)
    model.load_state_dict(torch.load(tmp_path / "out.pth", weights_only=True), strict=True)
    for buffer in found.beside:
        assert np.array_equal(model.get_buffer(buffer.name).numpy(), anchors(buffer.name))


@pytest.mark.parametrize("name", ["yolov5n", pytest.param("yolov5s_focus", marks=pytest.mark.slow)])
def test_a_file_with_its_anchors_is_converted(name: str, tmp_path: Path) -> None:
    net, found = spec(name), dialect("ultralytics", name)
    weights = init(net)
    arrays = in_dialect(net, weights, {}, found) | {item.name: anchors(item.name) for item in found.beside}
    save_file(arrays, tmp_path / "in.safetensors")
    assert diptych.identify(tmp_path / "in.safetensors").names == (name,)
    report = diptych.convert(tmp_path / "in.safetensors", tmp_path / "out.npz")
    for item in found.beside:
        said = f"{item.name} has the detector's own anchors, 10,13 16,30 33,23; 30,61 62,45 59,119; 116,90"
        assert said in str(report)
    with np.load(tmp_path / "out.npz") as back:
        assert all(np.array_equal(back[key], array) for key, array in weights.items())


@pytest.mark.parametrize("name", SHAPE)
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_anchors_are_held_against_those_of_the_detector(name: str, dtype: str) -> None:
    buffer, own = BUFFERS[name], anchors(name, dtype)

    def said(array: Array) -> str:
        return buffer.said(buffer.read(array, "in.pt"), array.size)

    assert buffer.read(own, "") == buffer.detector
    assert "has the detector's own anchors" in said(own)
    moved = own.copy()
    moved.flat[17] *= 1.5
    assert "other anchors than the detector's own" in said(moved)
    assert "156,198 373,489 (width,height in pixels at stride 8, 16, 32), not with 10,13" in said(moved)
    assert "other anchors" in said(own[::-1].copy())  # the levels the other way round
    assert "it has 24 numbers, where the detector has 9 anchors" in said(np.ones((4, 3, 2), dtype))


@pytest.mark.parametrize("wrong", [0, -3, np.nan, np.inf])
def test_what_is_no_width_or_height_is_no_anchor(wrong: float, tmp_path: Path) -> None:
    net, found = spec("yolov5n"), dialect("ultralytics", "yolov5n")
    moved = anchors("model.24.anchors")
    moved[0, 1, 0] = wrong
    save_file(in_dialect(net, init(net), {}, found) | {"model.24.anchors": moved}, tmp_path / "in.safetensors")
    with pytest.raises(diptych.DiptychError, match=r"in.safetensors: model\.24\.anchors holds no anchors, .* save"):
        diptych.convert(tmp_path / "in.safetensors", tmp_path / "out.npz", check=None)
    assert not (tmp_path / "out.npz").exists()


def test_trained_anchors_travel_there_and_back_and_decode_boxes(tmp_path: Path) -> None:
    net, found = spec("yolov5n"), dialect("ultralytics", "yolov5n")
    moved = anchors("model.24.anchors")
    moved[0, 0] = 1.5, 2.25
    arrays = in_dialect(net, init(net), {}, found) | {"model.24.anchors": moved}
    save_file(arrays, tmp_path / "in.safetensors")
    report = diptych.convert(tmp_path / "in.safetensors", tmp_path / "out.npz", check=None)
    assert "boxes are decoded with 12,18 16,30 33,23; 30,61 62,45" in str(report)
    assert "boxes are decoded with 12,18 16,30" in report.report.read_text()
    diptych.convert(tmp_path / "out.npz", tmp_path / "back.pth", to="ultralytics", check=None)
    state = torch.load(tmp_path / "back.pth", weights_only=True)
    assert {key: (tensor.numpy().tobytes(), tuple(tensor.shape)) for key, tensor in state.items()} == {
        key: (array.tobytes(), array.shape) for key, array in arrays.items()
    }
    for file in ("in.safetensors", "out.npz", "back.pth"):
        first, *rest = opened(tmp_path / file, None, None, {})[0].rules.levels
        assert [*first.anchors] == [(12, 18), (16, 30), (33, 23)], file
        assert rest == [*ANCHORS.detector.levels[1:]], file


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
    for said in ("an object of models_of_ultralytics.Part, which was not made", "the detector's own anchors, 10,13"):
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
