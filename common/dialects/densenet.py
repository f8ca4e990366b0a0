"""DenseNet: torchvision and timm share our names; keras.applications counts its stages from the pool in front on."""

from __future__ import annotations

from ..dialect import Dialect, rules, same

DEPTHS = (121, 161, 169, 201)
LAYER = "features.denseblock{s}.denselayer{b}"
BLOCK = "conv{s+1}_block{b}"
KERAS = rules(
    ("features.conv0", "conv1_conv"),
    ("features.norm0", "conv1_bn"),
    (f"{LAYER}.norm1", f"{BLOCK}_0_bn"),
    (f"{LAYER}.conv1", f"{BLOCK}_1_conv"),
    (f"{LAYER}.norm2", f"{BLOCK}_1_bn"),
    (f"{LAYER}.conv2", f"{BLOCK}_2_conv"),
    ("features.transition{s}.norm", "pool{s+1}_bn"),
    ("features.transition{s}.conv", "pool{s+1}_conv"),
    ("features.norm5", "bn"),
    ("classifier", "predictions"),
)
LARGEST = {"growth_rate": 32, "block_config": (6, 12, 64, 48), "num_init_features": 64}

DIALECTS = (
    *same("torchvision", *(f"densenet{depth}" for depth in DEPTHS)),
    Dialect("torchvision", "densenet264", "DenseNet", arguments=LARGEST),
    *same("timm", *(f"densenet{depth}" for depth in DEPTHS)),
    *(Dialect("keras.applications", f"densenet{depth}.keras", f"DenseNet{depth}", KERAS) for depth in (121, 169, 201)),
)
