"""A module of somebody's own, as it is itself: its state dict, its weights, what it answers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.func import functional_call
from torch.utils import _pytree as pytree

from ..common.errors import DiptychError
from ..common.importing.imported import VERSIONS, Imported, StateDict
from ..common.importing.original import IMAGE, Original
from ..common.spec import Array
from ..common.text import shape_text
from ..common.weights import scrambled
from .build import DTYPES
from .importing.module import bare, left_alone

COUNTER = "num_batches_tracked"


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
    return replace(result, module=StateDict(names, unread, _tensor, vars(model.state_dict())[VERSIONS]))


def load(model: nn.Module, arrays: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give a module its weights by the names of its state dict; what does not fit, by kind, and then nothing is given.

    Counters may be missing, and all but one of the names of one tensor.
    """
    model = bare(model)
    wanted = {n: t for n, t in model.state_dict(keep_vars=True).items() if isinstance(t, torch.Tensor)}
    given = {id(tensor) for name, tensor in wanted.items() if name in arrays}
    missing = [n for n, t in wanted.items() if n not in arrays and id(t) not in given and not n.endswith(COUNTER)]
    both = {name: np.asarray(array) for name, array in arrays.items() if name in wanted}
    misfits = [f"{n} ({_sizes(a.shape)}, expected {_sizes(wanted[n].shape)})" for n, a in both.items()
               if a.shape != tuple(wanted[n].shape)]  # fmt: skip
    problems = {"missing": missing, "unexpected": [name for name in arrays if name not in wanted]}
    problems |= {"of another shape": misfits}
    if not any(problems.values()):
        state = OrderedDict((name, _tensor(array)) for name, array in both.items())
        vars(state)[VERSIONS] = vars(model.state_dict())[VERSIONS]
        model.load_state_dict(state, strict=False)
    return problems


def original(model: nn.Module, result: Imported, example: Any, dtype: str, seed: int = 0) -> Original | None:
    """The module with scrambled weights in another dtype; it is not changed, and nothing of it is copied."""
    model, weights = bare(model), scrambled(result.net, seed)
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    state = {name: _to(tensor.detach(), dtype) for name, tensor in tensors.items()}
    state |= {name: _to(_tensor(array), dtype) for name, array in result.own_arrays(weights).items()}

    def outputs(x: Array) -> tuple[Array, ...]:
        with torch.no_grad():
            return tuple(item.numpy() for item in _answer(model, state, _to(_tensor(x), dtype), result))

    def gradients(x: Array, cotangents: Sequence[Array]) -> dict[str, Array]:
        trained = dict.fromkeys(owners[n] for n, weight in result.net.weights.items() if weight.kind == "trainable")
        image, own = _to(_tensor(x), dtype).requires_grad_(), {n: state[n].clone().requires_grad_() for n in trained}
        found = _answer(model, {**state, **own}, image.clone(), result)  # in case it writes into what it is given
        scaled = [(item * _tensor(c).reshape(item.shape)).sum() for item, c in zip(found, cotangents, strict=True)]
        sources = [image, *own.values()]
        made = torch.autograd.grad(sum(scaled[1:], scaled[0]), sources, allow_unused=True, materialize_grads=True)
        return dict(zip((IMAGE, *own), (item.numpy() for item in made), strict=True))

    owners = {name: result.renamed.get(name, name) for name in weights}
    return Original(weights, outputs, gradients, owners)


def _answer(model: nn.Module, state: Mapping[str, Any], images: torch.Tensor, result: Imported) -> list[torch.Tensor]:
    """The tensors that a module answers with, by other weights; as many as were read."""
    with left_alone(model):
        answer = functional_call(model, dict(state), (images,))
    found = [item for item in pytree.tree_leaves(answer) if isinstance(item, torch.Tensor)]
    if len(found) != len(result.net.outputs):
        names = len(result.net.outputs)
        raise DiptychError(f"{result.net.name} answers with {len(found)} tensors, of which {names} were read")
    return found


def _to(tensor: torch.Tensor, dtype: str) -> torch.Tensor:
    """A copy in memory, of a dtype where it has floating-point numbers."""
    return tensor.to("cpu", DTYPES[dtype] if tensor.is_floating_point() else tensor.dtype, copy=True)


def _sizes(shape: Any) -> str:
    return shape_text(shape) or "a number"


def _tensor(array: Array) -> torch.Tensor:
    return torch.from_numpy(np.array(array, order="C"))
