"""Boxes under augmentation: worked by hand, on the rectangle that they are around, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType
from typing import Any, get_args

import numpy as np
import pytest
from augmented import ROOT, apart, planted, rectangle

from diptych.common.augment import affine, frame, labelled, mixup, mosaic
from diptych.common.augment.affine import Motion
from diptych.common.augment.labelled import YOLOV5, Keep, Labelled
from diptych.common.detection.detector import FitRule
from diptych.common.errors import DiptychError

SOURCE = np.random.default_rng(5)
BLACK = np.zeros((60, 80, 3), np.uint8)
ONE = rectangle((60, 80), (20, 10, 50, 40))


def four(size: tuple[int, int], which: int, box: tuple[int, int, int, int]) -> list[Labelled]:
    """Four pictures, one of which has a rectangle."""
    made = [labelled.labelled(np.zeros((*size, 3), np.uint8))] * 4
    return [rectangle(size, box) if number == which else one for number, one in enumerate(made)]


def motions() -> list[tuple[Motion, str]]:
    some = [(Motion(), "yolov5"), (Motion(90), "yolov5"), (Motion(30, 1.5, (10, -5), (0.05, 0.1)), "yolov5")]
    return some + [(affine.draw(SOURCE, form), form) for form in ("yolov5", "yolox") for _ in range(6)]


@pytest.mark.parametrize(("motion", "form"), motions())
def test_a_box_is_around_its_rectangle_after_a_motion(motion: Motion, form: Any) -> None:
    made = affine.affine(ONE, motion, (90, 110), form, Keep(), pad=0)
    assert apart(made) <= 1


@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize("form", get_args(mosaic.Form))
def test_a_box_is_around_its_rectangle_in_a_mosaic(form: Any, which: int) -> None:
    size = (64, 96)
    for _ in range(3):
        made = mosaic.mosaic(four((40, 80), which, (10, 6, 70, 34)), size, mosaic.draw(SOURCE, size, form), form)
        assert made.size == (size if form == "darknet" else (128, 192))
        assert apart(made, 180) <= 1


@pytest.mark.parametrize("rule", get_args(FitRule))
def test_a_box_is_around_its_rectangle_in_the_input(rule: Any) -> None:
    for size in ((96, 96), (37, 51)):
        assert apart(frame.fit(rectangle((61, 83), (11, 7, 52, 40)), size, rule, pad=0), 100) <= 1


def test_a_box_is_around_its_rectangle_resized_mirrored_and_mixed() -> None:
    assert apart(frame.resized(ONE, (91, 50)), 100) <= 1
    assert apart(frame.mirrored(ONE)) == 0
    for _ in range(8):
        how = mixup.draw_paste(SOURCE, (60, 80))
        made = mixup.paste(labelled.labelled(BLACK), rectangle((30, 40), (12, 9, 30, 21)), how)
        assert apart(made, 60) <= 1, how


def test_a_motion_worked_by_hand() -> None:
    """4 x 4 turned left about its middle, twice as large: (x, y) becomes (2 y, 8 - 2 x) on 8 x 8."""
    given = labelled.labelled(np.zeros((4, 4, 3), np.uint8), [[0, 1, 1, 3], [3, 0, 4, 4]], [7, 8])
    made = affine.affine(given, Motion(90, 2), (8, 8), keep=Keep())
    np.testing.assert_allclose(made.boxes, [[2, 6, 6, 8], [0, 0, 8, 2]], atol=1e-12)
    assert made.classes.tolist() == [7, 8]
    shifted = affine.affine(given, Motion(shift=(0.25, 0.5)), (8, 8), "yolox", Keep())
    assert shifted.boxes.tolist() == [[2, 5, 3, 7], [5, 4, 6, 8]]


def test_a_mosaic_worked_by_hand() -> None:
    """Input 8 x 8, point (6, 10): the first picture begins at (-2, 2), the last at the point; 16 x 16 in all."""
    one = labelled.labelled(np.full((8, 8, 3), 9, np.uint8), [[0, 0, 4, 4], [0, 0, 2, 2]], [1, 2])
    two = labelled.labelled(np.full((4, 8, 3), 8, np.uint8), [[1, 1, 3, 3]], [3])
    made = mosaic.mosaic([one, two, two, one], (8, 8), (6, 10))
    expected = [[0, 2, 2, 6], [7, 7, 9, 9], [0, 11, 1, 13], [6, 10, 10, 14], [6, 10, 8, 12]]
    assert made.boxes.tolist() == expected, "of the first picture's second box nothing is left"
    assert made.classes.tolist() == [1, 3, 3, 1, 2]
    assert made.image[[0, 3, 6, 11, 15], [0, 5, 13, 1, 15], 0].tolist() == [114, 9, 8, 8, 114]
    dark = mosaic.mosaic([one] * 4, (8, 8), (2, 6), "darknet")
    assert dark.boxes.tolist() == [[2, 0, 6, 2], [2, 6, 6, 8], [2, 6, 4, 8]], "boxes of one pixel or less are left out"


def test_the_keep_rule_of_yolov5_is_strict_and_compares_with_the_scaled_area() -> None:
    before = np.tile([0.0, 0, 40, 40], (6, 1))
    after = [[0, 0, 2, 40], [0, 0, 2.01, 80], [0, 0, 4, 40], [0, 0, 4.01, 40], [0, 0, 3, 300], [0, 0, 3, 299]]
    assert YOLOV5.of(before, np.array(after, float)).tolist() == [False, True, False, True, False, True]
    half = labelled.labelled(np.zeros((100, 100, 3), np.uint8), [[20, 20, 80, 80]], [0])
    assert len(affine.affine(half, Motion(scale=0.05), (100, 100), keep=Keep(area=0.9)).boxes) == 1


def test_boxes_of_no_area_and_outside_are_left_out_and_no_boxes_stay_none() -> None:
    strange = labelled.labelled(
        BLACK, [[3, 3, 3, 9], [-20, -20, -10, -10], [70, 50, 900, 900], [5, 5, 30, 30]], range(4)
    )
    assert affine.affine(strange, Motion(), (60, 80)).classes.tolist() == [2, 3]
    assert mosaic.mosaic([strange] * 4, (60, 80), (80, 60)).classes.tolist() == [2, 3] * 4
    assert affine.affine(strange, Motion(), (60, 80)).boxes[0].tolist() == [70, 50, 80, 60]
    nothing = labelled.labelled(BLACK)
    for made in (
        affine.affine(nothing, Motion(5), (60, 80)),
        mosaic.mosaic([nothing] * 4, (60, 80), (70, 60)),
        mixup.mixup(nothing, nothing),
        mixup.paste(nothing, nothing, mixup.Paste()),
        frame.mirrored(nothing),
        frame.fit(nothing, (32, 32)),
    ):
        assert (made.boxes.shape, made.classes.shape) == ((0, 4), (0,))


def test_draws_are_the_generators_and_lie_where_they_should() -> None:
    same = [affine.draw(np.random.default_rng(3), "yolox") for _ in range(2)]
    assert same[0] == same[1]
    points = np.array([mosaic.draw(SOURCE, (64, 96), "darknet") for _ in range(300)])
    assert (points.min(0) >= (19, 12)).all()
    assert (points.max(0) <= (77, 52)).all()
    assert points.std(0).min() > 5
    moved = [affine.draw(SOURCE, "yolox") for _ in range(300)]
    assert 0.1 <= min(one.scale for one in moved) < 0.3
    assert 8 < max(abs(one.angle) for one in moved) <= 10
    assert abs(np.mean([mixup.draw(SOURCE) for _ in range(300)]) - 0.5) < 0.03


BAD: list[tuple[Callable[[], Any], str]] = [
    (lambda: labelled.labelled(BLACK[..., 0]), "a picture is (H, W, 3) of uint8"),
    (lambda: labelled.labelled(BLACK / 255), "of float64"),
    (lambda: labelled.labelled(BLACK, [[0, 0, 1, np.nan]], [0]), "box 0 of 1 is"),
    (lambda: labelled.labelled(BLACK, [[0, 0, 1, 1], [5, 0, 1, 1]], [0, 0]), "box 1 of 2 is"),
    (lambda: labelled.labelled(BLACK, [[0, 0, 1]], [0]), "their shape is (1, 3)"),
    (lambda: labelled.labelled(BLACK, ["box"], [0]), "boxes are numbers"),
    (lambda: labelled.labelled(BLACK, [[0, 0, 1, 1]], [0, 1]), "1 boxes and 2 classes"),
    (lambda: labelled.labelled(BLACK, [[0, 0, 1, 1]], [-1]), "classes are whole numbers"),
    (lambda: labelled.labelled(BLACK, [[0, 0, 1, 1]], [0.5]), "classes are whole numbers"),
    (lambda: labelled.labelled(BLACK, [[0, 0, 1, 1]], [3], 3), "class 3 is out of range: there are 3, from 0 to 2"),
    (lambda: mosaic.mosaic([ONE] * 3, (8, 8), (8, 8)), "made of 4 pictures, not 3"),
    (lambda: mosaic.mosaic([ONE] * 4, (8, 8), (17, 8)), "16 x 16 pixels"),
    (lambda: mosaic.mosaic([ONE] * 4, (8, 8), (8, 8), "v7"), "form of a mosaic"),  # type: ignore[arg-type]
    (lambda: mixup.mixup(ONE, rectangle((9, 9), (1, 1, 2, 2))), "two pictures of one size"),
    (lambda: mixup.mixup(ONE, ONE, 1.5), "from 0 to 1"),
    (lambda: mixup.paste(ONE, ONE, mixup.Paste(1.5, False, (41, 0))), "cannot start at"),
    (lambda: Motion(scale=0), "scale above 0"),
    (lambda: Motion(angle=np.nan), "finite numbers"),
    (lambda: Keep(area=1), "from 0 to below 1"),
    (lambda: affine.affine(ONE, Motion(), (0, 5)), "one pixel or more"),
    (lambda: frame.resized(ONE, (0, 5)), "one pixel or more"),
]


@pytest.mark.parametrize(("wrong", "said"), BAD)
def test_bad_input_is_one_clear_error(wrong: Callable[[], Any], said: str) -> None:
    with pytest.raises(DiptychError) as caught:
        wrong()
    assert said in str(caught.value)


def _turned(module: ModuleType) -> bool:
    return apart(module.affine(ONE, Motion(30, 1.5), (90, 110), keep=Keep(), pad=0)) <= 1


def _scaled(module: ModuleType) -> bool:
    return apart(module.affine(ONE, Motion(scale=4), (240, 320), keep=Keep(), pad=0), 127) <= 1


def _cut(module: ModuleType) -> bool:
    return apart(module.affine(ONE, Motion(scale=4), (90, 110), keep=Keep(), pad=0), 127) <= 1


def _left(module: ModuleType) -> bool:
    made = module.mapped(np.array([[3.0, 0, 4, 4]]), module.matrix(Motion(90, 2), (4, 4), (8, 8)))
    return bool(np.allclose(made, [[0, 0, 8, 2]]))


def _met(module: ModuleType) -> bool:
    cases = (four((40, 80), which, (10, 6, 70, 34)) for which in range(4))
    return all(apart(module.mosaic(case, (40, 80), (70, 50)), 180) <= 1 for case in cases)


FAULTS: dict[str, tuple[str, str, str, Callable[[ModuleType], bool]]] = {
    "two corners for four": ("affine", "[0, 1, 2, 1, 2, 3, 0, 3]", "[0, 1, 2, 3, 0, 1, 2, 3]", _turned),
    "turned the other way": ("affine", "[-sine, cosine, 0]", "[sine, cosine, 0]", _left),
    "boxes that are not cut": ("affine", "clipped(mapped(before, map_of), size)", "mapped(before, map_of)", _cut),
    "pixels as OpenCV has them": ("affine", 'centres: Centres = "half"', 'centres: Centres = "opencv"', _scaled),
    "left for right": ("mosaic", "number % 2 == 0", "number % 2 == 1", lambda m: _order(m)),
    "boxes that stay behind": ("mosaic", "given.size) + np.array", "given.size) + 0 * np.array", _met),
    "cut at the picture": ("mosaic", "np.tile(high, 2)", "np.tile(given.size[::-1], 2)", _met),
}  # fmt: skip


def _order(module: ModuleType) -> bool:
    made = module.mosaic(four((40, 80), 0, (10, 6, 70, 34)), (40, 80), (70, 50))
    return bool(made.boxes[0][0] == 0)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(fault: str) -> None:
    module, right, wrong, holds = FAULTS[fault]
    assert holds(planted(module, "from __future__ import annotations", "from __future__ import annotations\n"))
    assert not holds(planted(module, right, wrong))


def test_the_example_of_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "augmentation.md").read_text("utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(block, "augmentation.md", "exec"), {})  # noqa: S102 - the page's own code
    assert capsys.readouterr().out.startswith("(64, 64, 3) [[")
    for name in re.findall(r"\]\((augmentation/.*?)\)", page):
        assert (ROOT / "docs" / name).stat().st_size < 150_000
