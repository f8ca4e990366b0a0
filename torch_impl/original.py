"""A module that was read, as it is itself: its state dict."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from ..common.importing.imported import Imported, StateDict
from ..common.spec import Array
from .importing.module import bare


def completed(model: nn.Module, result: Imported) -> Imported:
    """What was read of a module, with what it takes to write a state dict of it again."""
    model = bare(model)
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    first = {id(tensor): name for name, tensor in tensors.items()}
    read = {result.renamed.get(name, name) for name in result.weights}
    names: dict[str, str] = {}
    unread: dict[str, Any] = {}
    for name, value in model.state_dict(keep_vars=True).items():
        home = first.get(id(value), name)
        if home in read:
            names[name] = home
        else:
            unread[name] = value.detach().clone() if isinstance(value, torch.Tensor) else value
    return replace(result, module=StateDict(names, unread, _tensor))


def _tensor(array: Array) -> torch.Tensor:
    return torch.from_numpy(np.array(array, order="C"))
