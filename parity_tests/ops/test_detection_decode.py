"""Decoding: the rules as loops over plain numbers, the tables of the papers, and both frameworks equal NumPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from detection_twins import EAGER, QUICK, TREES, planted, run, same, twin

from diptych import spec
from diptych.common.detection.decode import decode
from diptych.common.detection.detector import (
    YOLOV3,
    YOLOV3_TINY,
    YOLOV4,
    YOLOV4_TINY,
    YOLOV5,
    YOLOX,
    Detector,
    Level,
    leveled,
)
from diptych.common.errors import DiptychError
from diptych.common.spec import Array

DETECTORS = {
    "yolov3": YOLOV3,
    "yolov3_tiny": YOLOV3_TINY,
    "yolov4": YOLOV4,
    "yolov4_tiny": YOLOV4_TINY,
    "yolov5n": YOLOV5,
    "yolox_nano": YOLOX,
}
HEIGHT, WIDTH, CLASSES = 64, 96, 3


def raw_maps(detector: Detector, scale: float = 2.0) -> list[Array]:
    """Random raw maps of two images of HEIGHT x WIDTH, channels first."""
    random = np.random.default_rng(0)
    sizes = [(len(lv.anchors) * (5 + CLASSES), HEIGHT // lv.stride, WIDTH // lv.stride) for lv in detector.levels]
    return [random.standard_normal((2, *size)) * scale for size in sizes]


def decoded(side: str, maps: Sequence[Array], detector: Detector, module: Any = None) -> list[Array]:
    if TREES[side] == "tf_impl":
        maps = [raw.transpose(0, 2, 3, 1) for raw in maps]
    function = (module or twin(side, "decode")).decode
    return run(side, lambda *tensors: function(tensors, detector), maps)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def one_box(raw: Array, column: int, row: int, anchor: tuple[float, float], level: Level, rule: str) -> list[float]:
    """The corners of the box of one cell, of raw values (x, y, w, h)."""
    x, y, w, h = raw.tolist()
    stride, k = level.stride, level.scale
    if rule == "yolov3":
        centre = [(sigmoid(t) * k - (k - 1) / 2 + place) * stride for t, place in ((x, column), (y, row))]
        size = [math.exp(w) * anchor[0], math.exp(h) * anchor[1]]
    elif rule == "yolov5":
        centre = [(2 * sigmoid(t) - 0.5 + place) * stride for t, place in ((x, column), (y, row))]
        size = [(2 * sigmoid(w)) ** 2 * anchor[0], (2 * sigmoid(h)) ** 2 * anchor[1]]
    else:
        centre = [(x + column) * stride, (y + row) * stride]
        size = [math.exp(w) * stride, math.exp(h) * stride]
    return [centre[0] - size[0] / 2, centre[1] - size[1] / 2, centre[0] + size[0] / 2, centre[1] + size[1] / 2]


def one_by_one(maps: Sequence[Array], detector: Detector) -> tuple[list[list[float]], list[list[float]]]:
    """The boxes and scores of the first image."""
    boxes, scores = [], []
    for raw, level in zip(maps, detector.levels, strict=True):
        rows, columns = raw.shape[2:]
        places = [(y, x, a) for y in range(rows) for x in range(columns) for a in range(len(level.anchors))]
        if detector.anchors_first:
            places.sort(key=lambda place: place[2])
        for y, x, a in places:
            values = raw[0, a * (5 + CLASSES) : (a + 1) * (5 + CLASSES), y, x]
            boxes.append(one_box(values[:4], x, y, level.anchors[a], level, detector.rule))
            scores.append([sigmoid(values[4]) * sigmoid(one) for one in values[5:]])
    return boxes, scores


@pytest.mark.parametrize("name", DETECTORS)
def test_the_meaning_is_the_rule(name: str) -> None:
    maps = raw_maps(DETECTORS[name])
    boxes, scores = decode(maps, DETECTORS[name])
    expected = one_by_one(maps, DETECTORS[name])
    np.testing.assert_allclose(boxes[0], expected[0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(scores[0], expected[1], rtol=1e-12)
    assert (boxes.shape[0], scores.shape[0]) == (2, 2)


@pytest.mark.parametrize("side", QUICK)
@pytest.mark.parametrize("name", DETECTORS)
def test_both_frameworks_equal_the_meaning(side: str, name: str) -> None:
    maps = raw_maps(DETECTORS[name])
    assert same(list(decode(maps, DETECTORS[name])), decoded(side, maps, DETECTORS[name]))


@pytest.mark.parametrize("side", EAGER)
@pytest.mark.parametrize("name", DETECTORS)
def test_extremes_equal_the_meaning(side: str, name: str) -> None:
    """Values whose exponential is infinite or 0, and NaN."""
    maps = raw_maps(DETECTORS[name], 1000.0)
    maps[0][0, :, 0, 0] = np.nan
    meaning = list(decode(maps, DETECTORS[name]))
    assert np.isnan(meaning[0]).any()
    assert np.isnan(meaning[1]).sum() == CLASSES * len(DETECTORS[name].levels[0].anchors)
    assert same(meaning, decoded(side, maps, DETECTORS[name]))


@pytest.mark.parametrize("side", ["numpy", *EAGER])
def test_zeros_give_the_anchors_in_the_middle_of_their_cells(side: str) -> None:
    """At 416 x 416 the first box of YOLOv3's coarsest level is 116 x 90 about (16, 16), and there are 10,647."""
    sizes = [(1, 3 * 6, 416 // level.stride, 416 // level.stride) for level in YOLOV3.levels]
    boxes, scores = decoded(side, [np.zeros(size) for size in sizes], YOLOV3)
    assert boxes.shape == (1, 10_647, 4)
    assert boxes[0, 0].tolist() == [16 - 58, 16 - 45, 16 + 58, 16 + 45]
    assert boxes[0, 1].tolist() == [16 - 78, 16 - 99, 16 + 78, 16 + 99]
    assert boxes[0, 3].tolist() == [48 - 58, 16 - 45, 48 + 58, 16 + 45]
    assert (scores == 0.25).all()
    boxes, _ = decoded(side, [np.zeros((1, 18, 2, 2))], Detector("yolov5", YOLOV5.levels[:1], anchors_first=True))
    assert boxes[0, 1].tolist() == [12 - 5, 4 - 6.5, 12 + 5, 4 + 6.5], "the next cell, of the same anchor"
    boxes, _ = decoded(side, [np.zeros((1, 6, 2, 2))], Detector("yolox", YOLOX.levels[:1]))
    assert boxes[0, 2].tolist() == [-4, 8 - 4, 4, 8 + 4], "a corner of its cell, the next row"


@pytest.mark.parametrize("name", DETECTORS)
def test_levels_are_those_of_the_network(name: str) -> None:
    net = spec(name, input_size=(HEIGHT, WIDTH), num_classes=CLASSES)
    shapes = [net.nodes[place].shape for place in net.evaluated_outputs]
    assert shapes == [raw.shape[1:] for raw in raw_maps(DETECTORS[name])]


def test_masks_are_those_of_the_configurations() -> None:
    finer = [detector.levels[1].anchors for detector in (YOLOV4_TINY, YOLOV3_TINY)]
    assert finer == [((23, 27), (37, 58), (81, 82)), ((10, 14), (23, 27), (37, 58))]
    assert [level.stride for level in YOLOV3.levels] == [32, 16, 8]
    assert [level.scale for level in YOLOV4.levels] == [1.2, 1.1, 1.05]


FAULTS = {
    "sigma for 2 sigma - 0.5": (YOLOV5, "2 * {}(xy) - 0.5", "{}(xy)"),
    "a size that is not squared": (YOLOV5, "(2 * {}(wh)) ** 2", "2 * {}(wh)"),
    "no scale_x_y": (YOLOV4, "level.scale * {}(xy) - (level.scale - 1) / 2", "{}(xy)"),
    "x and y exchanged": (YOLOX, "[columns, rows], -1", "[rows, columns], -1"),
    "anchors exchanged": (YOLOV3, "(level.anchors,", "(level.anchors[::-1],"),
    "cells first": (YOLOV5, "if anchors_first:", "if False:"),
    "a score without the object": (YOLOV3, "{0}(parts[..., 4:5]) * {0}(parts[..., 5:])", "{}(parts[..., 5:])"),
}


@pytest.mark.parametrize("side", EAGER)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(side: str, fault: str) -> None:
    detector, *texts = FAULTS[fault]
    function = TREES[side].removesuffix("_impl") + ".sigmoid"
    faulty = planted(side, "decode", *(text.format(function) for text in texts))
    maps = raw_maps(detector)
    assert not same(list(decode(maps, detector)), decoded(side, maps, detector, faulty))


def test_anchors_of_another_mask_are_seen() -> None:
    other = Detector("yolov3", (YOLOV4_TINY.levels[0], Level(16, YOLOV3_TINY.levels[1].anchors, 1.05)))
    maps = raw_maps(YOLOV4_TINY)
    assert not same(list(decode(maps, YOLOV4_TINY)), list(decode(maps, other)))


@pytest.mark.parametrize("side", ["numpy", *EAGER])
@pytest.mark.parametrize("shape", [(1, 17, 2, 2), (1, 15, 2, 2), (1, 0, 2, 2)])
def test_maps_that_do_not_fit_are_refused(side: str, shape: tuple[int, ...]) -> None:
    one = leveled("yolov3", Level(8, ((1, 1),) * 3))
    with pytest.raises(DiptychError, match="a raw map has 4 axes"):
        decoded(side, [np.zeros(shape)], one)
    with pytest.raises(DiptychError, match="1 levels and was given 2"):
        decoded(side, [np.zeros((1, 18, 2, 2))] * 2, one)


@pytest.mark.parametrize(
    ("rule", "levels", "words"),
    [
        ("yolov2", [Level(8)], "not 'yolov2'"),
        ("yolov3", [], "one level or more"),
        ("yolox", [Level(8, ((1, 1), (2, 2)))], "one box to a cell"),
    ],
)
def test_detectors_without_a_meaning_are_refused(rule: Any, levels: list[Level], words: str) -> None:
    with pytest.raises(DiptychError, match=words):
        leveled(rule, *levels)


@pytest.mark.parametrize("side", ["numpy", *QUICK])
@pytest.mark.parametrize("name", DETECTORS)
def test_maps_that_are_not_of_one_batch_in_order_are_refused(side: str, name: str) -> None:
    detector = DETECTORS[name]
    maps = raw_maps(detector)
    with pytest.raises(Exception, match="stand in this order"):  # a compiler has an exception of its own
        decoded(side, maps[::-1], detector)
    with pytest.raises(Exception, match="stand in this order"):
        decoded(side, [maps[0], *(raw[:, :, :, :-1] for raw in maps[1:])], detector)
    with pytest.raises(Exception, match="as many images and as many classes"):
        decoded(side, [maps[0][:1], *maps[1:]], detector)
    fewer = [raw[:, : len(level.anchors) * 6] for raw, level in zip(maps, detector.levels, strict=True)]
    with pytest.raises(Exception, match="as many images and as many classes"):
        decoded(side, [maps[0], *fewer[1:]], detector)


@pytest.mark.parametrize("name", DETECTORS)
def test_numbers_of_16_bits_are_decoded_in_32(name: str) -> None:
    """Else two boxes of 256 x 256 pixels have infinite areas, and neither suppresses the other."""
    import tensorflow as tf
    import torch

    detector = DETECTORS[name]
    maps = [raw.astype(np.float16) for raw in raw_maps(detector)]
    expected = list(decode([raw.astype(np.float32) for raw in maps], detector))
    assert same(expected, list(decode(maps, detector)))
    torch_maps = [torch.tensor(raw) for raw in maps]
    tf_maps = [tf.constant(raw.transpose(0, 2, 3, 1)) for raw in maps]
    for side, tensors in (("torch", torch_maps), ("tf", tf_maps)):
        for ours, theirs in zip(expected, twin(side, "decode").decode(tensors, detector), strict=True):
            assert str(theirs.dtype).endswith("float32'>") or theirs.dtype == torch.float32
            assert np.allclose(ours, np.asarray(theirs), rtol=1e-5, atol=1e-4)
    rounded = twin("torch", "decode").decode([raw.to(torch.bfloat16) for raw in torch_maps], detector)
    assert all(part.dtype == torch.float32 for part in rounded)
