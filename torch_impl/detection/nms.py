"""Non-maximum suppression of PyTorch's boxes; see `common.detection.nms`."""

from __future__ import annotations

import math

import torch
from torch._higher_order_ops.while_loop import while_loop
from torch.nn import functional

from ...common.detection.checks import require_boxes, require_limits
from ...common.detection.detector import Found
from .boxes import diou
from .boxes import iou as iou_of

NEVER = -float("inf")
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
) -> Found:
    """What is left of boxes (N, M, 4), corners, with scores (N, M, classes): best first, (N, max_boxes) and a count.

    With a `power` the overlap is Darknet's form of DIoU. Without `per_class` boxes suppress those of other classes too;
    with `best_only` each has its best class alone. Pairs of candidates are looked at block by block.
    """
    require_boxes(boxes.shape, scores.shape)
    require_limits(iou, score, max_candidates, max_boxes)
    best, places, classes = _candidates(_wanted(scores, score), max_candidates, max_boxes, best_only)
    corners = _take(functional.pad(boxes, (0, 0, 0, 1)), places)
    groups = classes if per_class else torch.zeros_like(classes)
    left = _greedy(corners, groups, best > NEVER, iou, power)
    return _first(left, Found(corners, best, classes, places, left.sum(1)), max_boxes)


def _wanted(scores: torch.Tensor, score: float) -> torch.Tensor:
    """The scores, minus infinity where they are no candidates."""
    return torch.where(scores > score, scores, torch.full_like(scores, NEVER))


def _best(scores: torch.Tensor) -> torch.Tensor:
    """The scores of each box's best class, the first of equal ones, minus infinity elsewhere."""
    # torch.argmax does not say which of several equal values it takes.
    number = torch.arange(scores.shape[2], device=scores.device)
    equal = scores == scores.amax(2, keepdim=True)
    best = torch.where(equal, number, scores.shape[2]).amin(2, keepdim=True)
    return torch.where(number == best, scores, torch.full_like(scores, NEVER))


def _candidates(
    scores: torch.Tensor, most: int, least: int, best_only: bool
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The best scores (N, K), their boxes and their classes, in order; box M stands where there is none.

    They are those of the K boxes whose best scores are the best: before any of their scores stands one of each box
    before it. So all scores of a few boxes are put in order, not those of all.
    """
    number, classes = scores.shape[1:]
    rows = _top(scores.amax(2), min(most, number))[1].sort(1).values
    own = _take(scores, rows)
    flat = (_best(own) if best_only else own).flatten(1)
    flat = functional.pad(flat, (0, max(least - flat.shape[1], 0)), value=NEVER)
    best, order = _top(flat, min(most, flat.shape[1]))
    rows = functional.pad(rows, (0, 1), value=number)
    places = _take(rows, torch.where(best > NEVER, order // classes, own.shape[1]))
    return best, places, order % classes


def _top(flat: torch.Tensor, most: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The largest values and their places, the lower place first where equal, which torch.topk does not promise.

    To sort them all would take ten times as long.
    """
    last = flat.topk(most).values[:, -1:]
    above, equal = flat > last, flat == last
    taken = above | (equal & (equal.cumsum(1) <= most - above.sum(1, keepdim=True)))
    number = torch.arange(flat.shape[1], device=flat.device)
    places = torch.where(taken, number, flat.shape[1]).topk(most, largest=False).values
    best, order = flat.gather(1, places).sort(dim=1, descending=True, stable=True)
    return best, places.gather(1, order)


def _greedy(
    boxes: torch.Tensor, groups: torch.Tensor, candidates: torch.Tensor, iou: float, power: float | None
) -> torch.Tensor:
    """Those of the candidates, best first, that none before them which is left suppresses: block after block."""
    left, settled = candidates, []
    size = max(BLOCK, math.ceil(boxes.shape[1] / BLOCKS))
    for start in range(0, boxes.shape[1], size):
        hits = _hits(boxes[:, start:], groups[:, start:], size, iou, power)
        own = _settled(hits[:, :, :size], left[:, :size])
        left = left[:, size:] & ~(hits[:, :, size:] & own[:, :, None]).any(1)
        settled.append(own)
    return torch.cat(settled, 1)


def _hits(boxes: torch.Tensor, groups: torch.Tensor, size: int, iou: float, power: float | None) -> torch.Tensor:
    """Which of the first candidates (N, size, 1) suppresses which of all (N, 1, K), if it is left itself."""
    first, second = boxes[:, :size, None], boxes[:, None]
    overlap = iou_of(first, second, 0.0) if power is None else diou(first, second, 0.0, power)
    number = torch.arange(boxes.shape[1], device=boxes.device)
    behind = number[:size, None] < number
    return (overlap > iou) & behind & (groups[:, :size, None] == groups[:, None])


def _settled(hits: torch.Tensor, candidates: torch.Tensor) -> torch.Tensor:
    """Those that none before them which is left suppresses, for all at once until nothing changes.

    After n rounds the first n are final, so that K suffice; chains of suppression are short and so are the rounds.
    """

    def changes(left: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        return (left != before).any()

    def again(left: torch.Tensor, before: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return candidates & ~(hits & left[:, :, None]).any(1), left.clone()

    state = (candidates.clone(), ~candidates)
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
    boxes, scores, *whole = (_take(part, order) for part in found[:4])
    boxes, scores = torch.where(shown[..., None], boxes, 0), torch.where(shown, scores, 0)
    classes, places = (torch.where(shown, part, -1) for part in whole)
    return Found(boxes, scores, classes, places, count)


def _take(x: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """x (N, M, ...) at the places (N, K) of each image."""
    image = torch.arange(len(x), device=x.device)[:, None]
    return x[image, places]
