"""Running statistics of two sides held to each other after steps of training.

The normalisation itself takes the biased variance of the batch in both frameworks. To the running variance PyTorch
writes the unbiased one, n / (n - 1) times as large, and Keras the biased one: each side's series is recomputed without
its factor, step by step, and those are equal.

A running mean has in it the bias of the layer before, which has no gradient but rounding; it is held without it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..common.spec import Array, Net
from ..common.training.setting import Variance

Arrays = Mapping[str, Array]


@dataclass
class Series:
    """The running statistics of one side, as they would be with the biased variance and without biases before them.

    `values` is how many numbers of one image a normalisation sees in each channel, `biases` the bias in the mean.
    """

    framework: str
    variance: Variance
    values: Mapping[str, int]
    biases: Mapping[str, str]
    shares: Mapping[str, float]
    last: dict[str, Array]
    held: dict[str, Array] = field(init=False)

    def __post_init__(self) -> None:
        self.held = {name: array.copy() for name, array in self.last.items() if name in self.shares or _is_mean(name)}
        self.last = {name: self.last[name] for name in self.held}  # and no other weight, which would stay in memory

    def step(self, before: Arrays, after: Arrays, batch: int) -> None:
        """Take in what a step has left; `before` has the weights that the step began with."""
        for name, held in self.held.items():
            new, old = after[name], self.last[name]
            share = self.shares.get(name.replace("running_mean", "running_var"), math.nan)
            if np.array_equal(new, old):  # frozen
                continue
            added = new - (1 - share) * old
            if name.endswith("running_var"):
                added = added / self._factor(batch * self.values.get(name, 0))
            elif name in self.biases:
                added = added - share * before[self.biases[name]].reshape(added.shape)
            self.held[name] = (1 - share) * held + added if math.isfinite(share) else new
            self.last[name] = new

    def _factor(self, count: int) -> float:
        unbiased = self.variance == "unbiased" or (self.variance == "own" and self.framework == "torch")
        return count / (count - 1) if unbiased and count > 1 else 1.0


def _is_mean(name: str) -> bool:
    return name.endswith("running_mean")


def values_of(net: Net) -> dict[str, int]:
    """For each running variance how many numbers of one image it is of; none where a layer is called several times."""
    found, calls = dict[str, int](), Counter[str]()
    for node in net.nodes:
        name = node.own_weights().get("running_var", "")
        if name and node.op.normalises:
            calls[name] += 1
            found[name] = math.prod(map(int, node.in_shapes[0][1:]))
    return {name: count for name, count in found.items() if calls[name] == 1}


def biases_before(net: Net) -> dict[str, str]:
    """For each running mean the bias of the layer whose output it is the mean of."""
    found = dict[str, str]()
    for node in net.nodes:
        name = node.own_weights().get("running_mean", "")
        if name and node.op.normalises:
            bias = net.nodes[node.inputs[0]].own_weights().get("bias", "")
            if bias and not net.nodes[node.inputs[0]].op.normalises:
                found[name] = bias
    return found
