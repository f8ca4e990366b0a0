"""Soft non-maximum suppression: plain loops, both frameworks and TensorFlow's own take the same boxes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from detection_twins import EAGER, planted, run, same, twin

from diptych.common.detection.boxes import iou
from diptych.common.detection.nms import nms
from diptych.common.detection.soft_nms import soft_nms
from diptych.common.errors import DiptychError
from diptych.common.spec import Array

Case = tuple[Array, Array]
SLOW = pytest.mark.slow


def drawn(seed: int, count: int, images: int = 2, classes: int = 3) -> Case:
    random = np.random.default_rng(seed)
    first, size = random.random((images, count, 2)), random.random((images, count, 2)) / 2
    return np.concatenate([first, first + size], -1), random.random((images, count, classes))


def few_values() -> Case:
    """Equal scores, and boxes that are equal, empty, turned around, or not numbers."""
    random = np.random.default_rng(1)
    boxes = random.integers(0, 6, (2, 60, 4)) * 1.0
    boxes[0, ::7, 1] = np.nan
    scores = random.integers(0, 9, (2, 60, 3)) / 8
    scores[1, ::5] = np.nan
    return boxes, scores


CASES = {
    "random": drawn(0, 60),
    "few values": few_values(),
    "one box": drawn(5, 1),
    "none": (np.zeros((2, 0, 4)), np.zeros((2, 0, 3))),
    "no image": (np.zeros((0, 5, 4)), np.zeros((0, 5, 3))),
    "no candidate": (drawn(6, 9)[0], np.zeros((2, 9, 3))),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {"max_boxes": 40},
    "few": {"max_candidates": 30, "max_boxes": 7, "sigma": 0.1, "score": 0.3},
    "automl": {"per_class": False, "best_only": True, "max_boxes": 30},
    "a small sigma": {"sigma": 1e-4, "max_boxes": 20},
}


def one_by_one(case: Case, **options: Any) -> list[list[tuple[int, int, float]]]:
    """(box, class, score) of what is taken of each image, in plain loops over boxes that all have their own score."""
    given = {"sigma": 0.5, "score": 0.001, "max_candidates": 1000, "max_boxes": 100, "per_class": True} | options
    answer = []
    for boxes, scores in zip(*case, strict=True):
        found = [(-s, m, c) for m, row in enumerate(scores.tolist()) for c, s in enumerate(row) if s > given["score"]]
        if given.get("best_only"):
            found = [min(one for one in found if one[1] == m) for m in sorted({m for _, m, _ in found})]
        running = {(m, c): -s for s, m, c in sorted(found)[: given["max_candidates"]]}
        taken: list[tuple[int, int, float]] = []
        while running and len(taken) < given["max_boxes"]:
            (m, c), score = min(running.items(), key=lambda item: (-item[1], item[0]))
            taken.append((m, c, score))
            del running[m, c]
            for k, d in running:
                overlap = float(iou(boxes[m], boxes[k], 0.0))
                if overlap > 0 and (d == c or not given["per_class"]):
                    running[k, d] *= math.exp(-(overlap**2) / given["sigma"])
            running = {key: value for key, value in running.items() if value > given["score"]}
        answer.append(taken)
    return answer


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("case", CASES)
def test_the_meaning_is_the_rule(case: str, options: str) -> None:
    boxes, scores = CASES[case]
    found = soft_nms(boxes, scores, **OPTIONS[options])
    expected = one_by_one(CASES[case], **OPTIONS[options])
    assert found.count.tolist() == [len(taken) for taken in expected]
    for image, taken in enumerate(expected):
        n = len(taken)
        kept = zip(found.places[image, :n], found.classes[image, :n], strict=True)
        assert list(kept) == [(m, c) for m, c, _ in taken]
        np.testing.assert_allclose(found.scores[image, :n], [score for *_, score in taken], rtol=1e-12)
        assert np.array_equal(found.boxes[image, :n], boxes[image, found.places[image, :n]], equal_nan=True)
        assert not found.scores[image, n:].any()
        assert (found.places[image, n:] == -1).all()


@pytest.mark.parametrize("side", EAGER)
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("case", CASES)
def test_both_frameworks_equal_the_meaning(side: str, case: str, options: str) -> None:
    meaning = soft_nms(*CASES[case], **OPTIONS[options])
    assert same(list(meaning), run(side, twin(side, "soft_nms").soft_nms, CASES[case], **OPTIONS[options]))


@pytest.mark.parametrize("side", ["compiled", "graph", pytest.param("xla", marks=SLOW)])
@pytest.mark.parametrize("options", ["few", pytest.param("automl", marks=SLOW)])
@pytest.mark.parametrize("dtype", ["float64", pytest.param("float32", marks=SLOW)])
def test_compiled_they_equal_the_meaning(side: str, options: str, dtype: str) -> None:
    arrays = [array.astype(dtype) for array in CASES["random"]]
    meaning = soft_nms(arrays[0], arrays[1], **OPTIONS[options])
    assert min(meaning.count) == OPTIONS[options]["max_boxes"]
    found = run(side, twin(side, "soft_nms").soft_nms, arrays, **OPTIONS[options])
    assert [part.dtype for part in found] == [part.dtype for part in meaning]
    for ours, theirs in zip(meaning, found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12 if dtype == "float64" else 1e-6)


@pytest.mark.parametrize("side", ["numpy", *EAGER])
def test_nms_with_a_sigma_is_soft(side: str) -> None:
    options: dict[str, Any] = {"sigma": 0.3, "score": 0.2, "max_boxes": 9, "per_class": False, "best_only": True}
    expected = soft_nms(*CASES["random"], **options)
    assert same(list(expected), run(side, twin(side, "nms").nms, CASES["random"], **options, iou=0.1, power=0.6))
    assert not np.array_equal(expected.places, nms(*CASES["random"], **(options | {"sigma": None})).places)


def test_tensorflow_takes_the_same_boxes() -> None:
    """Its sigma is half of this one, and its threshold of the overlap drops nothing at 1."""
    import tensorflow as tf

    for seed in range(5):
        boxes, scores = (part.astype("float32") for part in drawn(seed, 200, images=1, classes=1))
        places, values, _ = tf.raw_ops.NonMaxSuppressionV5(
            boxes=boxes[0],
            scores=scores[0, :, 0],
            max_output_size=100,
            iou_threshold=1.0,
            score_threshold=0.05,
            soft_nms_sigma=0.25,
        )
        found = soft_nms(boxes, scores, sigma=0.5, score=0.05)
        assert found.places[0, : found.count[0]].tolist() == np.asarray(places).tolist()
        np.testing.assert_allclose(found.scores[0, : found.count[0]], np.asarray(values), rtol=2e-6)


@pytest.mark.parametrize("side", ["numpy", *EAGER])
def test_boxes_worked_by_hand(side: str) -> None:
    """Of two squares that overlap by a third the second loses to exp(-1/9 / sigma) of its score."""
    boxes = np.array([[[0.0, 0, 4, 4], [0, 2, 4, 6], [9, 9, 10, 10]]])
    found = run(side, twin(side, "soft_nms").soft_nms, [boxes, np.array([[[0.9], [0.8], [0.75]]])], max_boxes=3)
    assert found[3].tolist() == [[0, 2, 1]]
    np.testing.assert_allclose(found[1][0], [0.9, 0.75, 0.8 * math.exp(-2 / 9)], rtol=1e-12)
    equal = run(side, twin(side, "soft_nms").soft_nms, [boxes[:, ::-1].copy(), np.full((1, 3, 1), 0.5)], max_boxes=2)
    assert equal[3].tolist() == [[0, 1]], "of equal scores the first"


FAULTS = {
    "half of sigma": ("/ sigma", "/ (sigma / 2)"),
    "an overlap that is not squared": ("-overlap * overlap", "-overlap"),
    "scores of the start": ("running = running * ", "running = scores * "),
    "classes together": ("groups == take(groups, at)", "groups == groups"),
    "taken again": ("& (number != at)", ""),
    "order of the scores": ("places * classes + groups", "groups - places"),
}


@pytest.mark.parametrize("side", EAGER)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(side: str, fault: str) -> None:
    faulty = planted(side, "soft_nms", *FAULTS[fault])
    agree = [
        same(list(soft_nms(*CASES[case], max_boxes=30)), run(side, faulty.soft_nms, CASES[case], max_boxes=30))
        for case in ("few values", "random")
    ]
    assert not all(agree)


@pytest.mark.parametrize("side", ["numpy", *EAGER])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sigma": 0.0}, "sigma is above 0, not 0.0"),
        ({"sigma": float("nan")}, "sigma is above 0"),
        ({"score": 2.0}, "score is a threshold"),
        ({"max_boxes": 5, "max_candidates": 4}, "they are 5 and 4"),
    ],
)
def test_limits_without_a_meaning_are_refused(side: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(DiptychError, match=words):
        run(side, twin(side, "soft_nms").soft_nms, CASES["random"], **options)
