"""Xception."""

from __future__ import annotations

import re

from . import Reference

HALVING = (1, 2, 3, 12)  # our modules with a shortcut convolution, in the order in which Keras numbers those


def keras(layer: str) -> str:
    """Our name of a layer of keras.applications' Xception, whose blocks 2 to 13 are ours 1 to 12."""
    if layer == "predictions":
        return "fc"
    if found := re.fullmatch(r"(conv2d|batch_normalization)_?(\d*)", layer):
        return f"block{HALVING[int(found[2] or 0)]}.{'skip' if found[1] == 'conv2d' else 'skipbn'}"
    found = re.fullmatch(r"block(\d+)_(?:sep)?conv(\d)(_bn)?", layer)
    if not found:
        raise LookupError(layer)
    block, number, norm = int(found[1]), int(found[2]), bool(found[3])
    if block in (1, 14):
        return f"{'bn' if norm else 'conv'}{number + (2 if block == 14 else 0)}"
    place = 3 * (number - 1) + norm + (block > 2)  # a ReLU stands in front, but for the first
    return f"block{block - 1}.rep.{place}"


REFERENCES = (
    Reference("xception", "timm", "legacy_xception"),
    Reference("xception.keras", "keras.applications", "Xception", names=keras),
)
