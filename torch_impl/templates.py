"""One module of each network without numbers, and copies of it with numbers: so layers are made and checked once.

Half of what a network of many small layers takes to build is making layers, and drawing what is then overwritten. A
copy is equal to a new module: nothing but its class is shared with the template or with another copy.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from ..common.spec import Net

SHARED = (type(None), bool, int, float, str, torch.dtype, types.FunctionType, types.BuiltinFunctionType)
"""What a layer keeps that is the same for a copy: constants, and functions of modules."""
REGISTRIES = ("_parameters", "_buffers", "_modules")


@functools.lru_cache(maxsize=16)
def template(root: type[nn.Module], net: Net) -> nn.Module | None:
    """A module of a class on the meta device, in evaluation mode; None where a copy of it would not be a new one.

    So it is where it has other weights than the network, or layers that keep more than constants.
    """
    with torch.device("meta"):
        model = root().eval()
    wanted = {name: tuple(map(int, weight.shape)) for name, weight in net.weights.items()}
    wanted |= {name: wanted[owner] for name, owner in net.ties.items()}
    counters = {f"{node.path}.num_batches_tracked": () for node in net.nodes if node.op.normalises and not node.owner}
    found = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    fits = found == wanted | counters and all(map(_is_plain, model.modules()))
    return model if fits else None


def copied(model: nn.Module, values: Mapping[str, torch.Tensor]) -> nn.Module:
    """A copy of a template whose parameters and buffers are these tensors, by their names; shared ones stay shared."""
    copies: dict[int, Any] = {}
    return _module(model, "", values, copies)


def _module(old: nn.Module, before: str, values: Mapping[str, torch.Tensor], copies: dict[int, Any]) -> nn.Module:
    if id(old) in copies:
        found: nn.Module = copies[id(old)]
        return found
    new: nn.Module = type(old).__new__(type(old))
    copies[id(old)] = new
    kept = vars(new)
    for name, value in vars(old).items():
        kept[name] = value.copy() if isinstance(value, dict | list | set) else value
    for name, parameter in kept["_parameters"].items():
        if parameter is not None:
            kept["_parameters"][name] = _parameter(parameter, values[before + name], copies)
    for name, buffer in kept["_buffers"].items():
        if buffer is not None:
            kept["_buffers"][name] = values[before + name]
    for name, module in kept["_modules"].items():
        if module is not None:
            kept["_modules"][name] = _module(module, f"{before}{name}.", values, copies)
    return new


def _parameter(old: nn.Parameter, value: torch.Tensor, copies: dict[int, Any]) -> nn.Parameter:
    if id(old) not in copies:
        copies[id(old)] = nn.Parameter(value, requires_grad=old.requires_grad)
    found: nn.Parameter = copies[id(old)]
    return found


def _is_plain(module: nn.Module) -> bool:
    """Whether a layer keeps constants beside its parameters, buffers and layers, and no hooks."""
    beside = {name: value for name, value in vars(module).items() if name not in REGISTRIES}
    return all(map(_is_constant, beside.values()))


def _is_constant(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_constant, value))
    return not value if isinstance(value, dict | set) else isinstance(value, SHARED)
