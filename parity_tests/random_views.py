"""Modules of random views, layers and functions, on images whose axes are equally long: only axes tell what is what."""

from __future__ import annotations

import random
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SHAPES = ((4, 4, 4), (2, 2, 2), (4, 4, 2), (4, 2, 4), (2, 4, 4), (1, 4, 4), (4, 1, 4), (4, 4, 1), (4, 1, 1), (1, 1, 4))
Part = Callable[[Tensor, Tensor], Tensor]
"""A value, and the image, to what follows."""


class Parts(nn.Module):
    """One part after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        self.parts: list[Part] = []

    def forward(self, x: Tensor) -> Tensor:
        image = x
        for part in self.parts:
            x = part(x, image)
        return x

    def layer(self, made: nn.Module) -> Part:
        place = len(self.layers)
        self.layers.append(made.double())
        return lambda x, _: self.layers[place](x)


def _permuted(rng: random.Random, x: Tensor, model: Parts) -> Part:
    order = [0, *rng.sample(range(1, x.dim()), x.dim() - 1)]
    return lambda y, _: y.permute(order)


def _reshaped(rng: random.Random, x: Tensor, model: Parts) -> Part:
    rest, sizes = x[0].numel(), list[int]()
    for _ in range(rng.choice((0, 1, 2, 2, 2, 3))):
        sizes.append(rng.choice([n for n in (1, 2, 4) if rest % n == 0]))
        rest //= sizes[-1]
    sizes = rng.sample([*sizes, rest], len(sizes) + 1)
    return lambda y, _: y.reshape(len(y), *sizes)


def _joined(rng: random.Random, x: Tensor, model: Parts) -> Part:
    joints: list[Part] = [
        lambda y, image: y + image.reshape(y.shape),
        lambda y, image: y * image.reshape(y.shape),
        lambda y, image: torch.cat([y, image.reshape(y.shape)], 1),
    ]
    return rng.choice(joints)


def _layer(rng: random.Random, x: Tensor, model: Parts) -> Part:
    channels, last = x.shape[1], x.shape[-1]
    makers: list[Callable[[], nn.Module]] = [
        lambda: nn.Conv2d(channels, channels, rng.choice((1, 3)), padding="same"),
        lambda: nn.BatchNorm2d(channels),
        lambda: nn.Linear(last, last),
        lambda: nn.LayerNorm(tuple(x.shape[-rng.choice((1, 1, 2, 3)) :])),
        lambda: nn.GroupNorm(rng.choice((1, 2)), channels),
        lambda: nn.PReLU(rng.choice((1, channels))),
        lambda: nn.InstanceNorm2d(channels, affine=True),
        lambda: nn.Softmax(rng.randrange(1, x.dim())),
        nn.Tanh,
    ]
    return model.layer(rng.choice(makers)())


def _function(rng: random.Random, x: Tensor, model: Parts) -> Part:
    axis, other, keep = rng.randrange(1, x.dim()), rng.randrange(1, x.dim()), rng.random() < 0.6
    over = sorted({axis, other})
    functions: list[Part] = [
        lambda y, _: F.max_pool2d(y, (1, 2)),
        lambda y, _: F.avg_pool2d(y, 2),
        lambda y, _: F.adaptive_max_pool2d(y, 1),
        lambda y, _: F.interpolate(y, scale_factor=2),
        lambda y, _: F.pad(y, (1, 0, 0, 1)),
        lambda y, _: F.pixel_unshuffle(y, 2),
        lambda y, _: F.channel_shuffle(y, 2),
        lambda y, _: y.mean(over, keepdim=keep),
        lambda y, _: y.amax(over, keepdim=keep),
        lambda y, _: y.var(over, unbiased=False, keepdim=keep),
        lambda y, _: y.narrow(axis, 0, y.shape[axis] // 2),
        lambda y, _: y.select(axis, 0),
        lambda y, _: y.flip(axis),
    ]
    return rng.choice(functions)


def random_module(seed: int, most: int = 5) -> tuple[Parts, tuple[int, int, int]]:
    """A module with numbers that hide nothing, and the (channels, height, width) of its images."""
    rng, model = random.Random(seed), Parts()  # noqa: S311 - a choice of parts
    shape = rng.choice(SHAPES)
    torch.manual_seed(seed)
    image = x = torch.randn(2, *shape, dtype=torch.float64)
    for _ in range(10 * most):
        make = rng.choice((_permuted, _permuted, _reshaped, _reshaped, _joined, _layer, _layer, _function))
        try:
            part = make(rng, x, model)
            y = part(x, image).detach()
        except (RuntimeError, ValueError, IndexError):
            continue
        if 2 <= y.dim() <= 6 and y.numel() and len(model.parts) < most:
            model.parts.append(part)
            x = y
    return model.double().eval(), shape
