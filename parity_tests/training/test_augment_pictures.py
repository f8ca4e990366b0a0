"""The pixels of augmentation: OpenCV's, and YOLOX's own code in whole, draw for draw."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from augmented import smooth
from references.libraries import torchvision_models

from diptych.common.augment import affine, colour, frame, mixup, mosaic
from diptych.common.augment.labelled import AREA, Labelled, labelled
from diptych.common.augment.warp import warped
from diptych.common.spec import Array

cv2: Any = importlib.import_module("cv2")
SIZE = (64, 64)
NEAR = 2
"""Levels that OpenCV's places between pixels, of 5 bits, move a picture without edges by."""


def every(step: int, hues: int = 256) -> Array:
    """Bytes of three channels, nearly all."""
    axes = (np.arange(hues), np.arange(0, 256, step), np.arange(0, 256, step))
    found: Array = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(hues, -1, 3).astype(np.uint8)
    return found


def far(ours: Array, theirs: Array) -> int:
    return int(np.abs(ours.astype(int) - theirs.astype(int)).max())


def test_hue_saturation_and_value_are_opencvs() -> None:
    assert far(colour.to_hsv(every(7)), cv2.cvtColor(every(7), cv2.COLOR_RGB2HSV)) == 0
    ours, theirs = colour.to_rgb(every(7, 180)), cv2.cvtColor(every(7, 180), cv2.COLOR_HSV2RGB)
    assert far(ours, theirs) == 1
    assert (ours != theirs).mean() < 0.02


def test_factors_and_steps_worked_by_hand() -> None:
    """Red of value 200: a hue of 0 stays 0 times 1.5; plus 60 it is green; -5 is 175, a red with blue."""
    red = np.array([[[200, 0, 0]]], np.uint8)
    assert colour.multiplied(red, (1.5, 0.5, 1.1))[0, 0].tolist() == [220, 110, 110]
    assert colour.added(red, (60, 0, 30))[0, 0].tolist() == [0, 230, 0]
    assert colour.added(red, (-5, 0, 100))[0, 0].tolist() == [255, 0, 42]
    assert colour.multiplied(np.array([[[0, 0, 255]]], np.uint8), (1.75, 1, 1))[0, 0].tolist() == [255, 255, 0], (
        "210 is 30"
    )


def test_a_motion_is_opencvs_where_pixels_are_counted_as_there() -> None:
    image, motion = smooth((90, 120)), affine.Motion(20, 1.3, (5, -3), (0.05, -0.1))
    map_of = affine.matrix(motion, (90, 120), (80, 70))
    theirs = cv2.warpAffine(image, map_of[:2], (70, 80), borderValue=(114,) * 3)
    inside = warped(np.ones_like(image), map_of, (80, 70), 0, "opencv") == 1  # the border has an edge
    apart = [
        far(np.where(inside, frame.as_bytes(warped(image, map_of, (80, 70), 114, rule)), theirs), theirs)
        for rule in ("opencv", "half")
    ]
    assert apart[0] <= NEAR
    assert apart[1] > 0


def test_mixup_worked_by_hand() -> None:
    one, two = (
        labelled(np.full((1, 1, 3), level, np.uint8), [[0, 0, 1, 1]], [kind]) for level, kind in ((7, 0), (10, 1))
    )
    assert mixup.mixup(one, two).image[0, 0, 0] == 8, "8.5 is cut"
    assert mixup.mixup(one, two, rounding="nearest").image[0, 0, 0] == 9
    assert mixup.mixup(one, two, 0.25).image[0, 0, 0] == 9, "9.25"
    assert mixup.mixup(one, two).classes.tolist() == [0, 1]


class Script:
    """`random` whose answers stand fixed: shares from 0 to 1 of what is asked for."""

    def __init__(self, shares: Sequence[float]) -> None:
        self.shares = list(shares)

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self.shares.pop(0)

    def randint(self, low: int, high: int) -> int:
        return low + int((high - low) * self.shares.pop(0))

    def random(self) -> float:
        return self.shares.pop(0)


