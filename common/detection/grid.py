"""Where the places of all levels are: constants of a detector and an input size, in NumPy for both frameworks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..spec import Array
from .detector import Level


class Grid(NamedTuple):
    """Of all M places of all levels, in the order level, row, column, anchor: column and row, stride, anchor's sides.

    cell (M, 2), stride (M, 1), anchors (M, 2) in pixels, in float64.
    """

    cell: Array
    stride: Array
    anchors: Array

    @property
    def centre(self) -> Array:
        """The centres of the cells (M, 2) in pixels."""
        return (self.cell + 0.5) * self.stride

    @property
    def boxes(self) -> Array:
        """The anchors around them, as corners (M, 4) in pixels."""
        return np.concatenate([self.centre - self.anchors / 2, self.centre + self.anchors / 2], -1)


def grid(shapes: Sequence[Sequence[int]], levels: Sequence[Level]) -> Grid:
    """The grid of maps of (height, width), one for each level.

    >>> grid([(1, 2)], [Level(8)]).centre.tolist()
    [[4.0, 4.0], [12.0, 4.0]]
    """
    cells, strides, anchors = [], [], []
    for (height, width), level in zip(shapes, levels, strict=True):
        rows, columns, each = np.meshgrid(*map(np.arange, (height, width, len(level.anchors))), indexing="ij")
        cells.append(np.stack([columns, rows], -1).reshape(-1, 2).astype(np.float64))
        strides.append(np.full((each.size, 1), float(level.stride)))
        anchors.append(np.array(level.anchors, np.float64)[each.reshape(-1)])
    return Grid(np.concatenate(cells), np.concatenate(strides), np.concatenate(anchors))
