"""The weights that a detector begins to learn with: no object anywhere, and boxes of one size, or of the anchors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import diptych
from diptych import DiptychError, training
from diptych.common.detection.beginning import SHRUNK
from diptych.common.spec import Array

SIDE, SIZE = 20.0, 64


def answered(name: str) -> tuple[Any, Array, Array]:
    """The detector, boxes and scores at the start, with the last weights, which are told by `init`, set to 0."""
    detector: Any = diptych.detector(name, num_classes=3, input_size=SIZE, labels=("a", "b", "c"))
    start, plain = training.detector_start(detector.net, detector.rules, SIDE), diptych.init(detector.net, seed=0)
    changed = [key for key in start if not np.array_equal(start[key], plain[key])]
    weights = [key for key in changed if key.endswith(".weight")]
    for key in weights:
        np.testing.assert_array_equal(start[key], plain[key] * np.float32(SHRUNK))
    assert {str(start[key].dtype) for key in changed} == {"float32"}
    flat = {key: value * 0 if key in weights else value for key, value in start.items()}
    model: Any = diptych.build(detector.net, "torch", weights=flat).eval()
    with torch.no_grad():
        maps = model(torch.rand(2, 3, SIZE, SIZE))
    return detector, *(part.numpy() for part in detector.decode(maps))


def test_yolox_begins_with_boxes_of_the_side_in_the_middle_of_their_cells() -> None:
    _, boxes, scores = answered("yolox_nano")
    np.testing.assert_allclose(scores, 1e-4, rtol=1e-5)
    np.testing.assert_allclose(boxes[..., 2:] - boxes[..., :2], SIDE, rtol=1e-5)
    centres = (boxes[0, :, :2] + boxes[0, :, 2:]) / 2
    np.testing.assert_allclose(centres[0], (4, 4), rtol=1e-5)  # stride 8
    np.testing.assert_allclose(centres[64], (8, 8), rtol=1e-5)  # stride 16
    np.testing.assert_allclose(centres[80], (16, 16), rtol=1e-5)  # stride 32


def test_detectors_with_anchors_begin_at_them() -> None:
    detector, boxes, scores = answered("yolov4_tiny")
    np.testing.assert_allclose(scores, 1e-4, rtol=1e-5)
    anchors = [anchor for level in detector.rules.levels for anchor in level.anchors]
    found = {tuple(np.rint(side).tolist()) for side in boxes[0, :, 2:] - boxes[0, :, :2]}
    assert found == set(anchors)


def test_bad_input_is_one_sentence() -> None:
    nano = diptych.detector("yolox_nano", num_classes=3, input_size=SIZE)
    cut = diptych.detector("efficientdet_d0", num_classes=3, input_size=128)
    for net, rules, side in ((nano.net, nano.rules, 0.0), (nano.net, nano.rules, np.nan), (cut.net, cut.rules, 20.0)):
        with pytest.raises(DiptychError, match="a start is for detectors of the rules") as caught:
            training.detector_start(net, rules, side)
        assert "\n" not in str(caught.value)
    other = diptych.detector("yolov4_tiny", num_classes=3, input_size=SIZE)
    with pytest.raises(DiptychError, match="3 levels and was given 2 raw maps"):
        training.detector_start(other.net, nano.rules, SIDE)
