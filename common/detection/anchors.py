"""The anchors of EfficientDet (Tan et al. 2020) and RetinaNet (Lin et al. 2017, section 4): the boxes to begin with.

They follow from the size of the image alone, so they are NumPy constants and have no twins: both frameworks take them
as they are. On level n a map has one cell for 2^n pixels of height and width, rounded up each time that the image is
halved, and the stride is the side of the image over that of the map: a fraction where the side is no multiple of the
stride. Each cell has `octaves` times `aspects` anchors around its centre.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from ..errors import DiptychError
from ..spec import Array
from .detector import Anchors

ROUNDED: Anchors = ((1.0, 1.0), (1.4, 0.7), (0.7, 1.4))
"""Width and height of an anchor of side 1: as numbers with one digit, in effdet and in the authors' code of 2020."""
EXACT: Anchors = ((1.0, 1.0), (math.sqrt(2), 1 / math.sqrt(2)), (1 / math.sqrt(2), math.sqrt(2)))
"""The same as roots, so that every anchor has the same area: in the authors' code of today."""


@dataclasses.dataclass(frozen=True)
class AnchorGrid:
    """Which anchors there are: on levels `first` to `last`, `octaves` sides in each doubling, each in all `aspects`.

    An anchor has the sides (a, b) scale stride 2^(o / octaves), for (a, b) in `aspects` and o from 0 on. The scale of
    EfficientDet-D7 is 5.
    """

    first: int = 3
    last: int = 7
    octaves: int = 3
    aspects: Anchors = ROUNDED
    scale: float = 4.0

    @property
    def count(self) -> int:
        """How many anchors a cell has."""
        return self.octaves * len(self.aspects)


EFFICIENTDET = AnchorGrid()
EFFICIENTDET_D7 = AnchorGrid(scale=5.0)


def level_sizes(size: tuple[int, int], grid: AnchorGrid = EFFICIENTDET) -> list[tuple[int, int]]:
    """The (height, width) of each level's map for an image of (height, width).

    >>> level_sizes((512, 640))
    [(64, 80), (32, 40), (16, 20), (8, 10), (4, 5)]
    """
    _require(size, grid)
    height, width = size
    return [(-(-height // 2**level), -(-width // 2**level)) for level in range(grid.first, grid.last + 1)]


def sizes(stride: float, grid: AnchorGrid = EFFICIENTDET) -> Anchors:
    """The (width, height) of the anchors of a cell in pixels, by octave, then aspect.

    >>> sizes(8)[:2]
    ((32.0, 32.0), (44.8, 22.4))
    """
    sides = [grid.scale * stride * 2 ** (octave / grid.octaves) for octave in range(grid.octaves)]
    return tuple((side * across, side * down) for side in sides for across, down in grid.aspects)


def anchors(size: tuple[int, int], grid: AnchorGrid = EFFICIENTDET) -> Array:
    """All anchors (M, 4) of an image of (height, width): corners (x1, y1, x2, y2) in pixels, in float64.

    Their order: level, row, column, octave, aspect. They are not cut at the border of the image. Raises DiptychError
    for a size or a grid without any.
    """
    levels = [_of_level(size, shape, grid) for shape in level_sizes(size, grid)]
    return np.concatenate(levels)


def _of_level(size: tuple[int, int], shape: tuple[int, int], grid: AnchorGrid) -> Array:
    """The anchors of a map of (height, width), with the strides of this image."""
    down, across = (side / cells for side, cells in zip(size, shape, strict=True))
    rows, columns = (np.arange(cells) + 0.5 for cells in shape)
    y, x = np.meshgrid(rows * down, columns * across, indexing="ij")
    centre = np.stack([x, y], -1)[:, :, None]
    widths, heights = (np.array(sizes(stride, grid))[:, axis] for axis, stride in enumerate((across, down)))
    half = np.stack([widths, heights], -1) / 2
    return np.concatenate([centre - half, centre + half], -1).reshape(-1, 4)


def _require(size: tuple[int, int], grid: AnchorGrid) -> None:
    if len(size) != 2 or min(size) < 1:
        raise DiptychError(f"the size of an image is (height, width) in pixels, not {tuple(size)}")
    if not 0 <= grid.first <= grid.last or grid.octaves < 1 or not grid.aspects or not grid.scale > 0:
        raise DiptychError(
            "anchors need levels from a first to a last, at least one octave and one aspect, and a scale above 0, "
            f"not {grid}"
        )
