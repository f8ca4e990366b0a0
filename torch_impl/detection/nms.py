"""Non-maximum suppression of PyTorch's boxes; see `common.detection.nms`."""

from __future__ import annotations

import torch
from torch._higher_order_ops.while_loop import while_loop
from torch.nn import functional

from ...common.detection.checks import require_boxes, require_limits
from ...common.detection.detector import Found
from .boxes import diou
from .boxes import iou as iou_of

NEVER = -float("inf")


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
    with `best_only` each has its best class alone. All pairs of an image's candidates are in memory at once.
    """
    require_boxes(boxes.shape, scores.shape)
    require_limits(iou, score, max_candidates, max_boxes)
    best, places, classes = _candidates(_wanted(scores, score, best_only), max_candidates, max_boxes)
    corners = _take(functional.pad(boxes, (0, 0, 0, 1)), places)
    groups = classes if per_class else torch.zeros_like(classes)
    left = _greedy(_hits(corners, groups, iou, power), best > NEVER)
    return _first(left, Found(corners, best, classes, places, left.sum(1)), max_boxes)


def _wanted(scores: torch.Tensor, score: float, best_only: bool) -> torch.Tensor:
    """The scores, minus infinity where they are no candidates."""
    never = torch.full_like(scores, NEVER)
    scores = torch.where(scores > score, scores, never)
    if best_only:
        # torch.argmax does not say which of several equal values it takes.
        number = torch.arange(scores.shape[2], device=scores.device)
        equal = scores == scores.max(2, keepdim=True).values
        best = torch.where(equal, number, scores.shape[2]).min(2, keepdim=True).values
        scores = torch.where(number == best, scores, never)
    return scores


def _candidates(scores: torch.Tensor, most: int, least: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The best scores (N, K), their boxes and their classes, in order; box M stands where there is none."""
    number, classes = scores.shape[1:]
    flat = functional.pad(scores.flatten(1), (0, max(least - number * classes, 0)), value=NEVER)
    best, order = _top(flat, min(most, flat.shape[1]))
    return best, torch.where(best > NEVER, order // classes, number), order % classes


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


def _hits(boxes: torch.Tensor, groups: torch.Tensor, iou: float, power: float | None) -> torch.Tensor:
    """Which candidate (N, K, 1) suppresses which (N, 1, K), if it is left itself."""
    first, second = boxes[:, :, None], boxes[:, None]
    overlap = iou_of(first, second, 0.0) if power is None else diou(first, second, 0.0, power)
    number = torch.arange(boxes.shape[1], device=boxes.device)
    behind = number[:, None] < number
    return (overlap > iou) & behind & (groups[:, :, None] == groups[:, None])


def _greedy(hits: torch.Tensor, candidates: torch.Tensor) -> torch.Tensor:
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
