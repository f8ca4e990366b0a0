"""Weights that one model shares among layers and the other has once for each: equal today, and trained apart."""

from __future__ import annotations

from ..checking.case import Finding
from .pair import Pair


def unshared(pair: Pair) -> Finding | None:
    """The first weight of a model that several of the other stand for."""
    partners: tuple[dict[str, set[str]], dict[str, set[str]]] = ({}, {})
    one, other = pair.alignment.one.steps, pair.alignment.other.steps
    for a, b in pair.alignment.partners.items():
        mine, theirs = one[a].node.own_weights(), other[b].node.own_weights()
        for name in mine.keys() & theirs.keys():
            partners[0].setdefault(mine[name], set()).add(theirs[name])
            partners[1].setdefault(theirs[name], set()).add(mine[name])
    for place, found in enumerate(partners):
        for name, several in found.items():
            if len(several) > 1:
                return _told(pair, place, name, sorted(several))
    return None


def _told(pair: Pair, place: int, name: str, several: list[str]) -> Finding:
    here, there = pair.both[place].label, pair.both[1 - place].label
    said = (f"weight sharing: {name} of {here} is one weight that is used {len(several)} times, and {there} has "
            f"{' and '.join(several)}, which are trained apart; call one layer {len(several)} times")  # fmt: skip
    return Finding(False, float(len(several) - 1), 0.0, several[-1] if place else name, said, 1)
