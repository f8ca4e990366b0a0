"""Canonical weights in a PyTorch state dict and back; names and axes are the same on both sides."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from ..common.errors import SpecError, WeightsError
from ..common.spec import Array, Net


def write(model: nn.Module, net: Net, weights: Mapping[str, Array]) -> None:
    """Give a module its weights, and batch counters of 0; the arrays, with their dtype, become its memory.

    Raises SpecError where the module has other weights than the network: a net from outside may be one that its source
    does not say exactly.
    """
    try:
        model.load_state_dict(state_of(net, weights), strict=True, assign=True)
    except RuntimeError as error:
        said = str(error).partition("\n\t")[2].partition("\n")[0]
        raise SpecError(f"the source of {net.name} has other weights than the network: {said}") from None
    _tie(model, net)


def state_of(net: Net, weights: Mapping[str, Array]) -> dict[str, torch.Tensor]:
    """The state dict of a module with these weights, whose arrays become its memory."""
    state = {name: torch.from_numpy(weights[name]) for name in net.weights}
    state |= {name: state[owner] for name, owner in net.ties.items()}
    for node in net.nodes:
        if node.op.normalises and not node.owner:
            # torch counts batches beside its statistics; the count takes no part in the function.
            state[f"{node.path}.num_batches_tracked"] = torch.tensor(0)
    return state


def _tie(model: nn.Module, net: Net) -> None:
    """Make one parameter again of those that blocks own directly and share: assigning gives each name its own."""
    for name, owner in net.ties.items():
        if net.weights[owner].kind == "trainable":
            home, _, attribute = name.rpartition(".")
            setattr(model.get_submodule(home), attribute, model.get_parameter(owner))


def read(model: nn.Module, net: Net) -> dict[str, Array]:
    """The canonical weights of a module, as views of its own tensors; raises WeightsError for names it lacks."""
    state = model.state_dict()
    missing = [name for name in net.weights if name not in state]
    if missing:
        raise WeightsError(f"the torch module lacks {len(missing)} weights of {net.name}: {', '.join(missing[:8])}")
    return {name: state[name].detach().cpu().numpy() for name in net.weights}
