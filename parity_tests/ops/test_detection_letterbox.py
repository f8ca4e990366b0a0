"""Letterboxes: sizes worked by hand, Pillow's and OpenCV's own pixels, boxes there and back, and planted faults."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any, get_args

import numpy as np
import pytest
from detection_twins import planted
from PIL import Image

from diptych.common.detection import letterbox as module
from diptych.common.detection import resample
from diptych.common.detection.detector import Fit, FitRule
from diptych.common.detection.letterbox import Placement, fitted, letterbox, to_image
from diptych.common.errors import DiptychError
from diptych.common.spec import Array

cv2: Any = importlib.import_module("cv2")
RULES = get_args(FitRule)
SIZES = [((50, 70), (40, 33)), ((50, 70), (100, 33)), ((7, 5), (64, 64)), ((1, 1), (5, 4)), ((3, 300), (2, 1))]
PLAIN: dict[str, Any] = {"divisor": 1.0}


def drawn(size: tuple[int, int], seed: int = 0) -> Array:
    return np.random.default_rng(seed).integers(0, 256, (*size, 3)).astype(np.uint8)


@pytest.mark.parametrize(("size", "new"), [*SIZES, ((512, 512), (416, 416)), ((300, 451), (416, 416))])
def test_pillows_filter_is_pillows(size: tuple[int, int], new: tuple[int, int]) -> None:
    image = drawn(size)
    theirs = np.asarray(Image.fromarray(image).resize(new[::-1], Image.Resampling.BILINEAR))
    assert np.array_equal(resample.pillow(image, new), theirs)
    exact = resample.pillow(image[..., 0].astype(np.float64)[..., None], new)[..., 0]
    theirs = np.asarray(Image.fromarray(image[..., 0].astype(np.float32)).resize(new[::-1], Image.Resampling.BILINEAR))
    np.testing.assert_allclose(exact, theirs, atol=1e-4)


def test_pillows_filter_is_pillows_to_one_level_at_any_size() -> None:
    random = np.random.default_rng(1)
    for size in random.integers(1, 200, (100, 4)).tolist():
        image = drawn((size[0], size[1]))
        theirs = np.asarray(Image.fromarray(image).resize((size[3], size[2]), Image.Resampling.BILINEAR))
        assert np.abs(resample.pillow(image, (size[2], size[3])).astype(int) - theirs).max() <= 1


@pytest.mark.parametrize(("size", "new"), SIZES)
def test_half_pixel_is_opencvs_and_both_are_the_formula(size: tuple[int, int], new: tuple[int, int]) -> None:
    image = drawn(size)
    found = resample.half_pixel(image, new)
    np.testing.assert_allclose(found, cv2.resize(image.astype(np.float32), new[::-1]), atol=1e-4)
    assert np.abs(np.floor(found + 0.5) - cv2.resize(image, new[::-1])).max() <= 1
    corners = resample.align_corners(image, new)
    assert np.array_equal(corners[-1, -1], image[-1, -1])
    assert new[0] == 1 or new[1] == 1 or np.array_equal(corners[0, 0], image[0, 0])


def test_align_corners_is_pytorchs() -> None:
    import torch

    image = drawn((50, 70)).astype(np.float64)
    theirs = torch.nn.functional.interpolate(
        torch.tensor(image.transpose(2, 0, 1)[None]), (33, 101), mode="bilinear", align_corners=True
    )
    np.testing.assert_allclose(
        resample.align_corners(image, (33, 101)), theirs[0].numpy().transpose(1, 2, 0), atol=1e-9
    )


def test_an_image_of_many_rows_is_worked_on_in_parts() -> None:
    tall = drawn((resample.ROWS * 2 + 5, 3))
    assert np.array_equal(resample.half_pixel(tall, tall.shape[:2]), tall)
    whole = resample.half_pixel(tall, (300, 2))
    parts = resample.half_pixel(tall.transpose(1, 0, 2), (2, 300)).transpose(1, 0, 2)
    np.testing.assert_allclose(whole, parts, atol=1e-12)


@pytest.mark.parametrize(
    ("rule", "image", "within", "offset"),
    [
        ("stretch", (480, 640), (416, 416), (0, 0)),
        ("yolov5", (480, 640), (312, 416), (52, 0)),
        ("yolov5", (427, 640), (278, 416), (69, 0)),  # 277.55 is 278
        ("yolov5", (640, 641), (415, 416), (0, 0)),  # 415.35; of one row of border none stands before
        ("yolox", (427, 640), (277, 416), (0, 0)),
        ("darknet", (427, 640), (277, 416), (69, 0)),
        ("darknet", (640, 427), (416, 277), (0, 69)),
        ("efficientdet", (427, 640), (277, 416), (0, 0)),
    ],
)
def test_sizes_worked_by_hand(
    rule: FitRule, image: tuple[int, int], within: tuple[int, int], offset: tuple[int, int]
) -> None:
    found, place = letterbox(drawn(image), (416, 416), Fit(rule))
    assert found.shape == (416, 416, 3)
    assert place == Placement((within[0] / image[0], within[1] / image[1]), offset, image)


def test_int_loses_a_pixel_of_as_many_sizes_as_the_authors_code() -> None:
    """Counted by running the formulas of YOLOX in Python's floats and of automl in float32."""
    lost = dict.fromkeys(RULES, 0)
    for n in range(1, 3001):
        for rule in RULES:
            lost[rule] += max(fitted((n, n), (416, 416), rule)) < 416
    assert (lost["yolox"], lost["stretch"], lost["yolov5"], lost["darknet"]) == (175, 0, 0, 0)
    assert sum(max(fitted((n, n), (512, 512), "efficientdet")) < 512 for n in range(1, 3001)) == 355


