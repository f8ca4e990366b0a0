"""Faults from the raw maps to the picture, one side at a time: the boxes that a person would see are other boxes.

The comparison is that of `diptych detect`: the kept boxes of one framework beside those of NumPy. Faults that both
sides would share are data, and are held to the configurations of Darknet; those of networks are found by `check`.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from detection_twins import EAGER, TREES, planted, run, same, twin
from pairs import pair

from diptych import check
from diptych.common.blocks.spp import spp
from diptych.common.detection.candidates import candidates
from diptych.common.detection.detector import (
    YOLOV3,
    YOLOV3_TINY,
    YOLOV4,
    YOLOV4_TINY,
    YOLOV5,
    YOLOX,
    Detector,
    Fit,
    Suppression,
)
from diptych.common.detection.efficientdet import EFFICIENTDET
from diptych.common.detection.letterbox import letterbox, to_image
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.conv import conv
from diptych.common.ops.resize import resize
from diptych.common.spec import Array
from diptych.common.trace import Value, trace

CLASSES = 3
PLAIN = dataclasses.replace(EFFICIENTDET, suppression=Suppression())
TOUCHING = Suppression(iou=0.0, score=0.1)
"""Boxes that only touch overlap by the threshold, exactly."""


def raw_maps(detector: Detector, scale: float) -> list[Array]:
    random = np.random.default_rng(0)
    grids = [(256 // level.stride, 128 // level.stride) for level in detector.levels]
    numbers = (CLASSES, 4) if detector.rule == "efficientdet" else (5 + CLASSES,)
    return [
        random.standard_normal((1, count * len(level.anchors), *grid)) * scale
        for count in numbers
        for level, grid in zip(detector.levels, grids, strict=True)
    ]


def kept(side: str, detector: Detector, scale: float, **modules: ModuleType) -> list[Array]:
    """What one side keeps of raw maps, with its own modules or with faulty ones."""
    maps = raw_maps(detector, scale)
    if TREES[side] == "tf_impl":
        maps = [raw.transpose(0, 2, 3, 1) for raw in maps]
    decode, nms = (modules.get(name, twin(side, name)) for name in ("decode", "nms"))
    options = dataclasses.asdict(detector.suppression)
    return run(side, lambda *raw: nms.nms(*decode.decode(raw, detector), **options), maps)


Fault = tuple[Detector, float, str, str, str]
FAULTS: dict[str, Fault] = {
    "anchors in another order": (YOLOV3, 1, "decode", "(level.anchors,", "(level.anchors[::-1],"),
    "anchors before numbers": (YOLOV5, 1, "decode", "if anchors_first:", "if not anchors_first:"),
    "sigma for 2 sigma - 0.5": (YOLOV5, 1, "decode", "2 * {}.sigmoid(xy) - 0.5", "{}.sigmoid(xy)"),
    "x and y exchanged": (YOLOX, 1, "decode", "[columns, rows], -1", "[rows, columns], -1"),
    "x and y of EfficientDet exchanged": (PLAIN, 1, "decode", "[swapped(box), one]", "[box, one]"),
    "a pixel more": (YOLOV4, 1, "decode", "centre + half], -1)", "centre + half - 1], -1)"),
    "a corner for a centre": (YOLOX, 1, "decode", "[centre - half, centre + half]", "[centre, centre + 2 * half]"),
    "IoU at least": (
        dataclasses.replace(YOLOX, suppression=TOUCHING), 0, "nms", "(overlap > iou)", "(overlap >= iou)"
    ),
    "classes together": (YOLOV3_TINY, 1, "nms", "& (groups[:, :size, None] == groups[:, None])", ""),
}  # fmt: skip


@pytest.mark.parametrize("side", EAGER)
@pytest.mark.parametrize("fault", FAULTS)
def test_other_boxes_are_kept(side: str, fault: str) -> None:
    detector, scale, module, *texts = FAULTS[fault]
    right, wrong = (text.format(TREES[side].removesuffix("_impl")) for text in texts)
    expected = kept("numpy", detector, scale)
    assert expected[4].min() > 1
    assert same(expected, kept(side, detector, scale))
    assert not same(expected, kept(side, detector, scale, **{module: planted(side, module, right, wrong)}))


CANDIDATES = {
    "a score that equals the threshold": ("scores > score", "scores >= score"),
    "boxes for classes": ("best, places, order % classes", "best, places, order // classes"),
    "classes for boxes": ("order // classes, own.shape[1]", "order % classes, own.shape[1]"),
    "the last of the best classes": ("number, scores.shape[2])", "-number, scores.shape[2])"),
}


@pytest.mark.parametrize("side", EAGER)
@pytest.mark.parametrize("fault", CANDIDATES)
def test_other_candidates_are_taken(side: str, fault: str) -> None:
    scores: Array = np.random.default_rng(0).integers(0, 9, (2, 40, 3)) / 8
    options: dict[str, Any] = {"score": 0.25, "most": 100, "least": 1, "best_only": fault.startswith("the last")}
    meaning = list(candidates(scores, **options))
    assert same(meaning, run(side, twin(side, "candidates").candidates, [scores], **options))
    faulty = planted(side, "candidates", *CANDIDATES[fault])
    assert not same(meaning, run(side, faulty.candidates, [scores], **options))


def test_another_rounding_of_the_letterbox_moves_a_box() -> None:
    """By 5 pixels of a wide photo; only the image's own numbers tell, since boxes in the input are the same."""
    image: Array = np.zeros((43, 640, 3))
    faulty = planted("numpy", "letterbox", 'round if rule == "yolov5" else int', "int")
    box = np.array([[300.0, 210.0, 320.0, 222.0]])
    ours, theirs = (to_image(box, made(image, (416, 416), Fit("yolov5"))[1]) for made in (letterbox, faulty.letterbox))
    assert 0.5 < np.abs(ours - theirs).max() < 20


