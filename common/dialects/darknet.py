"""Darknet: timm shares our names; pytorchcv counts stages and units from 1, Darknet-53's from the halving layer on."""

from __future__ import annotations

from ..dialect import Dialect, rules, same

STAGES_19 = ((0,), (2,), (4, 5, 6), (8, 9, 10), (12, 13, 14, 15, 16), (18, 19, 20, 21, 22))
PYTORCHCV_19 = rules(
    *(
        (f"features.{number}.*", f"features.stage{stage}.unit{unit}.*")
        for stage, numbers in enumerate(STAGES_19, 1)
        for unit, number in enumerate(numbers, 1)
    ),
    ("classifier", "output.final_conv"),
)
PYTORCHCV_53 = rules(
    ("stem.conv1.*", "features.init_block.*"),
    ("stages.{s}.conv_down.*", "features.stage{s+1}.unit1.*"),
    ("stages.{s}.blocks.{b}.*", "features.stage{s+1}.unit{b+2}.*"),
    ("head.fc", "output"),
)

DIALECTS = (
    Dialect("pytorchcv", "darknet19_cls", "darknet19", PYTORCHCV_19),
    *same("timm", darknet53_cls="darknet53", cspdarknet53_cls="cspdarknet53"),
    Dialect("pytorchcv", "darknet53_cls", "darknet53", PYTORCHCV_53, {"alpha": 0.01}, {"slope": "alpha"}),
)
