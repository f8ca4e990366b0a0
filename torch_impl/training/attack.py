"""The first half of a step of self-adversarial training in PyTorch: the pictures change, the network does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ...common.errors import DiptychError
from .adversarial import attacked


def attack(
    model: torch.nn.Module, images: torch.Tensor, loss: Callable[[Any], torch.Tensor], rate: float
) -> torch.Tensor:
    """The pictures (N, C, H, W), from 0 to 1, moved down the gradient of `loss(outputs)`, as constants.

    The network is run with its running statistics; they, its weights, their gradients and its mode stay as they were.
    Raises DiptychError where the loss is not finite.
    """
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        given = images.detach().requires_grad_()
        value = loss(model(given))
        if not torch.isfinite(value):
            raise DiptychError(f"the loss of an attack is {value.item()}, expected a finite number")
        (gradient,) = torch.autograd.grad(value, given)
    finally:
        for module, mode in modes.items():
            module.training = mode
    return attacked(images.detach(), gradient, rate)
