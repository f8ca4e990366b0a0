"""Boxes of TensorFlow: their forms, areas and overlaps; see `common.detection.boxes`."""

from __future__ import annotations

import math

import tensorflow as tf

from ...common.detection.boxes import EPS


def corners(boxes: tf.Tensor) -> tf.Tensor:
    """(centre x, centre y, width, height) as (x1, y1, x2, y2)."""
    centre, half = boxes[..., :2], boxes[..., 2:] / 2
    return tf.concat([centre - half, centre + half], -1)


def centres(boxes: tf.Tensor) -> tf.Tensor:
    """(x1, y1, x2, y2) as (centre x, centre y, width, height)."""
    first, second = boxes[..., :2], boxes[..., 2:]
    return tf.concat([(first + second) / 2, second - first], -1)


def swapped(boxes: tf.Tensor) -> tf.Tensor:
    """(x1, y1, x2, y2) as (y1, x1, y2, x2), TensorFlow's order, and back; centres and sizes likewise."""
    x1, y1, x2, y2 = tf.unstack(boxes, axis=-1)
    return tf.stack([y1, x1, y2, x2], -1)


def area(boxes: tf.Tensor) -> tf.Tensor:
    """The areas (...) of boxes (..., 4); 0 of an empty one."""
    width, height = _sides(boxes)
    return width * height


def iou(first: tf.Tensor, second: tf.Tensor, eps: float = EPS) -> tf.Tensor:
    """Intersection over union, 0 to 1."""
    intersection, union = _shared(first, second)
    return _over(intersection, union + eps)


def giou(first: tf.Tensor, second: tf.Tensor, eps: float = EPS) -> tf.Tensor:
    """Generalised IoU (Rezatofighi et al. 2019): less the share of the hull that neither box fills; -1 to 1."""
    intersection, union = _shared(first, second)
    width, height = _hull(first, second)
    hull = width * height
    return _over(intersection, union + eps) - _over(hull - union, hull + eps)


def diou(first: tf.Tensor, second: tf.Tensor, eps: float = EPS, power: float = 1.0) -> tf.Tensor:
    """Distance IoU (Zheng et al. 2020): less the squared distance of the centres over the hull's squared diagonal.

    Darknet's NMS raises that quotient to the `power` 0.6, which has no gradient where the centres meet.
    """
    width, height = _hull(first, second)
    dx, dy = _apart(first, second)
    distance = _over(dx * dx + dy * dy, width * width + height * height + eps)
    return iou(first, second, eps) - (distance if power == 1.0 else distance**power)


def ciou(first: tf.Tensor, second: tf.Tensor, eps: float = EPS, alpha_eps: float | None = None) -> tf.Tensor:
    """Complete IoU (Zheng et al. 2020): DIoU less alpha times v, how far the aspect ratios differ.

    alpha = v / (1 - IoU + v + eps) has no gradient, with `alpha_eps` in place of eps where it is given; the ratio of a
    box without width and height counts as 0.
    """
    angle = _angle(second) - _angle(first)
    v = 4 / math.pi**2 * angle * angle
    alpha = tf.stop_gradient(_over(v, 1 - iou(first, second, eps) + v + (eps if alpha_eps is None else alpha_eps)))
    return diou(first, second, eps) - alpha * v


def _smaller(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    return tf.where(first < second, first, second)


def _larger(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    return tf.where(first > second, first, second)


def _side(low: tf.Tensor, high: tf.Tensor) -> tf.Tensor:
    """A length, 0 where negative."""
    length = high - low
    return tf.where(length <= 0, tf.zeros_like(length), length)


def _sides(boxes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Width and height."""
    return _side(boxes[..., 0], boxes[..., 2]), _side(boxes[..., 1], boxes[..., 3])


def _shared(first: tf.Tensor, second: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The areas of the intersection and of the union."""
    width, height = (
        _side(_larger(first[..., low], second[..., low]), _smaller(first[..., high], second[..., high]))
        for low, high in ((0, 2), (1, 3))
    )
    intersection = width * height
    return intersection, area(first) + area(second) - intersection


def _hull(first: tf.Tensor, second: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Width and height of the smallest box around both."""
    width, height = (
        _side(_smaller(first[..., low], second[..., low]), _larger(first[..., high], second[..., high]))
        for low, high in ((0, 2), (1, 3))
    )
    return width, height


def _apart(first: tf.Tensor, second: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """How far the centres lie apart on each axis."""
    dx, dy = (
        (second[..., low] + second[..., high]) / 2 - (first[..., low] + first[..., high]) / 2
        for low, high in ((0, 2), (1, 3))
    )
    return dx, dy


def _angle(boxes: tf.Tensor) -> tf.Tensor:
    """The arc tangent of width / height."""
    width, height = _sides(boxes)
    # The gradient of atan2 at (0, 0) is 0 in PyTorch and NaN in TensorFlow.
    return tf.atan2(width, tf.where((width == 0) & (height == 0), tf.ones_like(height), height))


def _over(part: tf.Tensor, whole: tf.Tensor) -> tf.Tensor:
    """A quotient, 0 where `whole` is."""
    nothing = whole == 0
    return tf.where(nothing, tf.zeros_like(part), part / tf.where(nothing, tf.ones_like(whole), whole))
