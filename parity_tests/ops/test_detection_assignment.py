"""Which places answer for a box and what that costs, worked out by hand: Darknet's and YOLOv5's rules, and SimOTA's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from detection_twins import EAGER, run, twin
from learning_cases import terms

from diptych.common.detection.detector import Detector, Level
from diptych.common.detection.efficientdet import RETINANET
from diptych.common.detection.grid import Grid, grid
from diptych.common.detection.learning import Bands, BestAnchor, Ratio, SimOTA
from diptych.common.spec import Array

SIDES = ("numpy", *EAGER)
LN2 = math.log(2)


def rows(*boxes: tuple[float, float, float, float, float]) -> Array:
    """Labels (1, G, 5) of (class, centre x, centre y, width, height)."""
    found = np.array([[[c, x - w / 2, y - h / 2, x + w / 2, y + h / 2] for c, x, y, w, h in boxes]])
    return np.concatenate([found, np.full((1, 1, 5), -1.0)], 1)


def darknet(**rule: Any) -> Detector:
    """One level of 2 x 2 cells of 8 pixels and two anchors, whose sizes overlap by 0.8."""
    return Detector("yolov3", (Level(8, ((8.0, 8.0), (8.0, 10.0))),), learning=BestAnchor(**rule))


def flat(detector: Detector, classes: float = 0.0, size: int = 2) -> Array:
    """A raw map of zeros, whose logits of classes are one number."""
    found = np.zeros((1, len(detector.levels[0].anchors), 7, size, size))
    found[:, :, 5:] = classes
    return found.reshape(1, -1, size, size)


@pytest.mark.parametrize("side", SIDES)
def test_yolov3_by_hand(side: str) -> None:
    """The box is the first anchor in the middle of the lower left cell; the second anchor there overlaps it by 0.8."""
    box = (1, 4.0, 12.0, 8.0, 8.0)
    weight = 2 - 8 * 8 / 16**2
    cases: list[Any] = [
        # rule, logits of classes, boxes; then, as multiples of ln 2: boxes, objects, classes
        ({}, 0.0, [box], 0.75 * weight * 2, 7, 2),
        ({"box": 1.0}, 0.0, [box], weight * 2, 7, 2),
        ({"ignore_score": 0.5}, 0.0, [box], 0.75 * weight * 2, 8, 2),  # a score of 0.5 is not above it
        ({"ignore_score": None}, 0.0, [box], 0.75 * weight * 2, 7, 2),
        ({"ignore": 0.8}, 0.0, [box], 0.75 * weight * 2, 8, 2),  # nor an overlap of 0.8 above 0.8
        ({}, 0.0, [box, (0, 4.0, 12.0, 8.0, 8.0)], 0.75 * weight * 4, 7, 2),  # both boxes, both classes
        ({"shared": True}, 0.0, [box, (0, 4.0, 12.0, 8.0, 8.0)], 0.75 * weight * 2, 7, 2),
        ({"shared": True}, 0.0, [box, box], 0.75 * weight * 4, 7, 2),  # one class only
        ({"match": 0.8}, 0.0, [box], 0.75 * weight * 2, 7, 2),  # strictly above
    ]
    for rule, classes, boxes, *wanted in cases:
        found = terms(side, [flat(darknet(**rule), classes)], rows(*boxes), darknet(**rule))
        np.testing.assert_allclose(np.array(found[1:4]) / LN2, wanted, rtol=1e-12, err_msg=str(rule))


@pytest.mark.parametrize("side", SIDES)
def test_yolov3_ignores_by_score_and_yolov4_takes_more_anchors(side: str) -> None:
    box = rows((1, 4.0, 12.0, 8.0, 8.0))
    low = math.log1p(math.exp(-2))  # the cross-entropy of a logit of -2 with 0
    for score, objects in ((0.25, 8), (None, 7), (0.1, 7)):  # of a score of 0.119
        found = terms(side, [flat(darknet(), -2.0)], box, darknet(ignore_score=score))
        np.testing.assert_allclose(found[2] / LN2, objects, rtol=1e-12)
        np.testing.assert_allclose(found[3], 2 * low + 2, rtol=1e-12)
    both = terms(side, [flat(darknet())], box, darknet(match=0.79, overlap="iou", box=1.0))
    np.testing.assert_allclose(both[1:4], [1 - 0.8, 8 * LN2, 4 * LN2], rtol=1e-12)
    elsewhere = darknet(anchors=((8.0, 8.0), (8.0, 10.0), (9.0, 7.0)))
    none = terms(side, [flat(elsewhere)], rows((1, 4.0, 12.0, 9.0, 7.0)), elsewhere)
    assert float(none[1]) == float(none[3]) == 0  # the best anchor is of no level


@pytest.mark.parametrize("side", SIDES)
def test_yolov4_alpha_alone_has_epsilon(side: str) -> None:
    """The centres meet, and so CIoU is IoU - alpha v."""
    rule = BestAnchor(overlap="ciou", box=1.0, eps=0.1)
    detector = Detector("yolov3", (Level(8, ((8.0, 8.0),)),), learning=rule)
    v = 4 / math.pi**2 * (math.atan(8 / 9) - math.atan(1.0)) ** 2
    found = terms(side, [flat(detector)], rows((0, 4.0, 12.0, 8.0, 9.0)), detector)
    np.testing.assert_allclose(found[1], 1 - 64 / 72 + v * v / (1 - 64 / 72 + v + 0.1), rtol=1e-12)


CELLS = {
    # centre in cells of a 4 x 3 map: the columns and rows that answer, own, left, up, right, down
    (1.25, 1.5): [(1, 1), (0, 1)],
    (1.75, 1.5): [(1, 1), (2, 1)],
    (1.5, 1.25): [(1, 1), (1, 0)],
    (1.75, 1.75): [(1, 1), (2, 1), (1, 2)],
    (0.25, 1.5): [(0, 1)],  # there is no cell to the left
    (3.75, 1.5): [(3, 1)],  # nor to the right
    (1.0, 1.5): [(1, 1), (1, 1)],  # x is not above 1; to its right it is the same cell again
    (2.0, 1.5): [(2, 1), (1, 1), (2, 1)],
    (1.5, 1.5): [(1, 1)],  # half a cell is not less than half
    (3.999, 2.999): [(3, 2)],
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("centre", CELLS)
def test_yolov5_takes_neighbouring_cells(side: str, centre: tuple[float, float]) -> None:
    level = Level(8, ((8.0, 8.0),))
    boxes = rows((0, 8 * centre[0], 8 * centre[1], 8, 8))
    where, wanted = run(side, lambda x: twin(side, "ratio").assigned(x, (3, 4), level, Ratio()), [boxes])
    assert [(int(place) % 4, int(place) // 4) for place in where[wanted]] == CELLS[centre]


@pytest.mark.parametrize("side", SIDES)
def test_yolov5_matches_below_four_times(side: str) -> None:
    level = Level(8, ((8.0, 8.0), (16.0, 40.0)))
    for size, anchors in (((32.0, 8.0), []), ((31.0, 8.0), [0]), ((2.0, 8.0), []), ((16.0, 20.0), [0, 1])):
        boxes = rows((0, 12.0, 12.0, *size))
        where, wanted = run(side, lambda x: twin(side, "ratio").assigned(x, (3, 4), level, Ratio()), [boxes])
        assert [int(place) % 2 for place in where[wanted]] == anchors


@pytest.mark.parametrize("side", SIDES)
def test_yolov5_by_hand_and_the_last_box_says_how_sure(side: str) -> None:
    """One cell of 8 pixels; zeros mean its own anchor in its middle. The second box overlaps by a half."""
    detector = Detector("yolov5", (Level(8, ((8.0, 8.0),)),), learning=Ratio(balance=(3.0,), overlap="iou", eps=0.0))
    equal, half = (0, 4.0, 4.0, 8.0, 8.0), (1, 4.0, 4.0, 8.0, 4.0)
    for boxes, sure in ((rows(equal, half), 0.5), (rows(half, equal), 1.0)):
        found = terms(side, [np.zeros((1, 7, 1, 1))], boxes, detector)
        wanted = [0.05 * 3 * (0 + 0.5) / 2, (8 / 640) ** 2 * 3 * 3.0 * LN2, 0.5 * 2 / 80 * 3 * LN2]
        np.testing.assert_allclose(found[1:4], wanted, rtol=1e-12)
        raw = np.zeros((1, 7, 1, 1))
        raw[:, 4] = 2.0
        objects = -sure * math.log(1 / (1 + math.exp(-2))) + (1 - sure) * math.log1p(math.exp(2))
        found = terms(side, [raw], boxes, detector)
        np.testing.assert_allclose(found[2], (8 / 640) ** 2 * 9 * objects, rtol=1e-12)


def places(*boxes: tuple[float, float, float, float]) -> Grid:
    """Anchors that are these boxes (centre x, centre y, width, height)."""
    numbers = np.array(boxes)
    return Grid(numbers[:, :2] - 0.5, np.ones((len(boxes), 1)), numbers[:, 2:])


@pytest.mark.parametrize("side", SIDES)
def test_bands_and_forced_matches(side: str) -> None:
    anchors = places((5, 5, 10, 10), (5, 5, 10, 5), (5, 5, 10, 4.5), (5, 5, 10, 1), (50, 50, 4, 4), (50, 50, 4, 4))
    boxes = rows((0, 5, 5, 10, 10), (0, 50, 50, 1, 1), (0, 50, 50, 2, 2))

    def owners(rule: Bands) -> list[int]:
        (found,) = run(side, lambda x: twin(side, "bands").assigned(x, anchors, rule), [boxes])
        return list(map(int, found[0]))

    assert owners(Bands()) == [0, 0, -1, -1, 1, -1]  # one half is positive; the earlier box has the first of equal ones
    assert owners(Bands(negative=0.4)) == [0, 0, -2, -1, 1, -1]
    assert owners(Bands(negative=0.45)) == [0, 0, -2, -1, 1, -1]  # 0.45 is not below
    assert owners(RETINANET) == [0, 0, -2, -1, 2, 2]  # both, and for the box that they overlap most


@pytest.mark.parametrize("side", SIDES)
def test_simota_takes_as_many_as_overlap_and_each_place_once(side: str) -> None:
    """Nine cells of 8 pixels; a box of 24 around the middle, and one of the middle cell."""
    cells = grid([(3, 3)], [Level(8)])
    boxes = rows((0, 12, 12, 24, 24), (1, 12, 12, 8, 8))
    decoded = np.concatenate([cells.centre - 12, cells.centre + 12], -1)[None]
    decoded[0, 4] = [8, 8, 16, 16]
    logits = np.zeros((1, 9, 3))

    def owners(rule: SimOTA) -> tuple[Array, Array]:
        found = run(side, lambda *x: twin(side, "simota").assigned(*x, cells, rule), [decoded, logits, boxes])
        return found[0][0], found[1][0]

    owner, overlap = owners(SimOTA())
    # The large box overlaps its neighbours by 1/2 (four) and 2/7 (four), the middle by 1/9: 3.25, so 3 places, of the
    # four equal ones the first three. The small one has 1 of itself and 8/9 of the others: 1, the middle one.
    assert owner.tolist() == [-1, 0, -1, 0, 1, 0, -1, -1, -1]
    np.testing.assert_allclose(overlap[[1, 3, 4, 5]], [0.5, 0.5, 1, 0.5], rtol=1e-12)
    # 8 pixels of 12 are near; at a radius of 1 no neighbour is (8 is not less than 8): one place, which the small one
    # has cheaper.
    assert owners(SimOTA(radius=1.0))[0].tolist() == [-1, -1, -1, -1, 1, -1, -1, -1, -1]
    # Up to 0.3.0 the centres inside the large box are candidates at any radius, and cost a penalty outside of it.
    assert owners(SimOTA(radius=1.0, inside=True))[0].tolist() == [-1, 0, -1, 0, 1, -1, -1, -1, -1]
