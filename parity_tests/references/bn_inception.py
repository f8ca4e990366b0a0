"""BN-Inception."""

from __future__ import annotations

import re

from . import Reference

STEM = {"conv1": "conv1", "conv2_reduce": "conv2.conv1", "conv2": "conv2.conv2"}
UNITS = {"3a": "1.1", "3b": "1.2", "3c": "2.1", "4a": "2.2", "4b": "2.3", "4c": "2.4", "4d": "2.5", "4e": "3.1"}
UNITS |= {"5a": "3.2", "5b": "3.3"}  # stage and unit of pytorchcv
BRANCHES = ("reduce3x3", "conv3x3"), ("reduce_double", "double1", "double2")
LAYERS = {name: f"{branch}.conv{i + 1}" for branch, names in enumerate(BRANCHES) for i, name in enumerate(names)}


def named(name: str) -> str:
    """pytorchcv's name of a weight of ours."""
    module, layer, rest = re.fullmatch(r"(?:inception_(..)\.)?(\w+)\.(.+)", name).groups()  # type: ignore[union-attr]
    if module is None:
        return f"features.init_block.{STEM[layer]}.{rest}" if layer in STEM else f"output.{rest}"
    stage, unit = UNITS[module].split(".")
    place = {"conv1x1": "branch1", "pool_proj": "branch4.conv"}.get(layer)
    if place is None:  # a module that halves the map has no first branch
        number, _, conv = LAYERS[layer].partition(".")
        place = f"branch{int(number) + (1 if module in ('3c', '4e') else 2)}.{conv}"
    return f"features.stage{stage}.unit{unit}.branches.{place}.{rest}"


REFERENCES = (Reference("bn_inception", "pytorchcv", "bninception", names=named),)
