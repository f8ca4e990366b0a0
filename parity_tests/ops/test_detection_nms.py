"""Non-maximum suppression: NumPy, both frameworks, plain loops and TensorFlow's own choose the same boxes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from detection_twins import EAGER, QUICK, planted, run, same, twin

from diptych.common.detection.boxes import diou, iou
from diptych.common.detection.nms import nms
from diptych.common.errors import DiptychError
from diptych.common.spec import Array

Case = tuple[Array, Array]
SLOW = pytest.mark.slow
SQUARES = np.array([[[0.0, 0, 4, 4], [0, 2, 4, 6], [0, 4, 4, 8], [0, 0, 4, 4]]])
"""Each overlaps the next by a third; the last is the first."""


def drawn(seed: int, count: int, whole: bool, images: int = 2, classes: int = 3) -> Case:
    """Boxes and scores of any value, or of so few that scores are equal, and boxes equal, empty or touching."""
    random = np.random.default_rng(seed)
    if whole:
        return random.integers(0, 9, (images, count, 4)) * 1.0, random.integers(0, 9, (images, count, classes)) / 8
    first, size = random.random((images, count, 2)), random.random((images, count, 2)) / 2
    return np.concatenate([first, first + size], -1), random.random((images, count, classes))


def not_numbers() -> Case:
    boxes, scores = drawn(4, 60, whole=True)
    boxes[0, ::3, 1], boxes[1, ::4] = np.nan, [-np.inf, 0, np.inf, 4]
    scores[:, ::5, 1] = np.nan
    scores[1] = np.nan
    scores[1, 7, 2] = np.inf
    return boxes, scores


def chain() -> Case:
    """Each box overlaps the next alone, by a third, and has a better score: every second one is left."""
    start = np.arange(60.0)
    corners = np.stack([start, start * 0, start + 2, start * 0 + 1], 1)
    return corners[None], (1 - start / 100)[None, :, None]


CASES = {
    "chain": chain(),
    "random": drawn(0, 150, whole=False),
    "few values": drawn(1, 150, whole=True),
    "one score": (drawn(2, 100, whole=True)[0], np.full((2, 100, 3), 0.5)),
    "zero boxes": (np.zeros((2, 20, 4)), drawn(3, 20, whole=True)[1]),
    "not numbers": not_numbers(),
    "one box": drawn(5, 1, whole=False),
    "none": (np.zeros((2, 0, 4)), np.zeros((2, 0, 3))),
    "no image": (np.zeros((0, 5, 4)), np.zeros((0, 5, 3))),
    "no candidate": (drawn(6, 9, whole=False)[0], np.zeros((2, 9, 3))),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "few": {"max_candidates": 40, "max_boxes": 7, "iou": 0.2, "score": 0.0},
    "darknet": {"power": 0.6, "iou": 0.3},
    "over classes": {"per_class": False, "iou": 1 / 3},
    "best class": {"best_only": True, "max_candidates": 300, "max_boxes": 300},
}


def one_by_one(case: Case, **options: Any) -> list[list[tuple[int, int]]]:
    """The places and classes that are left of each image, in plain loops."""
    given = {"iou": 0.45, "score": 0.25, "max_candidates": 1000, "max_boxes": 100, "power": None} | options
    answer = []
    for boxes, scores in zip(*case, strict=True):
        found = [(-s, m, c) for m, row in enumerate(scores.tolist()) for c, s in enumerate(row) if s > given["score"]]
        if given.get("best_only"):
            found = [min(one for one in found if one[1] == m) for m in sorted({m for _, m, _ in found})]
        left: list[tuple[int, int]] = []
        for _, m, c in sorted(found)[: given["max_candidates"]]:
            rivals = boxes[[k for k, d in left if d == c or not given.get("per_class", True)]]
            power = given["power"]
            overlaps = iou(rivals, boxes[m], 0) if power is None else diou(rivals, boxes[m], 0, power)
            if not (overlaps > given["iou"]).any():
                left.append((m, c))
        answer.append(left[: given["max_boxes"]])
    return answer


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("case", CASES)
def test_the_meaning_is_the_rule(case: str, options: str) -> None:
    boxes, scores = CASES[case]
    found = nms(boxes, scores, **OPTIONS[options])
    expected = one_by_one(CASES[case], **OPTIONS[options])
    assert found.count.tolist() == [len(left) for left in expected]
    for image, left in enumerate(expected):
        n = len(left)
        assert list(zip(found.places[image, :n], found.classes[image, :n], strict=True)) == left
        for place, (m, c) in enumerate(left):
            assert np.array_equal(found.boxes[image, place], boxes[image, m], equal_nan=True)
            assert found.scores[image, place] == scores[image, m, c]
        assert not found.boxes[image, n:].any()
        assert not found.scores[image, n:].any()
        assert (found.classes[image, n:] == -1).all()
        assert (found.places[image, n:] == -1).all()


@pytest.mark.parametrize("side", EAGER)
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float64", pytest.param("float32", marks=SLOW)])
def test_both_frameworks_equal_the_meaning(side: str, case: str, options: str, dtype: str) -> None:
    arrays = [array.astype(dtype) for array in CASES[case]]
    meaning = nms(arrays[0], arrays[1], **OPTIONS[options])
    assert same(list(meaning), run(side, twin(side, "nms").nms, arrays, **OPTIONS[options]))


@pytest.mark.parametrize("side", [side for side in (*QUICK, "xla") if side not in EAGER])
@pytest.mark.parametrize("options", ["few", *(pytest.param(name, marks=SLOW) for name in ("darknet", "best class"))])
def test_compiled_they_equal_the_meaning(side: str, options: str) -> None:
    case = CASES["few values"]
    meaning = nms(*case, **OPTIONS[options])
    assert min(meaning.count) > 5
    assert same(list(meaning), run(side, twin(side, "nms").nms, case, **OPTIONS[options]))


def test_a_tf_function_takes_any_number_of_images() -> None:
    import tensorflow as tf

    case = CASES["few values"]
    shapes = [tf.TensorSpec((None, *array.shape[1:]), tf.float64) for array in case]
    function = tf.function(twin("tf", "nms").nms, input_signature=shapes)
    for images in (0, 1, 2):
        given = [array[:images] for array in case]
        assert same(list(nms(given[0], given[1])), [np.asarray(part) for part in function(*given)])


@pytest.mark.parametrize("side", EAGER)
def test_thousands_of_boxes(side: str) -> None:
    case = drawn(7, 8_400, whole=True, images=1, classes=4)
    options: dict[str, Any] = {"max_candidates": 800, "max_boxes": 300, "iou": 0.6}
    meaning = nms(*case, **options)
    assert meaning.count.tolist() == [300]
    assert same(list(meaning), run(side, twin(side, "nms").nms, case, **options))


@pytest.mark.parametrize("whole", [True, False])
def test_tensorflow_chooses_the_same_boxes(whole: bool) -> None:
    import tensorflow as tf

    for seed in range(10):
        boxes, scores = (part.astype("float32") for part in drawn(seed, 200, whole, images=1, classes=1))
        boxes = np.concatenate([boxes[..., :2], boxes[..., :2] + np.abs(boxes[..., 2:]) + 0.125], -1)
        theirs = tf.image.non_max_suppression(boxes[0], scores[0, :, 0], 200, iou_threshold=0.5, score_threshold=0.25)
        found = nms(boxes, scores, iou=0.5, score=0.25, max_candidates=200, max_boxes=200)
        assert found.places[0, : found.count[0]].tolist() == np.asarray(theirs).tolist()
        assert found.count[0] > 10


@pytest.mark.parametrize("side", ["numpy", *EAGER])
def test_boxes_worked_by_hand(side: str) -> None:
    """An overlap that equals the threshold stays, of equal scores the first box is first, and the cut comes before."""

    def left(scores: list[float], **options: Any) -> list[int]:
        arrays = [SQUARES, np.array(scores)[None, :, None]]
        found = run(side, twin(side, "nms").nms, arrays, **options)
        return [int(place) for place in found[3][0] if place >= 0]

    assert left([0.9, 0.8, 0.7, 0.6], iou=1 / 3) == [0, 1, 2]
    assert left([0.9, 0.8, 0.7, 0.6], iou=0.333) == [0, 2]
    assert left([0.6, 0.9, 0.6, 0.6], iou=0.333) == [1]
    assert left([0.5, 0.5, 0.5, 0.5], iou=0.333) == [0, 2]
    assert left([0.9, 0.8, 0.7, 0.6], iou=0.333, max_candidates=2, max_boxes=2) == [0]
    assert left([0.9, 0.8, 0.7, 0.6], iou=0.333, max_boxes=1) == [0]
    assert left([0.9, 0.8, 0.7, 0.7], score=0.7) == [0, 1], "a score that equals the threshold is no candidate"
    distance = 1 / 3 - (4 / 52) ** 0.6
    assert left([0.9, 0.8, 0.1, 0.1], power=0.6, iou=distance - 1e-9) == [0]
    assert left([0.9, 0.8, 0.1, 0.1], power=0.6, iou=distance + 1e-9) == [0, 1]


FAULTS = {
    "at least for above": ("(overlap > iou)", "(overlap >= iou)"),
    "classes together": ("& (groups[:, :size, None] == groups[:, None])", ""),
    "the later of equal scores": ("number[:size, None] < number", "number[:size, None] > number"),
    "what is suppressed suppresses the next block": ("& own[:, :, None]", "& ~own[:, :, None]"),
    "one round": (" & left[:, :, None]", ""),
}


@pytest.mark.parametrize("side", EAGER)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(side: str, fault: str) -> None:
    right, wrong = FAULTS[fault]
    faulty = planted(side, "nms", right, wrong)
    options: dict[str, Any] = {"iou": 0.25, "score": 0.25, "max_boxes": 450}
    agree = [
        same(list(nms(*CASES[case], **options)), run(side, faulty.nms, CASES[case], **options))
        for case in ("few values", "random")
    ]
    assert not all(agree)


@pytest.mark.parametrize("side", ["numpy", *EAGER])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"iou": 1.5}, "iou is a threshold from 0 to 1, not 1.5"),
        ({"score": -0.1}, "score is a threshold"),
        ({"score": float("nan")}, "score is a threshold"),
        ({"max_boxes": 0}, "max_boxes is 1 or more"),
        ({"max_boxes": 5, "max_candidates": 4}, "they are 5 and 4"),
    ],
)
def test_limits_without_a_meaning_are_refused(side: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(DiptychError, match=words):
        run(side, twin(side, "nms").nms, CASES["random"], **options)


@pytest.mark.parametrize("side", ["numpy", *EAGER])
@pytest.mark.parametrize(
    "shapes", [((2, 5, 4), (2, 6, 3)), ((5, 4), (5, 3)), ((2, 5, 5), (2, 5, 3)), ((2, 5, 4), (2, 5, 0))]
)
def test_shapes_that_do_not_fit_are_refused(side: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(DiptychError, match="boxes are"):
        run(side, twin(side, "nms").nms, [np.zeros(shape) for shape in shapes])
