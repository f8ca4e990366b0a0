"""Detectors in training: both frameworks go the same way by every rule, on shapes that are drawn by chance."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import numpy as np
import pytest
from learning_cases import CLASSES, DETECTORS, SIZE, labels
from selection import some

import diptych
from diptych import DiptychError, training
from diptych.common.detection.detector import YOLOX, Detector
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.conv import conv
from diptych.common.ops.silu import silu
from diptych.common.spec import Net
from diptych.common.trace import Value, trace
from diptych.common.training.data import as_data, from_data
from diptych.training.drawn_shapes import MOST, NAMES, shapes
from diptych.training.steps import TOLERANCE

SGD = training.SGD(rate=0.001, momentum=0.9)


def maps(x: Value, detector: Detector) -> dict[str, Value]:
    """The raw maps of two levels, each from a convolution of its own."""
    found, numbers = {}, {"boxes": 4, "classes": CLASSES} if detector.rule == "efficientdet" else {"": 5 + CLASSES}
    for level in detector.levels:
        while SIZE[0] // int(x.shape[1]) < level.stride:
            x = silu(batch_norm(conv(x, 8, 3, stride=2, pad=1, bias=False)))
        found[level.stride] = x
    return {
        f"{name}_s{stride}": conv(x, len(level.anchors) * count, 1)
        for name, count in sorted(numbers.items(), reverse=True)
        for (stride, x), level in zip(found.items(), detector.levels, strict=True)
    }


def net_of(detector: Detector) -> Net:
    return trace(partial(maps, detector=detector), "small", (3, *SIZE))


def data(count: int = 8) -> tuple[Any, Any]:
    return np.random.default_rng(0).standard_normal((count, 3, *SIZE)), labels(count, seed=3)


def checked(name: str, steps: int = 4, **options: Any) -> Any:
    detector = DETECTORS[name]
    given: dict[str, Any] = {
        "data": data(),
        "loss": training.DetectionLoss(detector=detector),
        "optimizer": SGD,
    } | options
    return diptych.train_check(net_of(detector), steps, **given)


@pytest.mark.parametrize("name", some(DETECTORS, "yolox", "yolov5"))
def test_every_rule_trains_the_same(name: str) -> None:
    report = checked(name)
    assert report.passed, report
    np.testing.assert_allclose(report.losses[0], report.losses[1], rtol=TOLERANCE)
    assert "a twin of DetectionLoss" in report.whose[0]


def test_another_rule_on_one_side_is_found() -> None:
    detector = DETECTORS["yolox"]
    other = dataclasses.replace(detector, learning=dataclasses.replace(detector.learning, box=4.0))  # type: ignore[type-var]
    losses = training.DetectionLoss(detector=detector), training.DetectionLoss(detector=other)
    report = checked("yolox", 2, loss=losses)
    assert not report.passed
    assert report.where == "loss after step 1"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no data": ({"data": None}, "needs images with boxes"),
    "weights of heads": ({"heads": (1.0, 1.0)}, "takes all outputs at once"),
    "a class too high": ({"data": (data()[0], data()[1] + 3)}, "there are 3, from 0 on"),
    "class numbers": ({"data": (data()[0], np.zeros(8, int))}, "labels are"),
    "NaN images": ({"data": (data()[0] * np.nan, data()[1])}, "NaN"),
    "maps of another detector": ({"loss": training.DetectionLoss(detector=YOLOX)}, "of 3 levels; the outputs are"),
}  # fmt: skip


def test_a_loss_that_is_not_a_number_is_one_sentence() -> None:
    """The first step is so long that nothing is left of the weights."""
    with pytest.raises(DiptychError, match="the loss is nan at step 2 in both; take a smaller rate"):
        checked("yolov5", 2, optimizer=training.SGD(rate=1e300))


@pytest.mark.parametrize("case", WRONG)
def test_bad_input_is_one_sentence(case: str) -> None:
    options, said = WRONG[case]
    with pytest.raises(DiptychError, match=said) as caught:
        checked("yolox", 1, batch=4, **options)
    assert "\n" not in str(caught.value)


def test_a_loss_needs_a_detector_that_says_how_it_learns() -> None:
    with pytest.raises(DiptychError, match="does not say how it learns"):
        training.DetectionLoss(detector=dataclasses.replace(DETECTORS["yolox"], learning=None))
    with pytest.raises(DiptychError, match="has a Detector, got str"):
        training.DetectionLoss(detector="yolox")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", DETECTORS)
def test_a_loss_is_data(name: str) -> None:
    loss = training.DetectionLoss(detector=DETECTORS[name])
    assert from_data(as_data(loss)) == loss


def test_shapes_are_drawn_by_a_seed_and_boxes_end_where_they_do() -> None:
    pictures, boxes = shapes(6, 64, 1)
    assert (pictures.shape, str(pictures.dtype), boxes.shape) == ((6, 64, 64, 3), "uint8", (6, MOST, 5))
    again, other = shapes(6, 64, 1), shapes(6, 64, 2)
    assert np.array_equal(pictures, again[0])
    assert np.array_equal(boxes, again[1])
    assert not np.array_equal(pictures, other[0])
    there = boxes[boxes[..., 0] >= 0]
    assert set(there[:, 0]) <= set(range(len(NAMES)))
    assert there[:, 1:].min() >= 0
    assert there[:, 1:].max() <= 64
    sides = there[:, 3:] - there[:, 1:3]
    assert 64 / 9 < sides.min() < sides.max() < 32
    for wrong in ((0, 64), (1, 16)):
        with pytest.raises(DiptychError, match="shapes are drawn"):
            shapes(*wrong)
