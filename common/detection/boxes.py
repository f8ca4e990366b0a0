"""Boxes as (..., 4) arrays: their forms, areas, and how far two of them overlap.

The meaning in NumPy; `torch_impl` and `tf_impl` have the same functions for tensors. Boxes are pairs of corners
(x1, y1, x2, y2) unless said; leading axes broadcast, so that `iou(a[:, None], b[None])` is all pairs. Pixels have no
size of their own: the area is (x2 - x1)(y2 - y1). A box whose second corner lies before its first is empty, and NaN
in a box is NaN in the answer.

`eps` is added to whatever is divided by: 1e-7 as in torchvision, where a quotient of two empty boxes is then 0; or 0,
where a division by zero gives 0, as in Darknet. The smaller and the larger of two equal numbers are the second one,
here and in both frameworks, whose own minimum and maximum share the gradient of a tie in two different ways.
"""

from __future__ import annotations

import math

import numpy as np

from ..spec import Array

EPS = 1e-7
"""What torchvision adds to the union and to the hull."""


def corners(boxes: Array) -> Array:
    """(centre x, centre y, width, height) as (x1, y1, x2, y2).

    >>> corners(np.array([5.0, 4.0, 2.0, 6.0])).tolist()
    [4.0, 1.0, 6.0, 7.0]
    """
    centre, half = boxes[..., :2], boxes[..., 2:] / 2
    return np.concatenate([centre - half, centre + half], -1)


def centres(boxes: Array) -> Array:
    """(x1, y1, x2, y2) as (centre x, centre y, width, height)."""
    first, second = boxes[..., :2], boxes[..., 2:]
    return np.concatenate([(first + second) / 2, second - first], -1)


def swapped(boxes: Array) -> Array:
    """(x1, y1, x2, y2) as (y1, x1, y2, x2), TensorFlow's order, and back; centres and sizes likewise."""
    x1, y1, x2, y2 = np.moveaxis(boxes, -1, 0)
    return np.stack([y1, x1, y2, x2], -1)


def area(boxes: Array) -> Array:
    """The areas (...) of boxes (..., 4); 0 of an empty one."""
    width, height = _sides(boxes)
    return width * height


def iou(first: Array, second: Array, eps: float = EPS) -> Array:
    """Intersection over union, 0 to 1.

    >>> float(iou(np.array([0.0, 0, 2, 2]), np.array([1.0, 0, 3, 2]), eps=0))
    0.3333333333333333
    """
    intersection, union = _shared(first, second)
    return _over(intersection, union + eps)


def giou(first: Array, second: Array, eps: float = EPS) -> Array:
    """Generalised IoU (Rezatofighi et al. 2019): less the share of the hull that neither box fills; -1 to 1."""
    intersection, union = _shared(first, second)
    width, height = _hull(first, second)
    hull = width * height
    return _over(intersection, union + eps) - _over(hull - union, hull + eps)


def diou(first: Array, second: Array, eps: float = EPS, power: float = 1.0) -> Array:
    """Distance IoU (Zheng et al. 2020): less the squared distance of the centres over the hull's squared diagonal.

    Darknet's NMS raises that quotient to the `power` 0.6, which has no gradient where the centres meet.
    """
    width, height = _hull(first, second)
    dx, dy = _apart(first, second)
    distance = _over(dx * dx + dy * dy, width * width + height * height + eps)
    return iou(first, second, eps) - (distance if power == 1.0 else distance**power)


def ciou(first: Array, second: Array, eps: float = EPS, alpha_eps: float | None = None) -> Array:
    """Complete IoU (Zheng et al. 2020): DIoU less alpha times v, how far the aspect ratios differ.

    alpha = v / (1 - IoU + v + eps) has no gradient, with `alpha_eps` in place of eps where it is given; the ratio of a
    box without width and height counts as 0.
    """
    angle = _angle(second) - _angle(first)
    v = 4 / math.pi**2 * angle * angle
    alpha = _over(v, 1 - iou(first, second, eps) + v + (eps if alpha_eps is None else alpha_eps))
    return diou(first, second, eps) - alpha * v


def _smaller(first: Array, second: Array) -> Array:
    return np.where(first < second, first, second)


def _larger(first: Array, second: Array) -> Array:
    return np.where(first > second, first, second)


def _side(low: Array, high: Array) -> Array:
    """A length, 0 where negative."""
    length = high - low
    return np.where(length <= 0, np.zeros_like(length), length)


def _sides(boxes: Array) -> tuple[Array, Array]:
    """Width and height."""
    return _side(boxes[..., 0], boxes[..., 2]), _side(boxes[..., 1], boxes[..., 3])


def _shared(first: Array, second: Array) -> tuple[Array, Array]:
    """The areas of the intersection and of the union."""
    width, height = (
        _side(_larger(first[..., low], second[..., low]), _smaller(first[..., high], second[..., high]))
        for low, high in ((0, 2), (1, 3))
    )
    intersection = width * height
    return intersection, area(first) + area(second) - intersection


def _hull(first: Array, second: Array) -> tuple[Array, Array]:
    """Width and height of the smallest box around both."""
    width, height = (
        _side(_smaller(first[..., low], second[..., low]), _larger(first[..., high], second[..., high]))
        for low, high in ((0, 2), (1, 3))
    )
    return width, height


def _apart(first: Array, second: Array) -> tuple[Array, Array]:
    """How far the centres lie apart on each axis."""
    dx, dy = (
        (second[..., low] + second[..., high]) / 2 - (first[..., low] + first[..., high]) / 2
        for low, high in ((0, 2), (1, 3))
    )
    return dx, dy


def _angle(boxes: Array) -> Array:
    """The arc tangent of width / height."""
    width, height = _sides(boxes)
    # The gradient of atan2 at (0, 0) is 0 in PyTorch and NaN in TensorFlow.
    return np.arctan2(width, np.where((width == 0) & (height == 0), np.ones_like(height), height))


def _over(part: Array, whole: Array) -> Array:
    """A quotient, 0 where `whole` is."""
    nothing = whole == 0
    return np.where(nothing, np.zeros_like(part), part / np.where(nothing, np.ones_like(whole), whole))
