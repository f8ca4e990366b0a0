"""Which boxes and classes of PyTorch come to suppression; see `common.detection.candidates`."""

from __future__ import annotations

import torch
from torch.nn import functional

from ...common.detection.candidates import NEVER


def candidates(
    scores: torch.Tensor, score: float, most: int, least: int, best_only: bool
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The best scores (N, K), their boxes and their classes, in order; box M stands where there is none.

    They are those of the K boxes whose best scores are the best: before any of their scores stands one of each box
    before it. So all scores of a few boxes are put in order, not those of all.
    """
    scores = _wanted(scores, score)
    number, classes = scores.shape[1:]
    rows = _top(scores.amax(2), min(most, number))[1].sort(1).values
    own = take(scores, rows)
    flat = (_best(own) if best_only else own).flatten(1)
    flat = functional.pad(flat, (0, max(least - flat.shape[1], 0)), value=NEVER)
    best, order = _top(flat, min(most, flat.shape[1]))
    rows = functional.pad(rows, (0, 1), value=number)
    places = take(rows, torch.where(best > NEVER, order // classes, own.shape[1]))
    return best, places, order % classes


def take(x: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
    """x (N, M, ...) at the places (N, K) of each image."""
    image = torch.arange(len(x), device=x.device)[:, None]
    return x[image, places]


def _wanted(scores: torch.Tensor, score: float) -> torch.Tensor:
    """The scores, minus infinity where they are no candidates."""
    return torch.where(scores > score, scores, NEVER)


def _best(scores: torch.Tensor) -> torch.Tensor:
    """The scores of each box's best class, the first of equal ones, minus infinity elsewhere."""
    # torch.argmax does not say which of several equal values it takes.
    number = torch.arange(scores.shape[2], device=scores.device)
    equal = scores == scores.amax(2, keepdim=True)
    best = torch.where(equal, number, scores.shape[2]).amin(2, keepdim=True)
    return torch.where(number == best, scores, torch.full_like(scores, NEVER))


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
