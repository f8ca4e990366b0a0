"""VGG."""

from __future__ import annotations

from . import Reference

NAMES = {"vgg11_a": "vgg11", "vgg13_b": "vgg13", "vgg16_d": "vgg16", "vgg19_e": "vgg19"}
NAMES |= {name: name for name in ("vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn")}
REFERENCES = tuple(Reference(ours, "torchvision", theirs) for ours, theirs in NAMES.items())
