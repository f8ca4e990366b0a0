"""What people do by hand: weights of a PyTorch module go into a Keras model, layer by layer."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import torch
from torch import nn

NORMS = (("weight", "gamma"), ("bias", "beta"), ("running_mean", "moving_mean"), ("running_var", "moving_variance"))


def scrambled(module: nn.Module, seed: int = 0) -> nn.Module:
    """The module with numbers that no part of a normalisation hides, in evaluation."""
    torch.manual_seed(seed)
    for part in module.modules():
        if isinstance(part, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            nn.init.normal_(part.weight, std=0.3)
            if part.bias is not None:
                nn.init.normal_(part.bias, std=0.2)
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, std=0.3)
            assert part.running_mean is not None
            assert part.running_var is not None
            part.running_mean.normal_(std=0.3)
            part.running_var.uniform_(0.5, 1.5)
    return module.eval()


def ported(module: nn.Module, model: keras.Model, names: dict[str, str] | None = None, **maps: tuple[int, ...]) -> None:
    """Give a Keras model the weights of a module; `names` are layers by those of the module, `maps` flattened ones."""
    layers = {layer.name: layer for layer in model._flatten_layers()}
    for path, part in module.named_modules():
        own = dict(part.named_parameters(recurse=False))
        if own:
            name = (names or {}).get(path, path.replace(".", "_"))
            _layer(part, layers[name], maps.get(name))


def _layer(part: nn.Module, layer: Any, size: tuple[int, ...] | None) -> None:
    if isinstance(part, nn.BatchNorm2d):
        for ours, theirs in NORMS:
            if getattr(part, ours) is not None and getattr(layer, theirs) is not None:
                getattr(layer, theirs).assign(_array(getattr(part, ours)))
        return
    layer.kernel.assign(_kernel(_array(part.weight), layer, size))
    if part.bias is not None:
        layer.bias.assign(_array(part.bias))


def _kernel(weight: Any, layer: Any, size: tuple[int, ...] | None) -> Any:
    if size is not None:  # columns in the order (C, H, W) go to rows in the order (H, W, C)
        return weight.reshape(-1, *size).transpose(2, 3, 1, 0).reshape(-1, len(weight))
    if weight.ndim == 4:
        depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
        turned = weight.transpose(2, 3, 0, 1) if depthwise else weight.transpose(2, 3, 1, 0)
        return turned[0, 0] if len(layer.kernel.shape) == 2 else turned
    turned = weight.T
    return turned if turned.ndim == len(layer.kernel.shape) else turned[None, None]


def _array(tensor: Any) -> Any:
    return np.array(tensor.detach().numpy())
