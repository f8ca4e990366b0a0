"""State dicts as people have them, by names and shapes: backbones in a library's names, and heads of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from hollow import zeros
from torch import nn

from diptych.common.dialect import OWN, dialect
from diptych.common.registry import traced
from diptych.files.checkpoint import Checkpoint
from diptych.files.tensors import Tensors

M = TypeVar("M", bound=nn.Module)


def bare(name: str = "resnet18", library: str = OWN, **options: Any) -> dict[str, Any]:
    """The state dict of a backbone, of zeros."""
    item = dialect(library, name)
    weights = traced(name, {"num_classes": 0} | options).weights.items()
    return {item.weight(ours): zeros(tuple(map(int, weight.shape))) for ours, weight in weights}


def linear(layers: Mapping[str, tuple[int, int]], bias: bool = True) -> dict[str, Any]:
    """Linear layers by path."""
    found = {f"{path}.weight": zeros(shape) for path, shape in layers.items()}
    return found | ({f"{path}.bias": zeros(shape[:1]) for path, shape in layers.items()} if bias else {})


def norm(path: str, width: int) -> dict[str, Any]:
    """A batch normalisation of a vector."""
    return {f"{path}.{kind}": zeros((width,)) for kind in ("weight", "bias", "running_mean", "running_var")}


def file(*parts: Mapping[str, Any], prefix: str = "") -> Checkpoint:
    """A checkpoint of these tensors."""
    return Tensors(Path("in.pth"), "torch", {prefix + name: array for part in parts for name, array in part.items()})


def filled(model: M, seed: int = 0) -> M:
    """The module for evaluation, with statistics, scales and biases that are not the standard ones."""
    draw = np.random.default_rng(seed)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            shape = tuple(tensor.shape)
            if name.endswith("running_var") or (name.endswith("weight") and len(shape) == 1):
                tensor.copy_(torch.from_numpy(0.7 + 0.6 * draw.random(shape)))
            elif name.endswith(("running_mean", "bias")):
                tensor.copy_(torch.from_numpy(0.1 * draw.standard_normal(shape)))
    return model.eval()
