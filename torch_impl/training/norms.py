"""Batch normalisation in training in PyTorch: frozen, or with another running variance."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ...common.errors import DiptychError
from ...common.training.setting import Variance


def norms(model: Any) -> dict[str, Any]:
    """The layers of batch normalisation by name."""
    return {
        name: module for name, module in model.named_modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)
    }


def freeze_norms(model: Any) -> None:
    """Batch normalisation by the running statistics, which stay as they are, with scale and shift untrained.

    Call it after `model.train()`, which undoes half of it; the other half is what Keras's `trainable = False` does.
    """
    for module in norms(model).values():
        module.eval()
        module.requires_grad_(False)


def match_variance(model: Any, variance: Variance) -> None:
    """Let batch normalisation keep the biased variance, as Keras does; PyTorch's own is the unbiased one."""
    if variance == "biased":
        for name, module in norms(model).items():
            if module.momentum is None:
                raise DiptychError(f"{name} keeps the mean of all batches (momentum=None), which Keras has not")
            module.register_forward_pre_hook(_remember)
            module.register_forward_hook(_correct)


def _remember(module: Any, args: Any) -> None:
    if module.training and module.running_var is not None:
        module.kept_variance = module.running_var.detach().clone()


@torch.no_grad()
def _correct(module: Any, args: Any, output: torch.Tensor) -> None:
    """Take n / (n - 1) out of what the layer has added."""
    if module.training and module.running_var is not None:
        values = args[0].numel() // args[0].shape[1]
        kept = (1 - module.momentum) * module.kept_variance
        # By `data`, since the backward pass of PyTorch holds on to the buffer, though it does not read it.
        module.running_var.data.copy_(kept + (module.running_var - kept) * (values - 1) / values)
