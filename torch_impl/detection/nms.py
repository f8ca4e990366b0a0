"""Non-maximum suppression of PyTorch's boxes; see `common.detection.nms`."""

from __future__ import annotations

import math

import torch
from torch._higher_order_ops.while_loop import while_loop
from torch.nn import functional

from ...common.detection.candidates import NEVER
from ...common.detection.checks import require_boxes
from ...common.detection.detector import Found
from ...common.detection.limits import require_limits
from .boxes import area, diou
from .boxes import overlap as overlap_of
from .candidates import candidates, take
from .soft_nms import soft_nms

BLOCK, BLOCKS = 128, 8
"""The fewest candidates of a block, and the most blocks: a compiled graph has a loop for each."""


def nms(
    boxes: torch.Tensor,
    scores: torch.Tensor,
    *,
    iou: float = 0.45,
    score: float = 0.25,
    max_candidates: int = 1000,
    max_boxes: int = 100,
    power: float | None = None,
    per_class: bool = True,
    best_only: bool = False,
    sigma: float | None = None,
) -> Found:
    """What is left of boxes (N, M, 4), corners, with scores (N, M, classes): best first, (N, max_boxes) and a count.

    With a `power` the overlap is Darknet's form of DIoU. Without `per_class` boxes suppress those of other classes too;
    with `best_only` each has its best class alone. Pairs are looked at block by block. With a
    `sigma` this is `soft_nms`.
    """
    if sigma is not None:
        return soft_nms(
            boxes,
            scores,
            sigma=sigma,
            score=score,
            max_candidates=max_candidates,
            max_boxes=max_boxes,
            per_class=per_class,
            best_only=best_only,
        )
    require_boxes(boxes.shape, scores.shape)
    require_limits(iou, score, max_candidates, max_boxes)
    best, places, classes = candidates(scores, score, max_candidates, max_boxes, best_only)
    corners = take(functional.pad(boxes, (0, 0, 0, 1)), places)
    groups = classes if per_class else torch.zeros_like(classes)
    left = _greedy(corners, groups, best > NEVER, iou, power)
    return _first(left, Found(corners, best, classes, places, left.sum(1)), max_boxes)


def _greedy(
    boxes: torch.Tensor, groups: torch.Tensor, able: torch.Tensor, iou: float, power: float | None
) -> torch.Tensor:
    """Those of the candidates, best first, that none before them which is left suppresses: block after block."""
    left, settled = able, []
    size = max(BLOCK, math.ceil(boxes.shape[1] / BLOCKS))
    for start in range(0, boxes.shape[1], size):
        hits = _hits(boxes[:, start:], groups[:, start:], size, iou, power)
        own = _settled(hits[:, :, :size], left[:, :size])
        left = left[:, size:] & ~(hits[:, :, size:] & own[:, :, None]).any(1)
        settled.append(own)
    return torch.cat(settled, 1)


def _hits(boxes: torch.Tensor, groups: torch.Tensor, size: int, iou: float, power: float | None) -> torch.Tensor:
    """Which of the first candidates (N, size, 1) suppresses which of all (N, 1, K), if it is left itself."""
    first, second, areas = boxes[:, :size, None], boxes[:, None], area(boxes)
    number = torch.arange(boxes.shape[1], device=boxes.device)
    behind = number[:size, None] < number
    overlap = overlap_of(first, second, areas[:, :size, None], areas[:, None])
    hits = (overlap > iou) & behind & (groups[:, :size, None] == groups[:, None])
    return hits if power is None else _near(hits, boxes, iou, power)


def _near(hits: torch.Tensor, boxes: torch.Tensor, iou: float, power: float) -> torch.Tensor:
    """Those that are above with Darknet's form of DIoU, too. It is never more than IoU: no other pair can be above."""
    if torch.compiler.is_compiling():  # a graph has fixed sizes
        return hits & (diou(boxes[:, : hits.shape[1], None], boxes[:, None], 0.0, power) > iou)
    image, one, other = hits.nonzero(as_tuple=True)
    return hits.index_put((image, one, other), diou(boxes[image, one], boxes[image, other], 0.0, power) > iou)


def _settled(hits: torch.Tensor, able: torch.Tensor) -> torch.Tensor:
    """Those that none before them which is left suppresses, for all at once until nothing changes.

    After n rounds the first n are final, so that K suffice; chains of suppression are short and so are the rounds.
    """

    def changes(left: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        return (left != before).any()

    def again(left: torch.Tensor, before: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return able & ~(hits & left[:, :, None]).any(1), left.clone()

    state = (able.clone(), ~able)
    if torch.compiler.is_compiling():  # run eagerly, while_loop would compile by itself
        return while_loop(changes, again, state)[0]
    while changes(*state):
        state = again(*state)
    return state[0]


def _first(left: torch.Tensor, found: Found, most: int) -> Found:
    """The first candidates that are left, and padding."""
    order = (~left).to(torch.uint8).sort(dim=1, stable=True).indices[:, :most]
    count = found.count.clamp(max=most)
    shown = torch.arange(most, device=left.device) < count[:, None]
    boxes, scores, *whole = (take(part, order) for part in found[:4])
    boxes, scores = torch.where(shown[..., None], boxes, 0), torch.where(shown, scores, 0)
    classes, places = (torch.where(shown, part, -1) for part in whole)
    return Found(boxes, scores, classes, places, count)
