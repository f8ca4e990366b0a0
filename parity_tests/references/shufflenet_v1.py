"""ShuffleNet; pytorchcv ends in a mean of 7x7."""

from __future__ import annotations

from . import Reference

REFERENCES = tuple(
    Reference(f"shufflenet_v1_g{groups}", "pytorchcv", f"shufflenet_g{groups}_w1", size=(224, 200))
    for groups in (1, 2, 3, 4, 8)
)
