"""Soft non-maximum suppression of PyTorch's boxes; see `common.detection.soft_nms`."""

from __future__ import annotations

import torch
from torch._higher_order_ops.while_loop import while_loop
from torch.nn import functional

from ...common.detection.candidates import NEVER
from ...common.detection.checks import require_boxes
from ...common.detection.detector import Found
from ...common.detection.limits import require_limits
from .boxes import area
from .boxes import overlap as overlap_of
from .candidates import candidates, take


def soft_nms(
    boxes: torch.Tensor,
    scores: torch.Tensor,
    *,
    sigma: float = 0.5,
    score: float = 0.001,
    max_candidates: int = 1000,
    max_boxes: int = 100,
    per_class: bool = True,
    best_only: bool = False,
) -> Found:
    """What is taken of boxes (N, M, 4), corners, with scores (N, M, classes): (N, max_boxes) and a count, in order.

    The scores are those with which the boxes were taken. Without `per_class` boxes take score from those of other
    classes too; with `best_only` each has its best class alone.
    """
    require_boxes(boxes.shape, scores.shape)
    require_limits(0.0, score, max_candidates, max_boxes, sigma)
    classes = scores.shape[2]
    running, places, groups = candidates(scores, score, max_candidates, max_boxes, best_only)
    order = (places * classes + groups).sort(1).indices
    running, places, groups = take(running, order), take(places, order), take(groups, order)
    corners = take(functional.pad(boxes, (0, 0, 0, 1)), places)
    rivals = groups if per_class else torch.zeros_like(groups)
    best, chosen = _taken(corners, rivals, running, max_boxes, sigma, score)
    shown = best > NEVER
    kept, found = (torch.where(x, y, 0) for x, y in ((shown[..., None], take(corners, chosen)), (shown, best)))
    groups, places = (torch.where(shown, take(part, chosen), -1) for part in (groups, places))
    return Found(kept, found, groups, places, shown.sum(1))


def _taken(
    boxes: torch.Tensor, groups: torch.Tensor, scores: torch.Tensor, most: int, sigma: float, least: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """The scores (N, most) with which candidates (N, K) are taken, minus infinity where none is left, and which."""
    number = torch.arange(boxes.shape[1], device=boxes.device)
    turns = torch.arange(most, device=boxes.device)
    areas = area(boxes)

    def more(turn: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
        return turn < most

    def again(
        turn: torch.Tensor, running: torch.Tensor, best: torch.Tensor, chosen: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        top = running.amax(1, keepdim=True)
        at = torch.where(running == top, number, len(number)).amin(1, keepdim=True)
        overlap = overlap_of(take(boxes, at), boxes, take(areas, at), areas)
        meets = (overlap > 0) & (groups == take(groups, at))
        running = running * torch.where(meets, torch.exp(-overlap * overlap / sigma), 1)
        running = torch.where((running > least) & (number != at), running, NEVER)
        here = turns == turn
        return turn + 1, running, torch.where(here, top, best), torch.where(here, at, chosen)

    start = torch.zeros((), dtype=torch.int64, device=boxes.device)
    state = (start, scores.clone(), scores[:, :most].clone(), torch.zeros_like(groups[:, :most]))
    if torch.compiler.is_compiling():  # run eagerly, while_loop would compile by itself
        state = while_loop(more, again, state)
    else:
        for _ in range(most):
            state = again(*state)
    return state[2], state[3]
