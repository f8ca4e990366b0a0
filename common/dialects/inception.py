"""Inception v3: torchvision and timm share our names; in keras.applications Keras makes up all but the last."""

from __future__ import annotations

from ..dialect import Dialect, rules, same

A = "1x1 5x5_1 5x5_2 3x3dbl_1 3x3dbl_2 3x3dbl_3 _pool"
B = "3x3 3x3dbl_1 3x3dbl_2 3x3dbl_3"
C = "1x1 7x7_1 7x7_2 7x7_3 7x7dbl_1 7x7dbl_2 7x7dbl_3 7x7dbl_4 7x7dbl_5 _pool"
D = "3x3_1 3x3_2 7x7x3_1 7x7x3_2 7x7x3_3 7x7x3_4"
E = "1x1 3x3_1 3x3_2a 3x3_2b 3x3dbl_1 3x3dbl_2 3x3dbl_3a 3x3dbl_3b _pool"
MIXED = {"5b": A, "5c": A, "5d": A, "6a": B, "6b": C, "6c": C, "6d": C, "6e": C, "7a": D, "7b": E, "7c": E}
STEM = ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3")
UNITS = (*STEM, *(f"Mixed_{module}.branch{name}" for module, names in MIXED.items() for name in names.split()))
"""A convolution and its normalisation each, in the order in which the source of keras.applications makes them."""
KERAS = rules(
    *((f"{unit}.conv", f"conv2d_{number}" if number else "conv2d") for number, unit in enumerate(UNITS)),
    *(
        (f"{unit}.bn", f"batch_normalization_{number}" if number else "batch_normalization")
        for number, unit in enumerate(UNITS)
    ),
    ("fc", "predictions"),
)

DIALECTS = (
    Dialect("torchvision", "inception_v3", "inception_v3", arguments={"aux_logits": False}),
    Dialect("torchvision", "inception_v3_aux", "inception_v3", arguments={"aux_logits": True}),
    *same("timm", "inception_v3"),
    Dialect("keras.applications", "inception_v3.keras", "InceptionV3", KERAS),
)
