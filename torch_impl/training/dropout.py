"""Dropout in PyTorch with masks that are given; see `common.training.masks`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ...common.comparing.given import Dropped
from ...common.errors import DiptychError
from ...common.training.masks import Masks
from ...common.training.setting import Order
from ..given import DROPOUTS, path_of


@contextmanager
def masked(model: Any, masks: Masks, order: Order) -> Iterator[None]:
    """With the masks of this pass in place of what each dropout would draw."""
    own: dict[nn.Module, Any] = {}
    current: list[str] = []
    for name, module in model.named_modules():
        if isinstance(module, nn.modules.dropout._DropoutNd) or path_of(module) is not None:
            own[module] = vars(module).get("forward")
            shared = order.names.get(name, name) if order.names else ""
            module.forward = _named(module, module.forward, shared, current, masks)
    try:
        with _Given(masks, order, current):
            yield
    finally:
        for module, forward in own.items():
            if forward is None:
                del module.forward
            else:
                module.forward = forward


def _named(module: nn.Module, forward: Any, name: str, current: list[str], masks: Masks) -> Any:
    def called(x: torch.Tensor) -> Any:
        if path_of(module) is not None:
            return _path(module, x, masks, name)
        current.append(name)
        try:
            return forward(x)
        finally:
            current.pop()

    return called


def _path(module: Any, x: torch.Tensor, masks: Masks, name: str) -> torch.Tensor:
    """Stochastic depth: whole images are dropped."""
    rate = path_of(module)
    if not module.training or not rate:
        return x
    shape = (len(x), *(1 for _ in x.shape[1:]))
    return x * _tensor(x, masks.take(Dropped("path", rate), shape, name))


class _Given(TorchFunctionMode):  # type: ignore[misc, unused-ignore]
    """Dropout, by whatever name it is called, multiplies with a given mask."""

    def __init__(self, masks: Masks, order: Order, current: list[str]) -> None:
        super().__init__()
        self.masks, self.order, self.current = masks, order, current

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given: Mapping[str, Any] = dict(zip(("input", "p", "training"), args, strict=False)) | (kwargs or {})
        if func not in DROPOUTS:
            return func(*args, **(kwargs or {}))
        x, rate, kind = given["input"], float(given.get("p", 0.5)), DROPOUTS[func]
        if not given.get("training", True) or not rate:
            return x
        if "alpha" in kind:
            raise DiptychError(
                "alpha dropout changes what it keeps, so that no mask makes it the same in both frameworks"
            )
        shape = (*x.shape[:2], *(1 for _ in x.shape[2:])) if kind == "spatial dropout" else tuple(x.shape)
        name = self.current[-1] if self.current else ""
        mask = self.masks.take(Dropped(kind, rate), shape, name)
        if len(shape) == 2:
            mask = self.order.turned(mask, name)
        return x * _tensor(x, mask)


def _tensor(x: torch.Tensor, mask: Any) -> torch.Tensor:
    return torch.from_numpy(mask).to(x.device, x.dtype)
