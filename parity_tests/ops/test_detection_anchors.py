"""Anchors: as loops over plain numbers, and as effdet has them."""

from __future__ import annotations

import itertools
from types import ModuleType

import numpy as np
import pytest
from references.effdet_models import effdet_module
from references.libraries import torchvision_models

from diptych.common.detection.anchors import (
    EFFICIENTDET,
    EFFICIENTDET_D7,
    EXACT,
    ROUNDED,
    AnchorGrid,
    anchors,
    level_sizes,
    sizes,
)
from diptych.common.errors import DiptychError
from diptych.common.spec import Array

SIZES = [(128, 128), (128, 256), (200, 131), (1, 3)]
GRIDS = [EFFICIENTDET, EFFICIENTDET_D7, AnchorGrid(aspects=EXACT), AnchorGrid(2, 4, 2, ((1.0, 2.0),), 3.0)]


def effdet(name: str) -> ModuleType:
    """A module of the package, which imports torchvision."""
    torchvision_models()
    return effdet_module(name)


def one_by_one(size: tuple[int, int], grid: AnchorGrid) -> Array:
    """Corners of all anchors, by the paper's words; a map is halved and rounded up level by level."""
    found, shape = [], size
    for level in range(1, grid.last + 1):
        shape = ((shape[0] + 1) // 2, (shape[1] + 1) // 2)
        if level < grid.first:
            continue
        down, across = size[0] / shape[0], size[1] / shape[1]
        places = itertools.product(range(shape[0]), range(shape[1]), range(grid.octaves), grid.aspects)
        for i, j, octave, (a, b) in places:
            y, x, side = (i + 0.5) * down, (j + 0.5) * across, grid.scale * 2 ** (octave / grid.octaves)
            w, h = side * across * a, side * down * b
            found.append([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    return np.array(found)


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("size", SIZES)
def test_they_are_what_loops_say(size: tuple[int, int], grid: AnchorGrid) -> None:
    np.testing.assert_allclose(anchors(size, grid), one_by_one(size, grid), rtol=1e-13, atol=1e-10)
    assert len(anchors(size, grid)) == grid.count * sum(h * w for h, w in level_sizes(size, grid))


@pytest.mark.parametrize("size", SIZES[:3])
@pytest.mark.parametrize("grid", GRIDS[:3])
def test_they_are_those_of_effdet(size: tuple[int, int], grid: AnchorGrid) -> None:
    theirs = effdet("anchors").Anchors(grid.first, grid.last, grid.octaves, grid.aspects, grid.scale, size)
    y1, x1, y2, x2 = theirs.boxes.numpy().T  # float32
    ours = anchors(size, grid)
    np.testing.assert_allclose(ours, np.stack([x1, y1, x2, y2], -1), rtol=1e-6, atol=1e-4)
    assert theirs.get_anchors_per_location() == grid.count


def test_the_authors_configuration_is_the_default() -> None:
    config = effdet("config").get_efficientdet_config
    for name, grid in (("tf_efficientdet_d0", EFFICIENTDET), ("tf_efficientdet_d7", EFFICIENTDET_D7)):
        theirs = config(name)
        assert (theirs.min_level, theirs.max_level, theirs.num_scales) == (grid.first, grid.last, grid.octaves)
        assert [tuple(pair) for pair in theirs.aspect_ratios] == list(ROUNDED)
        assert theirs.anchor_scale == grid.scale


def test_planted_faults_are_found() -> None:
    """Octave and aspect exchanged, centres at corners, and the other form of the aspects."""
    size = (128, 256)
    right = one_by_one(size, EFFICIENTDET)
    swapped = right.reshape(-1, 3, 3, 4).transpose(0, 2, 1, 3).reshape(-1, 4)
    for wrong in (swapped, right - 4, anchors(size, AnchorGrid(aspects=EXACT))):
        assert np.abs(anchors(size) - wrong).max() > 0.1


def test_exact_aspects_keep_the_area() -> None:
    areas = [w * h for w, h in sizes(8, AnchorGrid(aspects=EXACT))]
    np.testing.assert_allclose(areas, np.repeat([1024 * 4 ** (octave / 3) for octave in range(3)], 3))


@pytest.mark.parametrize("size", [(0, 128), (128,)])
def test_a_size_without_anchors_is_an_error(size: tuple[int, ...]) -> None:
    with pytest.raises(DiptychError, match="size of an image"):
        anchors(size)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "grid", [AnchorGrid(first=5, last=4), AnchorGrid(octaves=0), AnchorGrid(aspects=()), AnchorGrid(scale=0)]
)
def test_a_grid_without_anchors_is_an_error(grid: AnchorGrid) -> None:
    with pytest.raises(DiptychError, match="anchors need"):
        anchors((128, 128), grid)