def configured(name: str) -> list[tuple[list[int], list[float], float]]:
    """(mask, anchors, scale_x_y) of each [yolo] of a configuration of Darknet that libreyolo brings."""
    found = importlib.util.find_spec("libreyolo")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("libreyolo is not installed: `make setup` installs what the tests compare with")
    text = (Path(found.origin).parent / "models" / "darknet" / "cfgs" / f"{name}.cfg").read_text("utf-8")
    answer = []
    for section in text.split("[yolo]")[1:]:
        lines = [line.partition("=") for line in section.partition("[")[0].splitlines()]
        given = {key.strip(): value for key, _, value in lines}
        mask, anchors = ([float(n) for n in given[key].split(",")] for key in ("mask", "anchors"))
        answer.append(([int(n) for n in mask], anchors, float(given.get("scale_x_y", 1))))
    return answer


CONFIGURED = {"yolov3": YOLOV3, "yolov3-tiny": YOLOV3_TINY, "yolov4": YOLOV4, "yolov4-tiny": YOLOV4_TINY}


@pytest.mark.parametrize("name", CONFIGURED)
def test_masks_and_anchors_are_those_of_darknet(name: str) -> None:
    """Those of YOLOv4-tiny's finer level are 1, 2, 3, not 0, 1, 2 as in YOLOv3-tiny."""
    sections = configured(name)
    for level, (mask, numbers, scale) in zip(CONFIGURED[name].levels, sections, strict=True):
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        assert [tuple(anchor) for anchor in level.anchors] == [pairs[place] for place in mask]
        assert level.scale == scale
    assert sections[1][0] == {"yolov3-tiny": [0, 1, 2], "yolov4-tiny": [1, 2, 3]}.get(name, sections[1][0])


def head(x: Value) -> Value:
    """What stands between a backbone and its raw maps: normalised, pooled and joined, enlarged to an odd size."""
    x = batch_norm(conv(x, 4, 3, pad=1, bias=False, name="conv"), name="bn")
    x = conv(spp(x, (5, 9, 13), map_last=True, name="spp"), 4, 1, name="after")
    return conv(resize(x, size=(19, 25), rule="asymmetric", name="up"), 3, 1, name="raw")


def reversed_concatenate() -> type:
    import keras

    class Concatenate(keras.layers.Concatenate):  # type: ignore[misc]
        def call(self, inputs: Sequence[Any]) -> Any:
            return super().call(inputs[::-1])

    return Concatenate


def opencvs_norm() -> type:
    import keras

    class BatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
        def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
            if training:
                return super().call(inputs, training=training, mask=mask)
            deviation = keras.ops.sqrt(self.moving_variance) + 1e-6
            return (inputs - self.moving_mean) / deviation * self.gamma + self.beta

    return BatchNormalization


LAYERS = {"Concatenate": (reversed_concatenate, "spp.concat"), "BatchNormalization": (opencvs_norm, "bn")}


@pytest.mark.parametrize("kind", [None, *LAYERS, "nearest"])
def test_check_finds_it_in_a_network(kind: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order in which SPP joins its pools, sqrt(v) + 1e-6 for sqrt(v + 1e-5), and another rule of nearest."""
    import keras

    net = trace(head, "head", (3, 10, 13))
    where = ""
    if kind in LAYERS:
        make, where = LAYERS[kind]
        monkeypatch.setattr(keras.layers, kind, make())
    elif kind:
        module, where = importlib.import_module("diptych.tf_impl.ops.resize"), "up"
        faithful = module.resize
        other = {"rule": "half_pixel"}
        monkeypatch.setattr(module, "resize", lambda op, *shapes: faithful(dataclasses.replace(op, **other), *shapes))
    report = check(net, models=pair(net))
    assert report.passed == (kind is None), str(report)
    if kind:
        assert report.failed is not None
        assert (report.failed.name, report.side, report.where) == ("nodes", "TensorFlow", where), str(report)
