"""Pre-activation ResNet: timm and pytorchcv have stages and units, keras.applications counts stages from 2."""

from __future__ import annotations

from ..dialect import Dialect, rules

DEPTHS = (18, 34, 50, 101, 152)
UNIT = "features.stage{s}.unit{b+1}"
PYTORCHCV = rules(
    ("conv1", "features.init_block.conv"),
    ("bn1", "features.init_block.bn"),
    ("layer{s}.{b}.conv{n}", f"{UNIT}.body.conv{{n}}.conv"),
    ("layer{s}.{b}.bn{n}", f"{UNIT}.body.conv{{n}}.bn"),
    ("layer{s}.{b}.downsample.0", f"{UNIT}.identity_conv"),
    ("post_bn", "features.post_activ.bn"),
    ("fc", "output"),
)
TIMM = rules(
    ("conv1", "stem.conv"),
    ("layer{s+1}.{b}.conv{n}", "stages.{s}.blocks.{b}.conv{n}"),
    ("layer{s+1}.{b}.bn{n}", "stages.{s}.blocks.{b}.norm{n}"),
    ("layer{s+1}.{b}.downsample.0", "stages.{s}.blocks.{b}.downsample.conv"),
    ("post_bn", "norm"),
    ("fc", "head.fc", True),
)
BLOCK = "conv{s+1}_block{b+1}"
KERAS = rules(
    ("conv1", "conv1_conv"),
    ("layer{s}.{b}.bn1", f"{BLOCK}_preact_bn"),
    ("layer{s}.{b}.downsample.0", f"{BLOCK}_0_conv"),
    ("layer{s}.{b}.conv{n}", f"{BLOCK}_{{n}}_conv"),
    ("layer{s}.{b}.bn{n+1}", f"{BLOCK}_{{n}}_bn"),
    ("post_bn", "post_bn"),
    ("fc", "predictions"),
)

DIALECTS = (
    *(
        Dialect("pytorchcv", f"preresnet{depth}", f"preresnet{depth}{'b' if depth > 34 else ''}", PYTORCHCV)
        for depth in (*DEPTHS, 200)
    ),
    *(Dialect("timm", f"preresnet{depth}.timm", f"resnetv2_{depth}", TIMM) for depth in DEPTHS),
    *(Dialect("keras.applications", f"preresnet{depth}.keras", f"ResNet{depth}V2", KERAS) for depth in DEPTHS[2:]),
)
