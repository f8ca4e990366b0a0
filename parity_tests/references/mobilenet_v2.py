"""MobileNetV2."""

from __future__ import annotations

import re

from . import Reference

LAYERS = (  # the layers of keras.applications by pattern
    (r"Conv1", "features.0.0"),
    (r"bn_Conv1", "features.0.1"),
    (r"expanded_conv_depthwise", "features.1.conv.0.0"),
    (r"expanded_conv_depthwise_BN", "features.1.conv.0.1"),
    (r"expanded_conv_project", "features.1.conv.1"),
    (r"expanded_conv_project_BN", "features.1.conv.2"),
    (r"block_(\d+)_expand", "features.{}.conv.0.0"),
    (r"block_(\d+)_expand_BN", "features.{}.conv.0.1"),
    (r"block_(\d+)_depthwise", "features.{}.conv.1.0"),
    (r"block_(\d+)_depthwise_BN", "features.{}.conv.1.1"),
    (r"block_(\d+)_project", "features.{}.conv.2"),
    (r"block_(\d+)_project_BN", "features.{}.conv.3"),
    (r"Conv_1", "features.18.0"),
    (r"Conv_1_bn", "features.18.1"),
    (r"predictions", "classifier.1"),
)


def named(layer: str) -> str:
    """Our name of a layer of keras.applications' MobileNetV2; block n of theirs is n + 1 of ours."""
    for pattern, name in LAYERS:
        if found := re.fullmatch(pattern, layer):
            return name.format(*(int(number) + 1 for number in found.groups()))
    raise LookupError(layer)


WIDTHS = (0.371, 0.5, 1.4)  # at 0.371 the two sources round differently

REFERENCES = (
    Reference("mobilenet_v2", "torchvision", "mobilenet_v2"),
    *(
        Reference("mobilenet_v2", "torchvision", "mobilenet_v2", {"width_mult": width}, options={"width": width})
        for width in WIDTHS
    ),
    Reference("mobilenet_v2.keras", "keras.applications", "MobileNetV2", names=named),
    *(
        Reference("mobilenet_v2.keras", "keras.applications", "MobileNetV2", {"alpha": width}, named, {"width": width})
        for width in WIDTHS
    ),
)
