"""Darknet's jitter, alone and in a mosaic: worked by hand, and on the rectangle that a box is around."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from augmented import apart, planted, rectangle

from diptych.common.augment import jitter, mosaic
from diptych.common.augment.jitter import Margins
from diptych.common.augment.labelled import Labelled, labelled
from diptych.common.errors import DiptychError

SIZE = (64, 96)
CORNERS = tuple(range(4))


def numbered(height: int, width: int) -> Labelled:
    """A picture of which each pixel has a number of its own, in tens; with a box around all of it, and one in it."""
    image = np.arange(height * width, dtype=np.uint8).reshape(height, width, 1).repeat(3, 2) * 10
    return labelled(image, [[0, 0, width, height], [1, 1, 3, 2]], [4, 5])


def _window(module: ModuleType) -> bool:
    """Of 4 x 3 pixels the first column goes, and a row and two columns of the mean colour come."""
    made = module.jittered(numbered(3, 4), Margins(left=1, top=-1, right=-2, bottom=0))
    expected = [[55] * 5, [10, 20, 30, 55, 55], [50, 60, 70, 55, 55], [90, 100, 110, 55, 55]]
    boxes = [[0, 1, 3, 4], [0, 2, 2, 3]]
    found: list[Any] = [made.image[..., 0].tolist(), made.boxes.tolist(), made.classes.tolist()]
    return found == [expected, boxes, [4, 5]]


def test_a_window_worked_by_hand() -> None:
    assert _window(jitter)
    gone = jitter.jittered(numbered(3, 4), Margins(left=3))
    assert (gone.boxes.tolist(), gone.classes.tolist()) == ([[0, 0, 1, 3]], [4]), "of the second box nothing is left"


def test_a_window_in_the_corner_keeps_its_size() -> None:
    margins = Margins(3, -2, 4, 5)
    assert [tuple(jitter.cornered(margins, number)) for number in CORNERS] == [
        (0, 0, 7, 3), (7, 0, 0, 3), (0, 3, 7, 0), (7, 3, 0, 0),
    ]  # fmt: skip


def test_margins_are_drawn_evenly_to_both_sides() -> None:
    source = np.random.default_rng(2)
    drawn = np.array([jitter.draw(source, (40, 80)) for _ in range(2000)])
    assert (abs(drawn).max(0) <= (24, 12, 24, 12)).all()
    assert (abs(drawn).max(0) >= (23, 11, 23, 11)).all()
    assert (abs(drawn.mean(0)) < (1.2, 0.6, 1.2, 0.6)).all()
    assert jitter.draw(np.random.default_rng(1), (40, 80)) == jitter.draw(np.random.default_rng(1), (40, 80))
    assert jitter.draw(source, (40, 80), 0.0) == Margins()
    half = [jitter.draw_mosaic(source, (400, 800), 3) for _ in range(400)]
    assert 150 < sum(one.right == one.bottom == 0 for one in half) < 250


def _shown(module: ModuleType) -> bool:
    """8 x 8, the point at (4, 4), each picture widened by eight at the point on both axes: its part shows all of it.

    Red is dark left and bright right, green is dark above and bright below; what was added is 120 of both.
    """
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:, 4:, 0] = picture[4:, :, 1] = 240
    widened = [Margins(*(-8 * (edge in edges) for edge in Margins._fields)) for edges in WIDENED]
    made = module.mosaic([labelled(picture, [[4, 4, 8, 8]], [0])] * 4, (8, 8), (4, 4), "darknet", widened)
    parts = [made.image[y : y + 4, x : x + 4] for y in (0, 4) for x in (0, 4)]
    red = all((part[:, 0, 0] < 60).all() and (part[:, 3, 0] > 180).all() for part in parts)
    green = all((part[0, :, 1] < 60).all() and (part[3, :, 1] > 180).all() for part in parts)
    boxes = [[2 + x, 2 + y, 4 + x, 4 + y] for y in (0, 4) for x in (0, 4)]
    return red and green and bool((made.boxes == boxes).all())


WIDENED = (("right", "bottom"), ("left", "bottom"), ("right", "top"), ("left", "top"))


def test_what_is_added_at_the_point_is_out_of_sight() -> None:
    assert _shown(mosaic)


def _met(module: ModuleType) -> bool:
    """In all four places: what shows of a rectangle is what its box is around, a pixel and a half or less apart."""
    source, seen = np.random.default_rng(7), 0
    dark = labelled(np.zeros((40, 80, 3), np.uint8))
    for turn in range(48):
        four, place = [dark] * 4, RECTANGLES[turn // 4 % 3]
        four[turn % 4] = rectangle((40, 80), place)
        margins = [jitter.draw_mosaic(source, (40, 80), number) for number in CORNERS]
        made = module.mosaic(four, SIZE, module.draw(source, SIZE, "darknet"), "darknet", margins)
        bright = made.image[..., 0] > 190
        if len(made.boxes):
            seen += 1
        if (apart(made, 150) > 1.5) if len(made.boxes) else (bright.any(0).sum() > 2 and bright.any(1).sum() > 2):
            return False
    return seen > 24


RECTANGLES = ((22, 10, 58, 30), (0, 0, 40, 20), (44, 22, 80, 40))


def test_a_box_is_around_its_rectangle_in_a_jittered_mosaic() -> None:
    assert _met(mosaic)


def test_margins_of_nothing_change_nothing() -> None:
    four = [rectangle((40, 80), (10, 6, 70, 34), kind) for kind in CORNERS]
    plain = mosaic.mosaic(four, SIZE, (40, 30), "darknet")
    made = mosaic.mosaic(four, SIZE, (40, 30), "darknet", [Margins()] * 4)
    for one, other in zip(plain, made, strict=True):
        np.testing.assert_array_equal(one, other)


ONE = rectangle((8, 8), (2, 2, 6, 6))
BAD: list[tuple[Callable[[], Any], str]] = [
    (lambda: jitter.draw(np.random.default_rng(0), (8, 8), 0.5), "from 0 to below 0.5, not 0.5"),
    (lambda: jitter.draw(np.random.default_rng(0), (8, 8), float("nan")), "not nan"),
    (lambda: jitter.jittered(ONE, Margins(left=8)), "of 8 x 8 pixels nothing is left"),
    (lambda: jitter.jittered(ONE, Margins(top=5, bottom=4)), "nothing is left"),
    (lambda: mosaic.mosaic([ONE] * 4, (8, 8), (4, 4), "darknet", [Margins()]), "darknet was given 1"),
    (lambda: mosaic.mosaic([ONE] * 4, (8, 8), (4, 4), "yolox", [Margins()] * 4), "yolox was given 4"),
]


@pytest.mark.parametrize("number", range(len(BAD)))
def test_bad_input_is_one_sentence(number: int) -> None:
    make, said = BAD[number]
    with pytest.raises(DiptychError, match=said) as caught:
        make()
    assert "\n" not in str(caught.value)


SAME = "from __future__ import annotations"
FAULTS: dict[str, tuple[str, str, str, Callable[[ModuleType], bool]]] = {
    "moved the other way": (
        "mosaic",
        "if ahead else -min(meeting, added)",
        "if ahead else min(meeting, added)",
        _shown,
    ),
    "the margin of the other side": ("mosaic", "axis + 2 * ahead", "axis + 2 * (not ahead)", _shown),
    "nothing is moved": ("mosaic", "added = max(0, -margins", "added = 0 * max(0, -margins", _shown),
    "boxes over the point": ("mosaic", "np.tile(high, 2)", "np.tile((across, down), 2)", _met),
    "boxes that stay behind": ("jitter", "given.size) - np.array", "given.size) - 0 * np.array", _met),
    "boxes that are not cut": ("jitter", "clipped(boxes, (y2 - y1, x2 - x1))", "boxes", _window),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(fault: str) -> None:
    name, right, wrong, holds = FAULTS[fault]
    same, faulty = planted(name, *[SAME] * 2), planted(name, right, wrong)
    if name == "jitter" and holds is _met:
        same, faulty = (_with(crops) for crops in (same, faulty))
    assert holds(same)
    assert not holds(faulty)


def _with(crops: ModuleType) -> ModuleType:
    """The module of mosaics, with another one's windows."""
    module = planted("mosaic", *[SAME] * 2)
    module.jittered = crops.jittered  # type: ignore[attr-defined]
    return module
