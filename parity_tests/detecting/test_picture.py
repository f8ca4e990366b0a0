"""Boxes on a picture: where they are, in which colour, and that what is written can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from diptych.common.errors import DiptychError, FileError
from diptych.detecting import picture
from diptych.detecting.images import Pixels
from diptych.detecting.picture import colour, draw, draw_both, measures, save
from diptych.detecting.results import Detections

GREY: Pixels = np.full((200, 300, 3), 128, np.uint8)


def found(boxes: list[list[float]], size: tuple[int, int] = (200, 300), labels: tuple[str, ...] = ()) -> Detections:
    number = len(boxes)
    names = labels or tuple(f"thing {index}" for index in range(number))
    scores = np.linspace(0.9, 0.5, number)
    numbers: Any = np.arange(number)
    return Detections(np.array(boxes).reshape(-1, 4), scores, numbers, names, numbers, size)


def changed(image: Pixels, drawn: Pixels) -> Pixels:
    return np.asarray((image != drawn).any(2))


def test_the_line_of_a_box_is_on_its_first_and_last_pixels() -> None:
    drawn: Pixels = np.asarray(draw(GREY, found([[40, 60, 240, 180]])))
    line = measures((200, 300)).line
    shade = colour(0)
    for rows in (slice(60, 60 + line), slice(180 - line, 180)):
        assert (drawn[rows, 150] == shade).all()
    for columns in (slice(40, 40 + line), slice(240 - line, 240)):
        assert (drawn[120, columns] == shade).all()
    outside = changed(GREY, drawn)
    assert not outside[180:].any()
    assert not outside[:, :40].any()
    assert not outside[61 + line : 179 - line, 41 + line : 239 - line].any()
    assert not outside[:, 240:].any()


def test_what_reaches_beyond_the_picture_is_drawn_to_its_edge() -> None:
    drawn: Pixels = np.asarray(draw(GREY, found([[-50, -20, 500, 1e30]])))
    assert (drawn[100, 0] == colour(0)).all()
    assert (drawn[-1, 150] == colour(0)).all()
    assert (drawn[100, -1] == colour(0)).all()


def test_the_colour_of_a_class_stays_and_is_no_other_ones() -> None:
    assert len({colour(number) for number in range(90)}) == 90
    near = [np.abs(np.subtract(colour(n), colour(n + 1))).max() for n in range(89)]
    assert min(near) > 60, "the colours of neighbours are easily mistaken"


@pytest.mark.parametrize("size", [(64, 48), (480, 640), (2160, 3840)])
def test_a_label_is_legible_at_every_size(size: tuple[int, int]) -> None:
    image: Pixels = np.full((*size, 3), 128, np.uint8)
    scale = measures(size)
    drawn: Pixels = np.asarray(draw(image, found([[2, size[0] // 2, size[1] - 2, size[0] - 2]], size, ("cup",))))
    plate = drawn[size[0] // 2 - round(scale.text * 1.35) : size[0] // 2]
    ink = np.abs(plate.astype(int) - 255).max(2) < 100  # white, on the dark red of the first class
    assert sum(colour(0)) / 3 < 100
    assert scale.text >= max(12, min(size) / 40)
    assert ink.any(1).sum() >= scale.text / 2, "no letter stands on the plate"
    assert scale.line >= min(size) / 250


def test_labels_of_boxes_in_one_place_do_not_hide_each_other() -> None:
    boxes = [[100.0, 50, 200, 150]] * 4
    pen_rows = []
    drawn: Pixels = np.asarray(draw(GREY, found(boxes, labels=("cup", "bowl", "vase", "bottle"))))
    for number in range(4):
        rows, _ = np.nonzero((drawn == colour(number)).all(2))
        pen_rows.append(set(rows))
    height = round(measures((200, 300)).text * 1.35)
    assert all(len(rows) >= height - 2 for rows in pen_rows)


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (3, 2)])
def test_the_smallest_pictures_are_drawn_on(size: tuple[int, int]) -> None:
    image: Pixels = np.zeros((*size, 3), np.uint8)
    some = found([[0, 0, size[1], size[0]], [5, 5, 4, 4]], size)
    assert draw(image, some).size == size[::-1]
    assert draw_both(image, {"torch": some, "tf": some}).size == size[::-1]


def test_both_frameworks_are_seen_where_their_boxes_are_one() -> None:
    one = found([[40, 60, 240, 180]])
    drawn: Pixels = np.asarray(draw_both(GREY, {"torch": one, "tf": one}))
    row = drawn[60, 60:220]
    torch, keras = ((row == shade).all(1).mean() for shade in picture.SIDES.values())
    assert 0.3 < torch < 0.7
    assert 0.3 < keras < 0.7
    legend = drawn[-2 * round(measures((200, 300)).text * 1.35) :, :40]
    assert all((legend == shade).all(2).any() for shade in picture.SIDES.values())


def test_both_frameworks_are_seen_where_their_boxes_differ() -> None:
    first, second = found([[40, 60, 240, 180]]), found([[50, 70, 260, 190], [10, 10, 30, 30]], labels=("cup", "bowl"))
    drawn: Pixels = np.asarray(draw_both(GREY, {"torch": first, "tf": second}))
    torch, keras = picture.SIDES.values()
    assert (drawn[120, 40] == torch).all()
    assert (drawn[70:190, 259] == keras).all(1).any()
    assert (drawn[30:44, 10:20] == keras).all(2).any() or (drawn[10:24, 10:20] == keras).all(2).any()


def test_a_picture_is_written_whole_and_over_nothing(tmp_path: Path) -> None:
    drawn = draw(GREY, found([[40, 60, 240, 180]]))
    save(drawn, tmp_path / "a.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), np.asarray(drawn))
    with pytest.raises(FileError, match="exists already; write over it with --force"):
        save(drawn, tmp_path / "a.png")
    save(drawn, tmp_path / "a.JPG")
    with Image.open(tmp_path / "a.JPG") as read:
        assert read.format == "JPEG"
    with pytest.raises(DiptychError, match=r"the name of a picture ends in .png, .jpg"):
        save(drawn, tmp_path / "a.gif")
    with pytest.raises(FileError, match=r"cannot write .*wide.jpg"):
        save(Image.new("RGB", (70000, 1)), tmp_path / "wide.jpg")
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "a.JPG"}
