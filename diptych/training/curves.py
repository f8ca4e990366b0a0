"""A network trained in one framework or in both at once, on the same batches, and the curves that come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..common.errors import DiptychError
from ..common.registry import network
from ..common.spec import Array, Net
from ..common.training.losses import CrossEntropy, checked_targets
from ..common.training.masks import Masks
from ..common.training.optimisers import Optimiser
from ..common.training.setting import Natives, Setting
from ..common.weights import init
from .sides import LABELS, Side, of_one

BARS = "_.-=+*#@"  # which every terminal has
WIDTH = 60
Data = tuple[Array, Array]


@dataclass
class Curves:
    """The losses of each side, and how many of the images that were held out it reads right after each epoch."""

    network: str
    sides: tuple[str, ...]
    losses: dict[str, list[float]] = field(default_factory=dict)
    right: dict[str, list[float]] = field(default_factory=dict)
    whose: dict[str, str] = field(default_factory=dict)

    @property
    def gaps(self) -> list[float]:
        """How far the losses of both are apart, of the first's; nothing for one side."""
        if len(self.sides) < 2:
            return []
        one, other = (self.losses[side] for side in self.sides)
        return [abs(a - b) / abs(a) if a else abs(b) for a, b in zip(one, other, strict=False)]

    def lines(self, columns: int | None = None) -> Iterator[str]:
        """The curves in words; in so many columns of a terminal also drawn, while they grow."""
        for side in self.sides:
            found = self.losses.get(side) or []
            if not found:
                continue
            read = self.right.get(side) or []
            told = f", {read[-1]:.1%} of the held-out images right" if read else ""
            line = f"{LABELS[side]:<11} step {len(found):>5}  loss {found[-1]:.6f}"
            room = min(WIDTH, (columns or 0) - len(line) - len(told) - len("  "))
            yield f"{line}{f'  {_blocks(found, room)}' if room > 0 else ''}{told}"
            if columns is None:
                yield f"{'':<11} {self.whose[side]}"
        if self.gaps:
            yield f"{'difference':<11} of the loss: {self.gaps[-1]:.1e} now, {max(self.gaps):.1e} at most"


def _blocks(values: Sequence[float], most: int) -> str:
    """A curve as blocks, of so many characters at most."""
    parts = np.array_split(np.array(values), min(most, len(values)))
    means = np.array([part.mean() for part in parts])
    spread = float(means.max() - means.min()) or 1.0
    return "".join(BARS[round(float((value - means.min()) / spread * (len(BARS) - 1)))] for value in means)


def run(
    name: str | Net,
    data: Data,
    held: Data,
    sides: tuple[str, ...],
    rule: Optimiser,
    *,
    epochs: int = 1,
    batch: int = 32,
    most: int | None = None,
    dtype: str = "float32",
    shown: Callable[[Curves], None] | None = None,
) -> Curves:
    """Train, and tell `shown` after each step; raises DiptychError where the images do not fit the network.

    A name stands for the registered network with the options that fit the images; a Net is trained as it is.
    """
    net = _fitting(name, data) if isinstance(name, str) else name
    weights, setting = init(net, seed=0), Setting(rule, CrossEntropy())
    ready = [of_one(net, weights, side, setting, Natives(), dtype) for side in sides]
    whose = {side: item.trainer.whose["optimiser"] for side, item in zip(sides, ready, strict=True)}
    found = Curves(net.name, sides, {side: [] for side in sides}, {side: [] for side in sides}, whose)
    order = np.random.default_rng(0)
    for _ in range(epochs):
        for chosen in _batches(len(data[0]), batch, order):
            _step(ready, found, data[0][chosen], data[1][chosen], net)
            if shown is not None:
                shown(found)
            if most is not None and len(found.losses[sides[0]]) >= most:
                break
        for side, item in zip(sides, ready, strict=True):
            found.right[side].append(_right(item, held))
        if most is not None and len(found.losses[sides[0]]) >= most:
            break
    return found


def _fitting(name: str, data: Data) -> Net:
    """The network for these images and classes, with the options that it takes."""
    channels, height, width = data[0].shape[1:]
    classes = int(data[1].max()) + 1
    wanted = {"num_classes": classes, "in_channels": channels, "input_size": (height, width)}
    item = network(name)
    fixed = item.trace()
    options = {key: value for key, value in wanted.items() if not (key == "num_classes" and _classes(fixed) == classes)}
    if tuple(map(int, fixed.input_shape)) == (channels, height, width):
        options = {key: value for key, value in options.items() if key == "num_classes"}
    net = item.trace(**options)
    if _classes(net) != classes:
        raise DiptychError(f"{net.name} is no classifier of {classes} classes; `train` needs one")
    return net


def _classes(net: Net) -> int:
    shape = net.nodes[net.outputs[0]].shape
    return int(shape[0]) if len(shape) == 1 else 0


def _batches(count: int, batch: int, random: np.random.Generator) -> Iterator[Any]:
    """The images of each batch of an epoch; a last one that is not full is left out, as batch normalisation needs."""
    order = random.permutation(count)
    for start in range(0, count - batch + 1, batch):
        yield order[start : start + batch]


def _step(ready: Sequence[Side], found: Curves, x: Array, y: Array, net: Net) -> None:
    step = len(found.losses[found.sides[0]]) + 1
    targets = [checked_targets(CrossEntropy(), (len(x), int(net.nodes[index].shape[0])), y) for index in net.outputs]
    for side, item in zip(found.sides, ready, strict=True):
        loss = item.trainer.step(x, targets, Masks(0, step)).loss
        if not np.isfinite(loss):
            raise DiptychError(f"the loss of {LABELS[side]} is {loss} at step {step}; take a smaller --rate")
        found.losses[side].append(loss)


def _right(side: Side, held: Data) -> float:
    """The share of images that a model reads right."""
    parts = [side.trainer.evaluate(held[0][start : start + 128]) for start in range(0, len(held[0]), 128)]
    return float((np.concatenate(parts).argmax(axis=1) == held[1]).mean())
