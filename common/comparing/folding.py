"""Batch normalisations of one side that the other has folded into the weights of the layer before them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from ..ops.batch_norm import BatchNorm
from ..rewriting.fold import affine
from ..spec import Array
from ..weights import Weights
from .align import Alignment
from .flow import Flow
from .weight_causes import RELATIVE, close

FOLDED = "batch normalisation folded into the layer before it: the same in evaluation, another network in training"
Pairs = Iterator[tuple[int | None, int | None]]


def with_folds(found: Alignment, weights: tuple[Weights, Weights]) -> Alignment:
    """The alignment in which a normalisation, and not the layer before it, is the partner of the layer that holds both.

    Weights tell it: those of the one layer are those of both but for rounding to float32, as most people keep them.
    """
    flows, paired = (found.one, found.other), (frozenset(found.partners), frozenset(found.partners.values()))
    norms = dict[tuple[int, int], tuple[int | None, int | None]]()
    for a, b in found.partners.items():
        for side, place in enumerate((a, b)):
            norm = _norm_after(flows[side], place, paired[side])
            if norm is None:
                continue
            own, theirs = (_own(flows[at], (a, b)[at], weights[at]) for at in (side, 1 - side))
            if _holds_both(flows[side], norm, weights[side], own, theirs):
                norms[a, b] = (norm, None) if side == 0 else (None, norm)
    if not norms:
        return found
    folds = tuple((a if x is None else x, b if y is None else y) for (a, b), (x, y) in norms.items())
    return replace(found, pairs=tuple(_paired_anew(found, norms)), folds=folds)


def _paired_anew(found: Alignment, norms: Mapping[tuple[int, int], tuple[int | None, int | None]]) -> Pairs:
    moved = {x: b for (_, b), (x, _) in norms.items() if x is not None}
    others = {y: a for (a, _), (_, y) in norms.items() if y is not None}
    for a, b in found.pairs:
        norm = norms.get((a, b)) if a is not None and b is not None else None
        if norm is not None:
            yield (a, None) if norm[0] is not None else (None, b)
        elif b is None and a in moved:
            yield a, moved[a]
        elif a is None and b in others:
            yield others[b], b
        else:
            yield a, b


def _norm_after(flow: Flow, place: int, paired: frozenset[int]) -> int | None:
    """The place of the batch normalisation without a partner that is all that reads a step."""
    after = flow.readers[place]
    alone = len(after) == 1 and after[0] not in paired and place not in flow.outputs
    return after[0] if alone and isinstance(flow.steps[after[0]].node.op, BatchNorm) else None


def _own(flow: Flow, place: int, weights: Weights) -> dict[str, Array]:
    names = flow.steps[place].node.own_weights()
    return {own: np.asarray(weights[name], np.float64) for own, name in names.items()}


def _holds_both(flow: Flow, norm: int, weights: Weights, own: Mapping[str, Array], theirs: Mapping[str, Array]) -> bool:
    """Whether weights of the other side (`theirs`) are those of a layer (`own`) and of its normalisation at once."""
    step = flow.steps[norm]
    if {*theirs} != {"weight", "bias"} or "weight" not in own or own["weight"].shape != theirs["weight"].shape:
        return False
    assert isinstance(step.node.op, BatchNorm)  # noqa: S101 - _norm_after looked
    factor, offset = affine(step.node.op, step.path, weights)
    if len(factor) != len(own["weight"]):
        return False
    kernel = own["weight"] * factor.reshape(-1, *[1] * (own["weight"].ndim - 1))
    before, shift = own.get("bias", np.zeros(1)) * factor, np.asarray(weights[f"{step.path}.bias"], np.float64)
    terms = np.abs(before) + np.abs(shift) + np.abs(shift - offset)  # which may nearly cancel out
    near = np.abs(before + offset - theirs["bias"]) <= RELATIVE * terms
    return close(kernel, theirs["weight"]) and bool(near.all())
