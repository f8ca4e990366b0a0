"""The benchmark that trains a detector: its plans, batches, score and rule; what it measures stands in the docs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import diptych
from diptych.detecting.results import Detections
from diptych.training.drawn_shapes import NAMES, shapes

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import detector_steps, detector_training

SIZE = 64


def found(labels: Any, cut: float = 0.0, turned: int = 0) -> list[Detections]:
    """The true boxes as what a detector says, without a share of their width, of a later class."""
    answer = []
    for rows in labels:
        rows = rows[rows[:, 0] >= 0]
        boxes = rows[:, 1:] + cut * (rows[:, 3] - rows[:, 1])[:, None] * np.array([1, 0, 0, 0])
        classes = (rows[:, 0].astype(int) + turned) % len(NAMES)
        scores, labelled = np.linspace(0.9, 0.5, len(rows)), tuple(NAMES[kind] for kind in classes)
        answer.append(Detections(boxes, scores, classes, labelled, np.arange(len(rows)), (SIZE, SIZE)))
    return answer


def test_the_score_is_that_of_coco() -> None:
    """A box that lacks 0.38 of its width has an IoU of 0.62: right at 0.5, 0.55 and 0.6, three of COCO's ten."""
    _, labels = shapes(12, SIZE, seed=1)
    assert detector_training.average_precision(found(labels), labels) == (1.0, 1.0)
    ap, ap50 = detector_training.average_precision(found(labels, cut=0.38), labels)
    assert (round(ap, 3), ap50) == (0.3, 1.0)
    assert detector_training.average_precision(found(labels, cut=0.51), labels)[1] == 0
    assert detector_training.average_precision(found(labels, turned=1), labels)[1] < 0.5
    nothing = found(np.full_like(labels, -1))
    assert detector_training.average_precision(nothing, labels) == (0.0, 0.0)


def test_a_mirrored_picture_has_its_boxes_where_its_shapes_are() -> None:
    """Each picture is black but for white boxes; so is each of a batch."""
    _, labels = shapes(12, SIZE, seed=1)
    x = np.zeros((12, 1, SIZE, SIZE), np.float32)

    def painted(rows: Any) -> Any:
        plane = np.zeros((SIZE, SIZE), np.float32)
        for x1, y1, x2, y2 in rows[rows[:, 0] >= 0, 1:].astype(int):
            plane[y1:y2, x1:x2] = 1
        return plane

    for image, rows in zip(x, labels, strict=True):
        image[0] = painted(rows)
    mirrored = 0
    for images, boxes in detector_training.batches(x, labels, 4, 5, seed=0):
        for image, rows in zip(images, boxes, strict=True):
            np.testing.assert_array_equal(image[0], painted(rows))
            mirrored += not any(np.array_equal(rows, own) for own in labels)
    assert 5 <= mirrored <= 15


def test_no_picture_is_trained_on_and_held_out_whatever_the_seeds() -> None:
    used = [seed for run in range(20) for seed in detector_training.seeds(run)]
    assert len(set(used)) == 40
    assert detector_training.seeds(0) == (1, 2)  # of the figures before there was a choice


def test_a_nudge_moves_each_weight_by_its_share_and_none_moves_nothing() -> None:
    weights = {"one": np.full((2, 500), 3.0, np.float32), "other": np.zeros(3, np.float32)}
    moved = detector_training.nudged(weights, 1e-3, seed=0)
    np.testing.assert_allclose(abs(moved["one"] / 3 - 1), 1e-3, rtol=1e-3)
    assert 400 < (moved["one"] > 3).sum() < 600
    assert not moved["other"].any()
    assert {str(value.dtype) for value in moved.values()} == {"float32"}
    for name, value in detector_training.nudged(weights, 0.0, seed=0).items():
        np.testing.assert_array_equal(value, weights[name])


def test_each_network_has_a_plan_and_numbers_that_are_given_win(capsys: pytest.CaptureFixture[str]) -> None:
    plain = detector_training.arguments(["--network", "yolov4_tiny"])
    assert (plain.steps, plain.rate) == detector_training.PLANS["yolov4_tiny"]
    own = detector_training.arguments(["--network", "yolov4_tiny", "--rate", "0.5"])
    assert (own.steps, own.rate) == (plain.steps, 0.5)
    assert detector_training.arguments(["--network", "yolov5n", "--rate", "0.5", "--steps", "7"]).steps == 7
    with pytest.raises(SystemExit) as caught:
        detector_training.arguments(["--network", "yolov5n", "--steps", "7"])
    assert caught.value.code == 2
    assert "yolov5n has no plan" in capsys.readouterr().err


def test_the_rule_of_twenty_steps_is_that_of_the_authors() -> None:
    """YOLOX's rate rises by the square over five passes of 1,000 pictures; Darknet's is the full one."""

    def rule(network: str, weights: str | None = None) -> Any:
        args = argparse.Namespace(batch=8, weights=weights)
        return detector_steps.rule_of(diptych.detector(network, num_classes=3, input_size=SIZE), args)

    nano, tiny = rule("yolox_nano"), rule("yolov4_tiny")
    np.testing.assert_allclose([nano.rate.at(step) for step in (0, 500, 1000)], [0, 0.00125 * 0.8**2, 0.00125])
    assert rule("yolox_nano", "some.npz").rate == 0.00125
    assert (tiny.rate, tiny.nesterov, nano.nesterov) == (0.00261, False, True)
    assert rule("yolov4_tiny", "some.npz") == tiny


@pytest.mark.full
def test_a_short_run_learns_converts_and_is_judged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a tenth of the plan a little is found, after one step nothing: the target here lies between."""
    monkeypatch.setattr(detector_training, "TARGET", 0.03)
    for steps, code in ((60, 0), (1, 1)):
        words = ["", "--network", "yolov4_tiny", "--sides", "torch", "--held", "100", "--steps", str(steps)]
        monkeypatch.setattr(sys, "argv", words)
        assert detector_training.main() == code, steps
        assert "converted to TensorFlow: " in capsys.readouterr().out
