"""ZFNet: pytorchcv names its layers as AlexNet's."""

from __future__ import annotations

from ..dialect import Dialect
from .alexnet import PYTORCHCV

DIALECTS = (
    Dialect("pytorchcv", "zfnet_paper", "zfnet", PYTORCHCV),
    Dialect("pytorchcv", "zfnet_cs231n", "zfnetb", PYTORCHCV),
)
