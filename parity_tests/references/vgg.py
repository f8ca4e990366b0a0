"""VGG."""

from __future__ import annotations

from . import Reference

NAMES = {"vgg11_a": "vgg11", "vgg13_b": "vgg13", "vgg16_d": "vgg16", "vgg19_e": "vgg19"}
NAMES |= {name: name for name in ("vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn")}
HEAD = {"classifier.0": "pre_logits.fc1", "classifier.3": "pre_logits.fc2", "classifier.6": "head.fc"}


def in_timm(name: str) -> str:
    """timm's name of one of our weights: its hidden layers are convolutions."""
    layer, _, weight = name.rpartition(".")
    return f"{HEAD.get(layer, layer)}.{weight}"


REFERENCES = (
    *(Reference(ours, "torchvision", theirs) for ours, theirs in NAMES.items()),
    *(Reference(ours, "timm", theirs, names=in_timm) for ours, theirs in NAMES.items()),
)
