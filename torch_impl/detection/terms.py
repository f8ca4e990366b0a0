"""What the losses of detectors are made of, in PyTorch; see `common.detection.terms`."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional as F

from ...common.detection.learning import Overlap
from ...common.spec import Array
from .boxes import ciou, diou, giou, iou


def flattened(cells: Sequence[torch.Tensor]) -> torch.Tensor:
    """The cells (N, H, W, A, K) of all levels as (N, M, K), in the order level, row, column, anchor."""
    return torch.cat([part.flatten(1, 3) for part in cells], 1)


def constant(values: Array, like: torch.Tensor) -> torch.Tensor:
    """Numbers of a detector as a tensor of the dtype and the device of another."""
    return torch.as_tensor(values, dtype=like.dtype, device=like.device)


def detached(x: torch.Tensor) -> torch.Tensor:
    """Numbers through which no gradient passes."""
    return x.detach()


def kept(wanted: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """The numbers that are wanted, 0 in place of the others, NaN too."""
    return torch.where(wanted, x, torch.zeros_like(x))


def log_sigmoid(x: torch.Tensor) -> torch.Tensor:
    """The logarithm of a sigmoid."""
    return F.logsigmoid(x)


def cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy of every logit with its target from 0 to 1."""
    return -targets * log_sigmoid(logits) - (1 - targets) * log_sigmoid(-logits)


def focal(logits: torch.Tensor, targets: torch.Tensor, alpha: float, gamma: float, smoothing: float) -> torch.Tensor:
    """Focal loss of every logit: cross-entropy times `(1 - p)**gamma`, and alpha for 1 or 1 - alpha for 0.

    p is the probability of the target, which is 0 or 1. The smoothing a of the cross-entropy makes y (1 - a) + a / 2 of
    a target y, and leaves the two factors as they are.
    """
    factor = targets * alpha + (1 - targets) * (1 - alpha)
    # A power of 0 has no gradient in one framework and NaN in the other.
    modulator = torch.exp(gamma * (targets * log_sigmoid(-logits) + (1 - targets) * log_sigmoid(logits)))
    return factor * modulator * cross_entropy(logits, targets * (1 - smoothing) + smoothing / 2)


def huber(errors: torch.Tensor, delta: float) -> torch.Tensor:
    """Half of the square of each error up to delta, then delta times the error less half of delta."""
    size = torch.abs(errors)
    return torch.where(size <= delta, errors * errors / 2, delta * (size - delta / 2))


def one_hot(classes: torch.Tensor, count: int) -> torch.Tensor:
    """Class numbers (...), as numbers of any dtype, as (..., count) of that dtype: nothing but 0 of class -1."""
    return (classes[..., None] == torch.arange(count, device=classes.device)).to(classes.dtype)


def first(found: torch.Tensor, axis: int) -> torch.Tensor:
    """The place of the first that is true along an axis; 0 where none is."""
    size = found.shape[axis]
    index = torch.arange(size, device=found.device).reshape(
        [size if place == axis else 1 for place in range(found.ndim)]
    )
    return torch.where(found, index, size).amin(axis) % size


def best(x: torch.Tensor, most: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The largest values along the last axis and their places, largest first, of equal ones the lower place first."""
    # torch.topk does not say which of several equal values it takes.
    values, order = torch.sort(x, dim=-1, descending=True, stable=True)
    return values[..., :most], order[..., :most]


def last(places: torch.Tensor, wanted: torch.Tensor, count: int) -> torch.Tensor:
    """Which of the rows (N, R) that are wanted is the last one at each of `count` places, (N, count); -1 where none is.

    `places` (N, R) are from 0 to count - 1; those of other rows do not matter.
    """
    places = kept(wanted, places)
    number = torch.where(wanted, torch.arange(places.shape[1], device=places.device), -1)
    found = torch.full((places.shape[0], count), -1, device=places.device)
    return found.scatter_reduce(1, places, number, "amax")


def overlap_of(
    name: Overlap, first: torch.Tensor, second: torch.Tensor, eps: float, alpha_eps: float | None = None
) -> torch.Tensor:
    """The overlap of a name, of boxes as corners; `alpha_eps` is of "ciou" alone."""
    if name == "ciou":
        return ciou(first, second, eps, alpha_eps)
    return {"iou": iou, "giou": giou, "diou": diou}[name](first, second, eps)