def test_the_border_and_the_channels() -> None:
    image: Array = np.full((4, 8, 3), (10, 20, 30)).astype(np.uint8)
    found, _ = letterbox(image, (8, 8), Fit("yolox", pad=114, bgr=True, divisor=1))
    assert found[0, 0].tolist() == [30, 20, 10]
    assert found[4:].ravel().tolist() == [114] * 96
    found, _ = letterbox(image, (8, 8), Fit("darknet", pad=127.5))
    assert (found[:2] == 0.5).all()
    assert (found[6:] == 0.5).all()
    np.testing.assert_allclose(found[2:6], np.broadcast_to(image / 255, (4, 8, 3)), rtol=1e-15)
    found, _ = letterbox(image, (8, 8), Fit("efficientdet", mean=(0.1, 0.2, 0.3), std=(2, 4, 5)))
    np.testing.assert_allclose(found[0, 0], [(10 / 255 - 0.1) / 2, (20 / 255 - 0.2) / 4, (30 / 255 - 0.3) / 5])
    assert not found[4:].any()


@pytest.mark.parametrize("rule", RULES)
def test_boxes_there_and_back(rule: FitRule) -> None:
    """A rectangle that is white is found in the input where its corners are said to be, to a pixel."""
    image: Array = np.zeros((120, 90, 3)).astype(np.uint8)
    image[30:90, 20:50] = 255
    found, place = letterbox(image, (240, 320), Fit(rule))
    rows, columns = (np.flatnonzero((found[..., 0] > 0.5).any(axis)) for axis in (1, 0))
    corners = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
    np.testing.assert_allclose(to_image(corners, place), [20, 30, 50, 90], atol=0.8)
    everything = np.array([[-1e3, -1e3, 1e3, 1e3]])
    assert to_image(everything, place, clip=True).tolist() == [[0, 0, 90, 120]]
    assert to_image(everything, place).min() < -100


@pytest.mark.parametrize("rule", RULES)
def test_one_pixel_and_numbers_that_are_no_bytes(rule: FitRule) -> None:
    found, place = letterbox(np.full((1, 1, 3), 7, np.uint8), (5, 5), Fit(rule, **PLAIN))
    assert (found == 7).all()
    assert place == Placement((5, 5), (0, 0), (1, 1))
    found, _ = letterbox(np.full((2, 3, 3), 7.25, np.float32), (4, 6), Fit(rule, **PLAIN))
    assert (found == 7.25).all(), "not rounded"


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "stretch"])
def test_an_image_that_would_have_no_pixel_is_refused(rule: FitRule) -> None:
    with pytest.raises(DiptychError, match=f"1 x 2000 pixels is too long .* the rule {rule} leaves 0 x 416"):
        letterbox(np.zeros((1, 2000, 3), np.uint8), (416, 416), Fit(rule))


def test_a_long_image_is_stretched() -> None:
    found, _ = letterbox(np.full((1, 20_000, 3), 255, np.uint8), (32, 32), Fit())
    assert (found == 1).all()


@pytest.mark.parametrize(
    ("image", "size", "words"),
    [
        (np.zeros((0, 5, 3), np.uint8), (8, 8), r"its shape is \(0, 5, 3\)"),
        (np.zeros((5, 5), np.uint8), (8, 8), r"its shape is \(5, 5\)"),
        (np.zeros((5, 5, 4), np.uint8), (8, 8), r"its shape is \(5, 5, 4\)"),
        (np.zeros((5, 5, 3), np.int16), (8, 8), "not of int16"),
        (np.zeros((5, 5, 3), np.uint8), (0, 8), r"not \(0, 8\)"),
    ],
)
def test_what_is_no_image_is_refused(image: Array, size: tuple[int, int], words: str) -> None:
    with pytest.raises(DiptychError, match=words):
        letterbox(image, size, Fit())


FAULTS: dict[str, tuple[str, str, FitRule]] = {
    "int for round": ('round if rule == "yolov5" else int', "int", "yolov5"),
    "round for int": ('round if rule == "yolov5" else int', "round", "yolox"),
    "a border in the corner": ('if rule in ("yolov5", "darknet")', 'if rule == "darknet"', "yolov5"),
    "the larger half before": ("return rest // 2 if", "return (rest + 1) // 2 if", "darknet"),
    "align-corners for half-pixel": ("resized = half_pixel(", "resized = align_corners(", "yolox"),
    "half-pixel for align-corners": ("return align_corners(", "return half_pixel(", "darknet"),
    "no antialias": ("return pillow(", "return half_pixel(", "stretch"),
    "no rounding": ("np.floor(resized + 0.5) if", "resized if", "yolov5"),
    "float64 for float32": (
        "np.array(size, np.float32) / sides).min()",
        "np.array(size) / sides).min()",
        "efficientdet",
    ),
    "BGR for RGB": ("if fit.bgr", "if not fit.bgr", "stretch"),
    "border before normalising": ('np.zeros(3) if fit.rule == "efficientdet" else ', "", "efficientdet"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(fault: str) -> None:
    right, wrong, rule = FAULTS[fault]
    faulty = planted("numpy", "letterbox", right, wrong)
    fit = Fit(rule, pad=114, mean=(0.4, 0.4, 0.4))

    def seen(home: ModuleType) -> list[bytes]:
        found = [home.letterbox(drawn(size), (64, 64), fit) for size in ((43, 97), (97, 60), (101, 25))]
        sizes = [home.fitted((n, n), (512, 512), rule) for n in range(1, 300)]
        return [np.concatenate([image.ravel(), np.ravel(place[:2])]).tobytes() for image, place in found] + [
            np.array(sizes).tobytes()
        ]

    assert seen(faulty) != seen(module)
