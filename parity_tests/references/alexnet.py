"""AlexNet, and how pytorchcv names the layers of AlexNet and ZFNet."""

from __future__ import annotations

from . import Reference

PYTORCHCV = (  # the layers of our forms with Caffe's names
    (r"conv([12])\.(.+)", r"features.stage\1.unit1.conv.\2"),
    (r"conv3\.(.+)", r"features.stage3.unit1.conv.\1"),
    (r"conv4\.(.+)", r"features.stage3.unit2.conv.\1"),
    (r"conv5\.(.+)", r"features.stage3.unit3.conv.\1"),
    (r"fc6\.(.+)", r"output.fc1.fc.\1"),
    (r"fc7\.(.+)", r"output.fc2.fc.\1"),
    (r"fc8\.(.+)", r"output.fc3.\1"),
)

REFERENCES = (
    Reference("alexnet_torchvision", "torchvision", "alexnet"),
    Reference("alexnet_ungrouped", "pytorchcv", "alexnet", names=PYTORCHCV, size=(227, 227)),
)
