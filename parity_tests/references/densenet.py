"""DenseNet."""

from __future__ import annotations

import re

from . import Reference

LAYERS = {"0_bn": "norm1", "1_conv": "conv1", "1_bn": "norm2", "2_conv": "conv2"}
OUTSIDE = {"conv1_conv": "conv0", "conv1_bn": "norm0", "bn": "norm5"}


def named(layer: str) -> str:
    """Our name of a layer of keras.applications: its stage 2 is our dense block 1, after which its pool 2 stands."""
    if layer == "predictions":
        return "classifier"
    if found := re.fullmatch(r"conv(\d)_block(\d+)_(.+)", layer):
        return f"features.denseblock{int(found[1]) - 1}.denselayer{found[2]}.{LAYERS[found[3]]}"
    if found := re.fullmatch(r"pool(\d)_(bn|conv)", layer):
        return f"features.transition{int(found[1]) - 1}.{'norm' if found[2] == 'bn' else 'conv'}"
    return f"features.{OUTSIDE[layer]}"


DEPTHS = (121, 161, 169, 201)
# torchvision has no function for the deepest network of the paper, but the class that makes it.
LARGEST = {"growth_rate": 32, "block_config": (6, 12, 64, 48), "num_init_features": 64}
REFERENCES = (
    *(
        Reference(f"densenet{depth}", library, f"densenet{depth}")
        for library in ("torchvision", "timm")
        for depth in DEPTHS
    ),
    Reference("densenet264", "torchvision", "DenseNet", LARGEST),
    *(
        Reference(f"densenet{depth}.keras", "keras.applications", f"DenseNet{depth}", names=named)
        for depth in (121, 169, 201)
    ),
)
