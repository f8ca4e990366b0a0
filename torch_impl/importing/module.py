"""A module as it is given: what is around it is taken off, it is left as it was, and what cannot be read is refused."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from ...common.errors import DiptychError
from ...common.text import first_few

REAL = (torch.float32, torch.float64)


def bare(model: nn.Module) -> nn.Module:
    """The module itself: without `DataParallel`, and not compiled."""
    while True:
        inner = getattr(model, "_orig_mod", None)
        if isinstance(model, nn.DataParallel | nn.parallel.DistributedDataParallel):
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def check(model: nn.Module) -> None:
    """Raise DiptychError, with all of it, for what of a module says at once that it cannot be read."""
    named = type(model).__name__
    if len(_inputs(model)) > 1:
        inputs = first_few(_inputs(model), 8)
        raise DiptychError(
            f"{named} takes {len(_inputs(model))} inputs: {inputs}; a network here takes one batch of images"
        )
    if isinstance(model, torch.jit.ScriptModule):
        raise DiptychError(
            f"{named} is a TorchScript module, whose code is no Python; read the module it was made from"
        )
    if _quantised(model):
        raise DiptychError(
            f"{named} has quantised layers ({first_few(_quantised(model), 6)}); read the module of floats"
        )
    state = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    lazy = [name for name, tensor in state.items() if nn.parameter.is_lazy(tensor)]
    if lazy:
        raise DiptychError(f"{named} has parameters without a shape ({first_few(lazy, 6)}); call it once with an image")
    other = [f"{n} ({str(t.dtype).removeprefix('torch.')})" for n, t in state.items() if _other(t)]
    if other:
        raise DiptychError(f"{named} has weights of other types than float32 and float64: {first_few(other, 6)}; "
                           "read `model.float()`, and turn the result back where that is wanted")  # fmt: skip
    if len({tensor.dtype for tensor in state.values() if tensor.is_floating_point()}) > 1:
        raise DiptychError(f"{named} has weights of float32 and of float64; read `model.float()` or `model.double()`")


def _inputs(model: nn.Module) -> list[str]:
    """What a module must be called with, by name."""
    try:
        wanted = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):  # of C
        return []
    given = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [item.name for item in wanted if item.kind in given and item.default is item.empty]


def _other(tensor: torch.Tensor) -> bool:
    return (tensor.is_floating_point() or tensor.is_complex()) and tensor.dtype not in REAL


def _quantised(model: nn.Module) -> list[str]:
    found = [
        n for n, m in model.named_modules() if ".quantized" in type(m).__module__ and "torch" in type(m).__module__
    ]
    return [name or "itself" for name in found]


def image(model: nn.Module, example: Any) -> torch.Tensor:
    """The example as a batch of two images that the module takes; raises DiptychError for another input."""
    given = example
    if isinstance(given, (list, tuple)) and len(given) == 1:
        given = given[0]
    if isinstance(given, (list, tuple, dict)):
        raise DiptychError(
            f"the example has {len(given)} inputs, and a network here takes one batch of images (N, C, H, W)"
        )
    if not isinstance(given, torch.Tensor):
        wanted = "a tensor (N, C, H, W), such as torch.zeros(1, 3, 224, 224)"
        raise DiptychError(f"the example is {_said(given)}; expected {wanted}")
    if given.dim() != 4 or not given.is_floating_point() or 0 in given.shape:
        got = f"a tensor of {str(given.dtype).removeprefix('torch.')} of the shape {tuple(given.shape)}"
        raise DiptychError(f"the example is {got}; expected images (N, C, H, W) of floating-point numbers")
    own = next((t for t in model.parameters() if t.is_floating_point()), given)
    one = given.detach()[:1].to(own.device, own.dtype)
    return one.expand(2, -1, -1, -1).contiguous()


def _said(given: Any) -> str:
    return "missing" if given is None else f"a {type(given).__name__}"


@contextmanager
def left_alone(model: nn.Module) -> Iterator[None]:
    """In evaluation, and afterwards as it was: mode, attributes, hooks and the state of random numbers."""
    random = torch.get_rng_state()
    modules = list(model.modules())
    kept = [({**vars(m)}, {k: v.copy() for k, v in vars(m).items() if isinstance(v, dict)}) for m in modules]
    try:
        for module in modules:  # `eval` may be another function in a class of its own
            module.training = False
        yield
    finally:
        for module, (attributes, tables) in zip(modules, kept, strict=True):
            vars(module).clear()
            vars(module).update(attributes)
            for name, table in tables.items():
                attributes[name].clear()
                attributes[name].update(table)
        torch.set_rng_state(random)
