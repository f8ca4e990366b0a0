"""The losses of detectors: NumPy, PyTorch and TensorFlow have the same value and the same gradients, however run."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from detection_twins import EAGER, run, same, twin
from learning_cases import CLASSES, DETECTORS, labels, learning, raw_maps, slopes, terms

from diptych import DiptychError
from diptych.common.detection.detector import YOLOV3_TINY, YOLOV4_TINY, YOLOV5, YOLOX
from diptych.common.detection.learning import Bands, BestAnchor, Ratio, SimOTA, checked_labels, padded_labels
from diptych.common.detection.losses import detection_loss
from diptych.common.spec import Array

SLOW = [pytest.param(side, marks=pytest.mark.slow) for side in ("compiled", "graph", "xla")]


def touching() -> Array:
    """Boxes with whole corners, so that they share edges with each other and with the cells; two of them are equal."""
    found = np.full((2, 6, 5), -1.0)
    found[0, :4] = [[0, 8, 8, 16, 16], [1, 8, 8, 16, 16], [2, 16, 8, 56, 58], [0, 0, 0, 24, 16]]
    return found


@pytest.mark.parametrize("name", DETECTORS)
def test_values_and_gradients_are_the_same(name: str) -> None:
    detector = DETECTORS[name]
    for seed, boxes, scale in ((0, labels(), 0.5), (1, touching(), 0.0), (2, labels(seed=5), 3.0)):
        maps = raw_maps(detector, seed=seed, scale=scale)
        meaning = terms("numpy", maps, boxes, detector)
        assert np.isfinite(meaning).all()
        assert meaning[0] > 0
        assert meaning[1] > 0
        np.testing.assert_allclose(meaning[0], sum(meaning[1:]), rtol=1e-12)
        for side in EAGER:
            assert same(meaning, terms(side, maps, boxes, detector)), (side, seed)
        ours, theirs = (slopes(side, maps, boxes, detector) for side in EAGER)
        largest = max(np.abs(part).max() for part in ours)
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-12 * largest)


@pytest.mark.parametrize("side", SLOW)
@pytest.mark.parametrize("name", DETECTORS)
def test_compiled_losses_are_the_same(side: str, name: str) -> None:
    detector = DETECTORS[name]
    maps, boxes = raw_maps(detector), labels()
    assert same(terms("numpy", maps, boxes, detector), terms(side, maps, boxes, detector))


@pytest.mark.parametrize("side", ["compiled", "graph"])
def test_one_of_them_compiled(side: str) -> None:
    detector = dataclasses.replace(DETECTORS["yolov3"], levels=DETECTORS["yolov3"].levels[1:])
    maps, boxes = raw_maps(detector), labels()
    assert same(terms("numpy", maps, boxes, detector), terms(side, maps, boxes, detector))


@pytest.mark.parametrize("side", ["numpy", *EAGER])
@pytest.mark.parametrize("name", DETECTORS)
def test_no_box_at_all_leaves_the_background(side: str, name: str) -> None:
    detector = DETECTORS[name]
    total, boxes, objects, classes, distances = terms(side, raw_maps(detector), labels() * 0 - 1, detector)
    assert boxes == distances == 0
    assert total > 0
    assert (objects == 0) == (name in ("efficientdet", "retinanet")) != (classes == 0)


@pytest.mark.parametrize("name", DETECTORS)
def test_float32_stays_and_rows_without_a_box_do_not_matter(name: str) -> None:
    detector, boxes = DETECTORS[name], labels()
    maps = [part.astype(np.float32) for part in raw_maps(detector)]
    meaning = terms("numpy", maps, boxes, detector)
    other = boxes.copy()
    other[other[..., 0] < 0, 1:] = 7.5
    for side in ("numpy", *EAGER):
        found = terms(side, maps, other, detector)
        assert all(part.dtype == np.float32 for part in found)
        np.testing.assert_allclose(found, meaning, rtol=2e-5)


@pytest.mark.parametrize("side", EAGER)
@pytest.mark.parametrize("name", DETECTORS)
def test_not_a_number_stays_one(side: str, name: str) -> None:
    maps = raw_maps(DETECTORS[name])
    for part in maps:
        part[0, :, 0, 0] = np.nan
    assert np.isnan(terms(side, maps, labels(), DETECTORS[name])[0])


@pytest.mark.parametrize("side", ["numpy", *EAGER])
def test_the_first_of_equal_ones_the_best_in_order_and_the_last_row(side: str) -> None:
    ours = twin(side, "terms")
    values = np.array([[3.0, 1, 3, 2, 3], [0, 0, 0, 0, 0]])
    best, places = run(side, lambda x: ours.best(x, 3), [values])
    assert best.tolist() == [[3, 3, 3], [0, 0, 0]]
    assert places.tolist() == [[0, 2, 4], [0, 1, 2]]
    (first,) = run(side, lambda x: ours.first(x == 3, 1), [values])
    assert first.tolist() == [0, 0]
    (first,) = run(side, lambda x: ours.first(x == 2, 1), [values])
    assert first.tolist() == [3, 0]
    rows, wanted = np.array([[1, 1, 2, 1, 99]]), np.array([[True, True, True, False, False]])
    (last,) = run(side, lambda places, asked: ours.last(places, asked, 4), [rows, wanted])
    assert last.tolist() == [[-1, 1, 2, -1]]


WRONG = {
    "labels are": (np.zeros((2, 5)), "(images, boxes, 5)"),
    "of other images": (np.zeros((3, 1, 5)), "here (2, boxes, 5)"),
    "no row": (np.zeros((2, 0, 5)), "at least one row"),
    "a class too high": (
        np.array([[[3.0, 0, 0, 4, 4]], [[-1.0, 0, 0, 0, 0]]]),
        "box 0 of image 0 has class 3; there",
    ),
    "half a class": (np.array([[[0.5, 0, 0, 4, 4]], [[-1.0, 0, 0, 0, 0]]]), "class 0.5"),
    "a class below": (np.array([[[-2.0, 0, 0, 4, 4]], [[-1.0, 0, 0, 0, 0]]]), "class -2"),
    "no area": (np.array([[[-1.0, 0, 0, 0, 0]], [[0.0, 4, 4, 4, 9]]]), "box 0 of image 1 has no area"),
    "the wrong way round": (np.array([[[1.0, 9, 4, 4, 9]], [[-1.0, 0, 0, 0, 0]]]), "has no area"),
    "not a number": (np.array([[[1.0, np.nan, 4, 4, 9]], [[-1.0, 0, 0, 0, 0]]]), "has no area"),
    "outside": (np.array([[[1.0, 90, 4, 110, 9]], [[-1.0, 0, 0, 0, 0]]]), "its centre outside of the image of 64x96"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_labels_are_one_sentence(case: str) -> None:
    wrong, said = WRONG[case]
    with pytest.raises(DiptychError) as caught:
        checked_labels(wrong, 2, (64, 96), CLASSES)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_labels_that_fit_come_back_and_are_padded() -> None:
    boxes = labels()
    boxes[1, :, 1:] = 3
    assert np.array_equal(checked_labels(boxes, 2, (64, 96), CLASSES), labels())
    padded = padded_labels([np.array([[2.0, 1, 1, 5, 6]]), np.zeros((0, 5))], 3)
    assert padded.shape == (2, 3, 5)
    assert padded[..., 0].tolist() == [[2, -1, -1], [-1, -1, -1]]
    for wrong, most in (([np.zeros((2, 5))], 1), ([np.zeros((2, 4))], None)):
        with pytest.raises(DiptychError, match="boxes"):
            padded_labels(wrong, most)


def test_wrong_rules_are_one_sentence() -> None:
    for made, said in (
        (lambda: SimOTA(radius=-1.0), "radius of SimOTA is a finite number"),
        (lambda: Bands(negative=0.6), "negative below 0.6"),
        (lambda: BestAnchor(anchors=((0.0, 1.0),)), "an anchor is a width"),
        (lambda: Ratio(overlap="squares"), "overlap of Ratio is one of iou, giou, diou, ciou, not 'squares'"),  # type: ignore[arg-type]
        (lambda: detection_loss([], labels(), dataclasses.replace(YOLOX, learning=None)), "does not say how it learns"),
    ):
        with pytest.raises(DiptychError, match=said):
            made()


def test_a_rule_that_does_not_fit_its_detector_is_one_sentence() -> None:
    other = dataclasses.replace(
        YOLOV4_TINY, levels=(YOLOV4_TINY.levels[0], dataclasses.replace(YOLOV4_TINY.levels[1], anchors=((7.0, 7.0),)))
    )
    short = dataclasses.replace(YOLOV5, learning=Ratio(balance=(4.0, 1.0)))
    scaled = dataclasses.replace(YOLOV4_TINY, learning=learning(YOLOV3_TINY.learning))
    cases = (other, "not among those of its rule"), (short, "3 levels"), (scaled, "levels of scale 1")
    for detector, said in cases:
        shapes = [(1, 8 * len(level.anchors), *[64 // level.stride] * 2) for level in detector.levels]
        with pytest.raises(DiptychError, match=said):
            detection_loss(list(map(np.zeros, shapes)), labels(1), detector)
    for boxes in (labels(3), labels()[..., :4]):
        with pytest.raises(DiptychError, match="labels are"):
            detection_loss(raw_maps(DETECTORS["yolox"]), boxes, DETECTORS["yolox"])
