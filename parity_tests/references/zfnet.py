"""ZFNet."""

from __future__ import annotations

from . import Reference
from .alexnet import PYTORCHCV

REFERENCES = (
    Reference("zfnet_paper", "pytorchcv", "zfnet", names=PYTORCHCV, size=(224, 224)),
    Reference("zfnet_cs231n", "pytorchcv", "zfnetb", names=PYTORCHCV, size=(224, 224)),
)
