"""GoogLeNet: torchvision shares our names."""

from __future__ import annotations

from ..dialect import Dialect

DIALECTS = (
    Dialect("torchvision", "googlenet_torchvision_bn", "googlenet", arguments={"aux_logits": False}),
    Dialect("torchvision", "googlenet_torchvision_bn_aux", "googlenet", arguments={"aux_logits": True}),
)
