"""YOLOX: the authors' code, and pixeltable-yolox after it, share our names but for the residual units of Darknet-53.

Only the authors have that network, as `yolov3`; the package that the tests install has no name for it.
"""

from __future__ import annotations

from ..dialect import Dialect, rules, same

SIZES = ("nano", "tiny", "s", "m", "l", "x")
DARKNET_53 = rules(
    ("backbone.backbone.dark5.7.*", "backbone.backbone.dark5.7.*"),  # pyramid pooling, whose convolutions are conv1, 2
    ("backbone.backbone.stem.2.conv{n}.*", "backbone.backbone.stem.2.layer{n}.*"),
    ("backbone.backbone.dark{s}.{b}.conv{n}.*", "backbone.backbone.dark{s}.{b}.layer{n}.*"),
)

DIALECTS = (
    *same("yolox", **{f"yolox_{size}": f"yolox-{size}" for size in SIZES}),
    Dialect("yolox", "yolox_darknet53", "", DARKNET_53),
)
