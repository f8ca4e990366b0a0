"""Boxes of PyTorch: their forms, areas and overlaps; see `common.detection.boxes`."""

from __future__ import annotations

import math

import torch

from ...common.detection.boxes import EPS


def corners(boxes: torch.Tensor) -> torch.Tensor:
    """(centre x, centre y, width, height) as (x1, y1, x2, y2)."""
    centre, half = boxes[..., :2], boxes[..., 2:] / 2
    return torch.cat([centre - half, centre + half], -1)


def centres(boxes: torch.Tensor) -> torch.Tensor:
    """(x1, y1, x2, y2) as (centre x, centre y, width, height)."""
    first, second = boxes[..., :2], boxes[..., 2:]
    return torch.cat([(first + second) / 2, second - first], -1)


def swapped(boxes: torch.Tensor) -> torch.Tensor:
    """(x1, y1, x2, y2) as (y1, x1, y2, x2), TensorFlow's order, and back; centres and sizes likewise."""
    x1, y1, x2, y2 = boxes.unbind(-1)
    return torch.stack([y1, x1, y2, x2], -1)


def area(boxes: torch.Tensor) -> torch.Tensor:
    """The areas (...) of boxes (..., 4); 0 of an empty one."""
    width, height = _sides(boxes)
    return width * height


def iou(first: torch.Tensor, second: torch.Tensor, eps: float = EPS) -> torch.Tensor:
    """Intersection over union, 0 to 1."""
    intersection, union = _shared(first, second)
    return _over(intersection, union + eps)


def overlap(first: torch.Tensor, second: torch.Tensor, areas: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """The numbers of `iou` in half of its passes, for suppression: `areas` are those of both, made once.

    NaN where both boxes are empty, which is above no threshold. The passes that are left out keep the gradient of ties.
    """
    width, height = (
        (torch.minimum(first[..., high], second[..., high]) - torch.maximum(first[..., low], second[..., low])).relu_()
        for low, high in ((0, 2), (1, 3))
    )
    intersection = width * height
    return intersection / (areas + others - intersection)


def giou(first: torch.Tensor, second: torch.Tensor, eps: float = EPS) -> torch.Tensor:
    """Generalised IoU (Rezatofighi et al. 2019): less the share of the hull that neither box fills; -1 to 1."""
    intersection, union = _shared(first, second)
    width, height = _hull(first, second)
    hull = width * height
    return _over(intersection, union + eps) - _over(hull - union, hull + eps)


def diou(first: torch.Tensor, second: torch.Tensor, eps: float = EPS, power: float = 1.0) -> torch.Tensor:
    """Distance IoU (Zheng et al. 2020): less the squared distance of the centres over the hull's squared diagonal.

    Darknet's NMS raises that quotient to the `power` 0.6, which has no gradient where the centres meet.
    """
    width, height = _hull(first, second)
    dx, dy = _apart(first, second)
    distance = _over(dx * dx + dy * dy, width * width + height * height + eps)
    return iou(first, second, eps) - (distance if power == 1.0 else distance**power)


def ciou(first: torch.Tensor, second: torch.Tensor, eps: float = EPS, alpha_eps: float | None = None) -> torch.Tensor:
    """Complete IoU (Zheng et al. 2020): DIoU less alpha times v, how far the aspect ratios differ.

    alpha = v / (1 - IoU + v + eps) has no gradient, with `alpha_eps` in place of eps where it is given; the ratio of a
    box without width and height counts as 0.
    """
    angle = _angle(second) - _angle(first)
    v = 4 / math.pi**2 * angle * angle
    alpha = _over(v, 1 - iou(first, second, eps) + v + (eps if alpha_eps is None else alpha_eps)).detach()
    return diou(first, second, eps) - alpha * v


def _smaller(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    return torch.where(first < second, first, second)


def _larger(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    return torch.where(first > second, first, second)


def _side(low: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
    """A length, 0 where negative."""
    length = high - low
    return torch.where(length <= 0, torch.zeros_like(length), length)


def _sides(boxes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Width and height."""
    return _side(boxes[..., 0], boxes[..., 2]), _side(boxes[..., 1], boxes[..., 3])


def _shared(first: torch.Tensor, second: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The areas of the intersection and of the union."""
    width, height = (
        _side(_larger(first[..., low], second[..., low]), _smaller(first[..., high], second[..., high]))
        for low, high in ((0, 2), (1, 3))
    )
    intersection = width * height
    return intersection, area(first) + area(second) - intersection


def _hull(first: torch.Tensor, second: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Width and height of the smallest box around both."""
    width, height = (
        _side(_smaller(first[..., low], second[..., low]), _larger(first[..., high], second[..., high]))
        for low, high in ((0, 2), (1, 3))
    )
    return width, height


def _apart(first: torch.Tensor, second: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """How far the centres lie apart on each axis."""
    dx, dy = (
        (second[..., low] + second[..., high]) / 2 - (first[..., low] + first[..., high]) / 2
        for low, high in ((0, 2), (1, 3))
    )
    return dx, dy


def _angle(boxes: torch.Tensor) -> torch.Tensor:
    """The arc tangent of width / height."""
    width, height = _sides(boxes)
    # The gradient of atan2 at (0, 0) is 0 in PyTorch and NaN in TensorFlow.
    return torch.atan2(width, torch.where((width == 0) & (height == 0), torch.ones_like(height), height))


def _over(part: torch.Tensor, whole: torch.Tensor) -> torch.Tensor:
    """A quotient, 0 where `whole` is."""
    nothing = whole == 0
    return torch.where(nothing, torch.zeros_like(part), part / torch.where(nothing, torch.ones_like(whole), whole))
