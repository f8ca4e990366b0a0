"""Inception v3."""

from __future__ import annotations

import re

from . import Reference

A = "1x1 5x5_1 5x5_2 3x3dbl_1 3x3dbl_2 3x3dbl_3 _pool"
B = "3x3 3x3dbl_1 3x3dbl_2 3x3dbl_3"
C = "1x1 7x7_1 7x7_2 7x7_3 7x7dbl_1 7x7dbl_2 7x7dbl_3 7x7dbl_4 7x7dbl_5 _pool"
D = "3x3_1 3x3_2 7x7x3_1 7x7x3_2 7x7x3_3 7x7x3_4"
E = "1x1 3x3_1 3x3_2a 3x3_2b 3x3dbl_1 3x3dbl_2 3x3dbl_3a 3x3dbl_3b _pool"
STEM = ["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3"]
MIXED = {"5b": A, "5c": A, "5d": A, "6a": B, "6b": C, "6c": C, "6d": C, "6e": C, "7a": D, "7b": E, "7c": E}
# keras.applications numbers the convolutions of Inception v3 in the order in which its source makes them.
INCEPTION_V3 = [*STEM, *(f"Mixed_{mixed}.branch{name}" for mixed, names in MIXED.items() for name in names.split())]


def named(layer: str) -> str:
    """Our name of a layer of keras.applications' InceptionV3."""
    if layer == "predictions":
        return "fc"
    found = re.fullmatch(r"(conv2d|batch_normalization)_?(\d*)", layer)
    if not found:
        raise LookupError(layer)
    return f"{INCEPTION_V3[int(found[2] or 0)]}.{'conv' if found[1] == 'conv2d' else 'bn'}"


REFERENCES = (
    Reference("inception_v3", "torchvision", "inception_v3", {"aux_logits": False, "init_weights": False}),
    Reference("inception_v3_aux", "torchvision", "inception_v3", {"aux_logits": True, "init_weights": False}),
    Reference("inception_v3.keras", "keras.applications", "InceptionV3", names=named),
)
