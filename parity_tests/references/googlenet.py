"""GoogLeNet."""

from __future__ import annotations

from . import Reference

REFERENCES = tuple(
    Reference(name, "torchvision", "googlenet", {"aux_logits": name.endswith("aux"), "init_weights": False})
    for name in ("googlenet_torchvision_bn", "googlenet_torchvision_bn_aux")
)
