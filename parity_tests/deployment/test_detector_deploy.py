"""Boxes inside of SavedModel, LiteRT and deployed ONNX models: those of the original network, or no file."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from selection import some
from test_detector_export import SIZE, calm, detector_of, far, raw, small

from diptych import DiptychError, spec
from diptych.checking.images import random_images
from diptych.common.detection.decode import decode
from diptych.common.detection.nms import nms
from diptych.deployment.deploy import deploy
from diptych.deployment.export import export
from diptych.onnx_impl.runtimes import run

NAMES = ("yolov4_tiny", "yolov5n", "yolox_nano")
PIXELS = 5e-3
"""Rounding of float32 from the image to the box, whose size is an exponential: 1e-3 on one machine."""


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".tflite", ""])
@pytest.mark.parametrize("name", NAMES)
def test_boxes_of_a_program_are_those_of_the_network(name: str, suffix: str, tmp_path: Path) -> None:
    from diptych.tf_impl.detector_artifact import run as served

    net = small(name)
    weights = calm(net)
    done = deploy(net, weights, tmp_path / f"out{suffix}", with_decode=True)
    assert done.difference < 1e-5
    assert done.measured is not None
    assert done.measured.pixels < PIXELS
    assert done.measured.scores < 1e-5
    x = random_images(net, 3, np.random.default_rng(8))
    found = served(tmp_path / f"out{suffix}", x.astype(np.float32))
    wanted = decode(raw(net, weights, x), detector_of(name))
    assert sorted(found) == ["boxes", "scores"]
    assert far(found["boxes"], wanted[0]) < PIXELS
    assert np.abs(found["scores"] - wanted[1]).max() < 1e-5


@pytest.mark.parametrize("suffix", some([".onnx", ""], ".onnx"))
def test_suppression_in_a_deployed_program(suffix: str, tmp_path: Path) -> None:
    name = "yolov4_tiny"
    net, settings = small(name), {"score": 0.05, "max_boxes": 20}
    weights, path = calm(net), tmp_path / f"out{suffix}"
    labels = ["a", "b", "c"]
    done = deploy(net, weights, path, with_nms=True, labels=labels, **settings)  # type: ignore[arg-type]
    assert done.measured is not None
    assert done.measured.left > 50
    assert "it leaves the same" in str(done)
    x = random_images(net, 3, np.random.default_rng(8))
    chosen = replace(detector_of(name).suppression, **settings)  # type: ignore[arg-type]
    wanted = nms(*decode(raw(net, weights, x), detector_of(name)), **asdict(chosen))
    found = _answer(path, x.astype(np.float32))
    assert found["count"].tolist() == wanted.count.tolist()
    assert found["classes"].tolist() == wanted.classes.tolist()
    assert far(found["boxes"], wanted.boxes) < PIXELS
    if not suffix:
        rules = json.loads((path / "assets.extra" / "diptych.detector.json").read_text("utf-8"))
        assert (rules["labels"], rules["input_size"], rules["answer"]) == (labels, list(SIZE), "nms")


@pytest.mark.parametrize(
    ("written", "suffix"),
    [(export, ".onnx"), (deploy, ".onnx"), *(pytest.param(deploy, s, marks=pytest.mark.slow) for s in (".tflite", ""))],
)
def test_anchors_that_travel_with_the_weights_are_inside(written: Any, suffix: str, tmp_path: Path) -> None:
    """Else the boxes of a network that was trained with anchors of its own are of another size, and nothing says so."""
    from diptych.tf_impl.detector_artifact import run as served

    net, own = small("yolov4_tiny"), detector_of("yolov4_tiny")
    weights, path = calm(net), tmp_path / f"out{suffix}"
    levels = [replace(lv, anchors=tuple((2 * a, b + 3) for a, b in lv.anchors), scale=1.2) for lv in own.levels]
    other = replace(own, levels=tuple(levels))
    record = {"carried": {"levels": [[lv.scale, [list(pair) for pair in lv.anchors]] for lv in levels]}}
    written(net, weights, path, with_decode=True, record=record)
    x = random_images(net, 2, np.random.default_rng(8))
    if suffix == ".onnx":
        found = run(path, ["boxes"], x.astype(np.float32))
        assert not isinstance(found, str)
        boxes = found[0]
    else:
        boxes = served(path, x.astype(np.float32))["boxes"]
    maps = raw(net, weights, x)
    assert far(boxes, decode(maps, other)[0]) < 0.01
    assert far(boxes, decode(maps, own)[0]) > 1


def test_a_size_whose_cells_are_no_whole_strides_is_refused(tmp_path: Path) -> None:
    net = spec("yolov4_tiny", num_classes=3, input_size=116)
    with pytest.raises(DiptychError, match="for boxes, height and width are multiples of 32"):
        deploy(net, calm(net), tmp_path / "out.onnx", with_nms=True)


def _answer(path: Path, x: Any) -> dict[str, Any]:
    if path.suffix == ".onnx":
        names = ["boxes", "scores", "classes", "count"]
        found = run(path, names, x)
        assert not isinstance(found, str)
        return dict(zip(names, found, strict=True))
    from diptych.tf_impl.detector_artifact import run as served

    return served(path, x)


def shifted(plain: Any) -> Any:
    """A twin whose boxes are one pixel to the right."""

    def decode_shifted(maps: Any, detector: Any) -> Any:
        boxes, scores = plain(maps, detector)
        return boxes + np.array([1, 0, 1, 0], np.float32), scores

    return decode_shifted


def stricter(plain: Any) -> Any:
    """A twin with another threshold."""
    return lambda *tensors, **settings: plain(*tensors, **settings | {"iou": 0.5})


FAULTS: dict[str, tuple[str, Any, str, dict[str, bool], str]] = {
    "boxes in LiteRT": ("decode", shifted, "out.tflite", {"with_decode": True}, "was not written: run, it differs"),
    "boxes in SavedModel": ("decode", shifted, "out", {"with_decode": True}, "was not written: run, it differs"),
    "suppression": ("nms", stricter, "out", {"with_nms": True}, "suppression leaves other"),
}


@pytest.mark.parametrize("fault", some(list(FAULTS), "boxes in LiteRT"))
def test_nothing_is_left_where_the_program_differs(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from diptych.tf_impl import detector_artifact

    function, wrong, name, asked, complaint = FAULTS[fault]
    monkeypatch.setattr(detector_artifact, function, wrong(getattr(detector_artifact, function)))
    net = small("yolov4_tiny")
    with pytest.raises(DiptychError, match=complaint):
        deploy(net, calm(net), tmp_path / name, **asked)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
