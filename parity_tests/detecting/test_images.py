"""Pictures of every kind become (H, W, 3) of uint8; whatever is none is refused in one sentence."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from diptych.common.errors import DiptychError, FileError
from diptych.detecting.images import PIXELS, Pixels, files, pixels, several

RNG = np.random.default_rng(0)
PHOTO: Pixels = RNG.integers(0, 256, (9, 14, 3), dtype=np.uint8)


def saved(path: Path, array: Pixels, mode: str | None = None, **options: Any) -> Path:
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


@pytest.mark.parametrize("suffix", ["png", "bmp", "ppm", "tiff"])
def test_a_lossless_file_gives_its_bytes(tmp_path: Path, suffix: str) -> None:
    assert np.array_equal(pixels(saved(tmp_path / f"a.{suffix}", PHOTO)), PHOTO)


def test_transparency_is_dropped_and_the_colour_below_it_stays(tmp_path: Path) -> None:
    alpha = np.dstack([PHOTO, np.zeros(PHOTO.shape[:2], np.uint8)])
    assert np.array_equal(pixels(saved(tmp_path / "a.png", alpha)), PHOTO)
    assert np.array_equal(pixels(alpha), PHOTO)


def test_grey_is_three_equal_channels(tmp_path: Path) -> None:
    grey = PHOTO[..., 0]
    expected = np.stack([grey] * 3, 2)
    for image in (saved(tmp_path / "a.png", grey), grey, grey[..., None], Image.fromarray(grey)):
        assert np.array_equal(pixels(image), expected)
    with_alpha = Image.merge("LA", (Image.fromarray(grey), Image.fromarray(grey[::-1].copy())))
    assert np.array_equal(pixels(with_alpha), expected)


@pytest.mark.parametrize(("mode", "suffix"), [("CMYK", "tiff"), ("P", "png"), ("1", "png"), ("YCbCr", "tiff")])
def test_other_modes_are_pillows_rgb(tmp_path: Path, mode: str, suffix: str) -> None:
    path = saved(tmp_path / f"a.{suffix}", PHOTO, mode)
    assert np.array_equal(pixels(path), np.asarray(Image.open(path).convert("RGB")))


@pytest.mark.parametrize("suffix", ["png", "tiff", "pgm"])
def test_sixteen_bits_are_scaled_and_not_clipped(tmp_path: Path, suffix: str) -> None:
    wide = np.array([[0, 128, 129, 257, 30000, 65535]], np.uint16)
    Image.fromarray(wide).save(tmp_path / f"a.{suffix}")
    assert pixels(tmp_path / f"a.{suffix}")[0, :, 1].tolist() == [0, 0, 1, 1, 117, 255]


def test_an_animation_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (6, 4), colour) for colour in ("red", "lime", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert pixels(tmp_path / "a.gif")[2, 3].tolist() == [255, 0, 0]


@pytest.mark.parametrize(("orientation", "turned"), [(1, 0), (3, 2), (6, -1), (8, 1)])
def test_a_picture_is_turned_as_its_exif_says(tmp_path: Path, orientation: int, turned: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / "a.png", PHOTO, exif=exif)
    assert np.array_equal(pixels(path), np.rot90(PHOTO, turned))


def test_one_pixel_and_twenty_thousand_in_a_row(tmp_path: Path) -> None:
    assert pixels(saved(tmp_path / "a.png", PHOTO[:1, :1])).shape == (1, 1, 3)
    assert pixels(saved(tmp_path / "b.png", np.zeros((40, 20000), np.uint8))).shape == (40, 20000, 3)


@pytest.mark.parametrize("rows", [4000, 12000])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, rows: int) -> None:
    """The second is beyond the limit at which Pillow itself refuses."""
    Image.new("1", (20000, rows)).save(tmp_path / "a.png")
    assert 20000 * rows > PIXELS
    with pytest.raises(FileError, match=rf"a.png has .*more than {PIXELS:,}.*cut it into pieces"):
        pixels(tmp_path / "a.png")


def cut(path: Path) -> Path:
    whole = io.BytesIO()
    Image.fromarray(RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(whole, "PNG")
    path.write_bytes(whole.getvalue()[:4000])
    return path


def test_what_is_no_picture_is_refused_by_name(tmp_path: Path) -> None:
    empty, text, gone = tmp_path / "a.png", tmp_path / "b.jpg", tmp_path / "c.png"
    empty.touch()
    text.write_text("no picture")
    os.mkfifo(tmp_path / "d.png")
    Image.fromarray(np.zeros((2, 2), np.float32)).save(tmp_path / "e.tiff")
    cases = [(empty, "is empty, expected an image"), (text, "is no image that can be read"), (gone, "does not exist")]
    cases += [(tmp_path / "d.png", "is a FIFO"), (tmp_path, "is a folder")]
    cases += [(tmp_path / "e.tiff", "floating-point numbers.*save it with 8 or 16 bits")]
    cases += [(cut(tmp_path / "f.png"), "cannot be read as an image: .*truncated")]
    for path, said in cases:
        with pytest.raises(FileError, match=rf"{path.name}.*{said}"):
            pixels(path)


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (PHOTO.astype("float32"), r"\(9, 14, 3\) of float32"),
        (np.zeros((3, 9, 14), np.uint8), r"\(3, 9, 14\) of uint8"),
        (np.zeros((0, 4, 3), np.uint8), r"\(0, 4, 3\) of uint8"),
        (b"bytes", "not a bytes"),
    ],
)
def test_an_array_that_is_no_picture_is_refused(image: Any, said: str) -> None:
    with pytest.raises(DiptychError, match=said):
        pixels(image)


def test_one_image_several_and_a_batch_are_told_apart() -> None:
    for one in ("a.png", Path("a.png"), PHOTO, Image.fromarray(PHOTO)):
        assert len(list(several(one))) == 1
    for two in (["a", "b"], iter(["a", "b"]), np.stack([PHOTO, PHOTO])):
        assert len(list(several(two))) == 2
    with pytest.raises(DiptychError, match="not a int"):
        list(several(3))


def test_a_folder_stands_for_the_images_in_it(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpg", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "more.png").mkdir()
    assert files([tmp_path, "x.png"]) == [tmp_path / "a.jpg", tmp_path / "b.PNG", Path("x.png")]
    with pytest.raises(FileError, match=r"has no image in it; the suffixes are .bmp"):
        files([tmp_path / "more.png"])
