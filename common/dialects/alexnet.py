"""AlexNet: torchvision shares our names; pytorchcv groups the layers that have Caffe's names here by stage."""

from __future__ import annotations

from ..dialect import Dialect, rules, same

PYTORCHCV = rules(
    ("conv1", "features.stage1.unit1.conv"),
    ("conv2", "features.stage2.unit1.conv"),
    ("conv{n+2}", "features.stage3.unit{n}.conv"),
    ("fc8", "output.fc3"),
    ("fc{n+5}", "output.fc{n}.fc"),
)

DIALECTS = (
    *same("torchvision", alexnet_torchvision="alexnet"),
    Dialect("pytorchcv", "alexnet_ungrouped", "alexnet", PYTORCHCV),
)
