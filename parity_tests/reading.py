"""Other people's models against what `diptych.read` makes of them: in float64, at two sizes, scrambled weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils import _pytree as pytree

import diptych
from diptych import backends
from diptych.common.importing.imported import Imported
from diptych.common.spec import Array, Net
from diptych.emission import emitted

SIZES = ((24, 20), (33, 26))
TOLERANCE = 1e-10


def scramble(model: nn.Module, seed: int = 0) -> None:
    """Give a module numbers that hide nothing: no scale of 1, no offset or mean of 0."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if not tensor.is_floating_point():
                continue
            noise = torch.randn(tensor.shape, generator=random, dtype=torch.float64)
            if tensor.dim() > 1 and tensor[0].numel() > 1:
                tensor.copy_(noise * (2 / tensor[0].numel()) ** 0.5)
            elif name.endswith(("weight", "var", "gamma")):
                tensor.copy_(1 + 0.2 * noise.abs())
            else:
                tensor.copy_(0.2 * noise + 0.05)


def outputs(model: nn.Module, images: Array) -> list[Array]:
    with torch.no_grad():
        answer = model(torch.from_numpy(images))
    return [item.numpy() for item in pytree.tree_leaves(answer) if isinstance(item, torch.Tensor)]


def images_of(net: Net, batch: int = 2) -> Array:
    return np.random.default_rng(3).standard_normal((batch, *net.input_shape))


def difference(found: list[Array], wanted: list[Array]) -> float:
    assert len(found) == len(wanted) > 0
    assert all(np.ptp(item) > 0 for item in wanted)
    gaps = [np.abs(a.reshape(b.shape) - b).max() / np.abs(b).max() for a, b in zip(found, wanted, strict=True)]
    return float(np.max(gaps))  # which is no number where one of them is none; Python's `max` may lose it


def built(result: Imported, framework: str, images: Array) -> list[Array]:
    """The outputs of the model that is built in a framework."""
    net, weights = result
    model = diptych.build(net, framework, weights=weights, dtype="float64")
    return list(backends.get(framework).outputs(model, net, images))


def from_source(result: Imported, images: Array) -> list[Array]:
    """The outputs of the emitted PyTorch file, with the weights by their names."""
    net, weights = result
    source = emitted(net, "torch")
    space: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(source.text, "emitted", "exec"), space)  # noqa: S102 - what is tested
    model = space[source.root]().double().eval()
    state = {name: torch.from_numpy(array) for name, array in weights.items()}
    state |= {name: state[owner] for name, owner in net.ties.items()}
    missing = model.load_state_dict(state, strict=False)
    assert not missing.unexpected_keys
    assert all(name.endswith("num_batches_tracked") for name in missing.missing_keys)
    return outputs(model, images)


def held(
    model: nn.Module,
    sizes: tuple[tuple[int, int], ...] = SIZES,
    channels: int = 3,
    exact: bool = True,
    keras: bool = True,
    **options: Any,
) -> Imported:
    """Hold all that follows from a model to it; the PyTorch side bit by bit where `exact`."""
    model = model.double().eval()
    scramble(model)
    own = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for size in sizes:
        result = diptych.read(model, torch.zeros(1, channels, *size), **options)
        assert result.net.input_shape == (channels, *size)
        images = images_of(result.net)
        wanted = outputs(model, images)
        for found in (built(result, "torch", images), from_source(result, images)):
            assert difference(found, wanted) <= (0 if exact else TOLERANCE)
        if keras:
            assert difference(built(result, "tf", images), wanted) < TOLERANCE
            diptych.source(result.net, "tf")
        assert Net.from_json(result.net.to_json()) == result.net
        scramble(model, 1)
        model.load_state_dict(result.state_dict(), strict=True)
        assert result.module is not None
        taken, unread = model.state_dict(), result.module.unread
        assert all(torch.equal(taken[name], tensor) for name, tensor in own.items() if name not in unread)
        for name, tensor in taken.items():  # a plain dict has no versions, without which some modules take none
            tensor.copy_(own[name])
    return result
