"""PyTorch as the check and the converters use it; see `common.backend.Backend`."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from ..common.backend import Difference, Step, in_order
from ..common.rewriting.fold import SUFFIX
from ..common.spec import Array, Net
from .build import DTYPES, NETWORK, build, compiled
from .features import is_built, observe, shared_variances
from .state import read

SETTINGS = (bool, int, float, str, tuple)
__all__ = ["build", "cast", "differences", "dtype", "network_of", "nodes", "outputs", "read", "step", "tensors"]


def dtype(model: nn.Module) -> str:
    """The dtype of all floating-point tensors of the module, or "mixed"."""
    found = {str(v.dtype).removeprefix("torch.") for v in model.state_dict().values() if v.is_floating_point()}
    return found.pop() if len(found) == 1 else "mixed"


def network_of(model: nn.Module) -> str:
    """The name of the network that diptych built the module of, folded or not; "" of another module."""
    return str(getattr(model, NETWORK, "")).removesuffix(SUFFIX)


def cast(model: nn.Module, net: Net, dtype: str) -> nn.Module:
    """A copy of the module in another dtype."""
    return copy.deepcopy(model).to(DTYPES[dtype])


def differences(model: nn.Module, net: Net) -> list[Difference]:
    """Compare every layer's own description with that of a fresh module of the spec."""
    with torch.device("meta"):
        expected = compiled(net)[net.name]()
    found = dict(model.named_modules())
    answer: list[Difference] = []
    for name, module in expected.named_modules():
        if any(True for _ in module.children()) or not name or is_built(module):
            continue  # blocks are judged by what is in them, whatever their classes are called
        wanted = _settings(module)
        if name not in found:
            if module.state_dict():
                answer.append(Difference(name, "no such layer", wanted["class"]))
            continue
        got = _settings(found[name])
        for key in sorted(set(got) | set(wanted)):
            if got.get(key) != wanted.get(key):
                answer.append(Difference(name, f"{key}={got.get(key)}", f"{key}={wanted.get(key)}"))
    return answer


def _settings(module: nn.Module) -> dict[str, str]:
    """Every plain setting of a layer (its repr leaves some out), equal pairs as one number, but not `inplace`."""
    plain = {name: value for name, value in vars(module).items() if isinstance(value, SETTINGS) or value is None}
    settings = {name: value for name, value in plain.items() if name[0] != "_" and name not in ("training", "inplace")}
    found = {name: re.sub(r"\((\d+), \1\)", r"\1", repr(value)) for name, value in settings.items()}
    return {"class": type(module).__name__} | found


def outputs(model: nn.Module, net: Net, x: Array) -> tuple[Array, ...]:
    """The outputs in evaluation mode."""
    return tuple(map(_array, tensors(model, net, x)))


def tensors(model: nn.Module, net: Net, x: Array) -> tuple[torch.Tensor, ...]:
    """The outputs in evaluation mode, as the model gives them."""
    with _mode(model, training=False), torch.no_grad():
        return in_order(net, model(_tensor(model, x)))


def nodes(model: nn.Module, net: Net, x: Array) -> dict[str, Array]:
    """Every node of a module that diptych built; of another, the nodes that are modules of the same name."""
    with _mode(model, training=False), torch.no_grad():
        return {path: _array(value) for path, value in observe(net, model, _tensor(model, x)).items()}


def step(model: nn.Module, net: Net, x: Array, cotangents: Sequence[Array], training: bool = False) -> Step:
    """One forward and backward pass with dropout off; running statistics are put back afterwards."""
    before = {name: value.clone() for name, value in model.named_buffers()}
    image = _tensor(model, x).requires_grad_()
    weights = {name: value for name, value in model.named_parameters() if name in net.weights}
    with _mode(model, training), _thawed(weights.values()), shared_variances(net, model) as variances:
        results = in_order(net, model(image))
        scaled = [torch.sum(o * _tensor(model, c)) for o, c in zip(results, cotangents, strict=True)]
        sources = [image, *weights.values()]
        gradients = torch.autograd.grad(sum(scaled[1:], scaled[0]), sources, allow_unused=True, materialize_grads=True)
    after = {name: _array(value).copy() for name, value in model.named_buffers() if name in net.weights}
    for name, value in model.named_buffers():
        value.copy_(before[name])
    first, *rest = map(_array, gradients)
    return Step(tuple(map(_array, results)), first, dict(zip(weights, rest, strict=True)), after, variances)


@contextmanager
def _thawed(parameters: Iterable[nn.Parameter]) -> Iterator[None]:
    """Let every weight have a gradient, also one that a user froze."""
    frozen = [parameter for parameter in parameters if not parameter.requires_grad]
    for parameter in frozen:
        parameter.requires_grad_()
    try:
        yield
    finally:
        for parameter in frozen:
            parameter.requires_grad_(False)


@contextmanager
def _mode(model: nn.Module, training: bool) -> Iterator[None]:
    """Put every layer but dropout in the mode, and back."""
    before = {module: module.training for module in model.modules()}
    for module in before:
        module.training = training and not isinstance(module, nn.modules.dropout._DropoutNd)
    try:
        yield
    finally:
        for module, mode in before.items():
            module.training = mode


def _array(value: torch.Tensor) -> Array:
    return value.detach().cpu().numpy()


def _tensor(model: nn.Module, x: Array) -> torch.Tensor:
    image = torch.tensor(np.ascontiguousarray(x))
    weight = next((v for v in model.state_dict().values() if v.is_floating_point()), image)
    return image.to(weight.device, weight.dtype)
