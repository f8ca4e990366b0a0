"""A space of two layers, for tests that train it."""

from __future__ import annotations

from diptych.common.trace import Value
from diptych.common.zoo.fbnet import classifier, conv_bn
from diptych.searching import FBNET, Candidate, Layer, Space

BY_NAME = {candidate.name: candidate for candidate in FBNET}


def candidates(*names: str) -> tuple[Candidate, ...]:
    return tuple(BY_NAME[name] for name in names)


def stem(x: Value) -> Value:
    return conv_bn(x, 4, 3, name="stem")


def head(x: Value, num_classes: int) -> Value:
    return classifier(x, num_classes, name="head")


def space(*layers: Layer) -> Space:
    """The space of these layers; by default one that may be left out, and one that halves the map."""
    mine = layers or (
        Layer(4, 1, candidates("k3_e1", "k3_e3", "skip")),
        Layer(8, 2, candidates("k3_e1", "k5_e3")),
    )
    return Space("small", (1, 6, 5), mine, stem, head, 3)
