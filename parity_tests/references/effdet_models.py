"""effdet (Apache-2.0): the port to torch of the authors' EfficientDet, into which their weights go."""

from __future__ import annotations

import importlib
import warnings
from types import ModuleType
from typing import Any

import torch

LEVELS = 7
"""How often the image is halved on the way to the last level."""


def effdet_module(name: str) -> ModuleType:
    """A module of the package; torchvision, which it imports, is there. It compiles functions as torch once did."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module(f"effdet.{name}")


def made(name: str) -> torch.nn.Module:
    """A network by the package's name, without weights of its own."""
    config = effdet_module("config").get_efficientdet_config(name)
    model: torch.nn.Module = effdet_module("efficientdet").EfficientDet(config, pretrained_backbone=False)
    return model


def raw_maps(model: torch.nn.Module, image: torch.Tensor) -> list[torch.Tensor]:
    """The class maps of all levels, then the box maps.

    A model knows the sizes of its maps from its configuration: it is told those of this image.
    """
    sizes, theirs = effdet_module("anchors").get_feat_sizes, dict[str, Any](model.named_modules())
    built, wanted = sizes(theirs[""].config.image_size, LEVELS), sizes(tuple(image.shape[2:]), LEVELS)
    for name, module in theirs.items():
        if name.endswith(".upsample"):
            module.size = wanted[built.index(theirs[name.removesuffix(".upsample")].output_size)]
    with torch.no_grad():
        classes, boxes = model(image)
    return [*classes, *boxes]