class Pictures:
    """What YOLOX asks of a data set; the sides are whole at the ratio of the input, so that boxes are the same."""

    input_dim = SIZE

    def __init__(self) -> None:
        sizes = ((32, 64), (128, 64), (64, 64), (16, 32), (128, 128))
        self.items = [
            labelled(smooth(size, seed), [[1, 2, size[1] / 2, size[0] - 3], [5, 6, 20, 14]], [seed, 9])
            for seed, size in enumerate(sizes)
        ]

    def __len__(self) -> int:
        return len(self.items)

    def load_anno(self, index: int) -> Array:
        one = self.items[index]
        return np.concatenate([one.boxes, one.classes[:, None]], 1)

    def pull_item(self, index: int) -> tuple[Any, ...]:
        return self.items[index].image.copy(), self.load_anno(index), SIZE, index


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """YOLOX's mosaic, with a function that sets what is drawn."""
    torchvision_models()
    module = importlib.import_module("yolox.data.datasets.mosaicdetection")
    augment = importlib.import_module("yolox.data.data_augment")

    def run(shares: Sequence[float], mixed: bool) -> tuple[Array, Array]:
        script = Script(shares)
        monkeypatch.setattr(module, "random", script)
        monkeypatch.setattr(augment, "random", script)
        made = module.MosaicDetection(Pictures(), SIZE, preproc=lambda image, labels, _: (image, labels), degrees=10.0,
                                      mosaic_scale=(0.1, 2), enable_mixup=mixed)  # fmt: skip
        image, labels, *_ = made[0]
        assert script.shares == []
        return image, labels

    return run


# Of the mosaic: whether, y and x of the point, three pictures; of the motion: angle, scale, shears, shifts.
MOSAIC = (0.5, 0.3, 0.6, 0.3, 0.6, 0.9)
MOTIONS = {"still": (0.5, 0.9 / 1.9, 0.5, 0.5, 0.5, 0.5), "moved": (0.8, 0.55, 0.3, 0.9, 0.4, 0.7)}


def ours(shares: Sequence[float]) -> Labelled:
    pictures = Pictures().items
    down, across = (int(64 * (0.5 + share)) for share in MOSAIC[1:3])
    four = [pictures[0], *(pictures[int(4 * share)] for share in MOSAIC[3:])]
    angle, scale, one, two, right, below = shares
    shear = (one * 4 - 2, two * 4 - 2)
    motion = affine.Motion(angle * 20 - 10, 0.1 + 1.9 * scale, shear, (right * 0.2 - 0.1, below * 0.2 - 0.1))
    made = mosaic.mosaic(four, SIZE, (across, down), "yolox")
    return affine.affine(made, motion, SIZE, "yolox", AREA, centres="opencv")


@pytest.mark.parametrize("motion", MOTIONS)
def test_yolox_makes_the_same_mosaic(theirs: Any, motion: str) -> None:
    image, labels = theirs([*MOSAIC, *MOTIONS[motion]], False)
    made = ours(MOTIONS[motion])
    has_area = (labels[:, 2:4] > labels[:, :2]).all(1)
    assert len(made.boxes) > 3
    np.testing.assert_allclose(made.boxes, labels[has_area, :4], atol=1e-9)
    assert made.classes.tolist() == labels[has_area, 4].tolist()
    assert np.median(np.abs(made.image.astype(int) - image)) <= 1
    assert (np.abs(made.image.astype(int) - image) > 8).mean() < 0.05, "at the edges of pictures alone"


@pytest.mark.parametrize(("scale", "mirror"), [(0.75, 0.9), (0.0, 0.2)])
def test_yolox_mixes_the_same(theirs: Any, scale: float, mirror: float) -> None:
    start = [0.4, 0.6] if scale > 0.5 else []
    image, labels = theirs([*MOSAIC, *MOTIONS["still"], 0.5, scale, mirror, 0.3, *start], True)
    first = ours(MOTIONS["still"])
    large = int(64 * (0.5 + scale))
    where = [int((large - 64 - 1) * share) for share in start] or [0, 0]
    how = mixup.Paste(0.5 + scale, mirror > 0.5, (where[1], where[0]))
    made = AREA.among(mixup.paste(first, Pictures().items[1], how))
    has_area = (labels[:, 2:4] > labels[:, :2]).all(1)
    np.testing.assert_allclose(made.boxes, labels[has_area, :4], atol=1e-9)
    assert made.classes.tolist() == labels[has_area, 4].tolist()
    assert far(made.image, image) <= NEAR


def test_yolox_draws_hue_saturation_and_value_from_the_same_ranges(theirs: Any) -> None:
    augment = importlib.import_module("yolox.data.data_augment")
    image = smooth((40, 50))
    for seed in range(4):
        state = np.random.RandomState(seed)
        steps = (state.uniform(-1, 1, 3) * np.array(colour.STEPS) * state.randint(0, 2, 3)).astype(int)
        np.random.seed(seed)
        other = np.ascontiguousarray(image[..., ::-1])
        augment.augment_hsv(other)
        assert far(colour.added(image, (int(steps[0]), int(steps[1]), int(steps[2]))), other[..., ::-1]) <= 1
    drawn = np.array([colour.draw_steps(np.random.default_rng(seed)) for seed in range(200)])
    assert np.abs(drawn).max(0).tolist() == [4, 29, 29]
    factors = np.array([colour.draw_factors(np.random.default_rng(seed)) for seed in range(200)])
    assert (np.abs(factors - 1).max(0) <= colour.GAINS).all()
