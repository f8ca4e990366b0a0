"""Canonical weights in a PyTorch state dict and back; names and axes are the same on both sides."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from ..common.errors import WeightsError
from ..common.spec import Array, Net

COUNTER = "num_batches_tracked"


def counters(net: Net) -> list[str]:
    """The names of the batch counters that torch keeps beside running statistics; they take no part in the function."""
    return [f"{node.path}.{COUNTER}" for node in net.nodes if node.kind == "batch_norm" and not node.owner]


def state_dict(net: Net, weights: Mapping[str, Array], dtype: torch.dtype) -> OrderedDict[str, Any]:
    """A complete state dict, in the order of the nodes, of tensors that share no memory with the arrays."""
    state: OrderedDict[str, Any] = OrderedDict()
    for node in net.nodes:
        if node.owner:
            continue
        for name in node.weights():
            state[name] = torch.tensor(np.asarray(weights[name]), dtype=dtype)
        if node.kind == "batch_norm":
            state[f"{node.path}.{COUNTER}"] = torch.tensor(0)
    return state


def read(model: nn.Module, net: Net) -> dict[str, Array]:
    """The canonical weights of a module, as views of its own tensors; raises WeightsError for names it lacks."""
    state = model.state_dict()
    missing = [name for name in net.weights if name not in state]
    if missing:
        raise WeightsError(f"the torch module lacks {len(missing)} weights of {net.name}: {', '.join(missing[:8])}")
    return {name: state[name].detach().cpu().numpy() for name in net.weights}
