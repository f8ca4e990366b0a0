"""EfficientDet: effdet's models whose names begin with tf_, the authors' form."""

from __future__ import annotations

import re

from . import Reference
from .efficientnet import timm_named

INPUTS = {"0": "3", "1": "2", "2": "1", "3": "0", "4": "1", "5": "2", "6": "3", "7": "4"}
"""Node of a cell -> the map of its own level, as effdet counts them: 0 to 4 are those that come in."""


def effdet_named(name: str) -> str:
    """effdet's name of a weight: the backbone is timm's, a fusion has three parts, a level's normalisation a chain."""
    if name.startswith("backbone."):
        return f"backbone.{timm_named(name.removeprefix('backbone.'))}"
    if found := re.fullmatch(r"fpn\.resample\.(\w+\.\w+)", name):
        return f"fpn.resample.3.conv.{found[1]}"
    if found := re.fullmatch(r"(fpn\.cell\.\d+\.fnode\.(\d))\.(.+)", name):
        node, number, inside = found.groups()
        if inside == "edge_weights":
            return f"{node}.combine.edge_weights"
        if inside.startswith("lateral."):
            return f"{node}.combine.resample.{INPUTS[number]}.conv.{inside.removeprefix('lateral.')}"
        return f"{node}.after_combine.conv.{inside.removeprefix('conv.')}"
    if found := re.fullmatch(r"(\w+_net\.bn_rep\.\d\.\d)\.(\w+)", name):
        return f"{found[1]}.bn.{found[2]}"
    return name


REFERENCES = tuple(
    Reference(f"efficientdet_d{n}", "effdet", f"tf_efficientdet_d{n}", names=effdet_named) for n in range(8)
)
