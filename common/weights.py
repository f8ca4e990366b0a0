"""Canonical weights: made from a seed, and held against the network they are meant for.

Weights are addressed by name, never by position or shape; anything but a full match is an error that lists the names.
Initial weights come from the spec, from a generator seeded per name, so that two trainings start from the same bits.
The weights of checks keep the scale of the maps: running variances after additions grow with the number of summands,
as in training. Otherwise a gate after fifty blocks saturates and amplifies rounding beyond 1e-10.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from .errors import WeightsError
from .memory import empty, let_go, machine
from .spec import Array, Net, Weight
from .text import shape_text

Weights = dict[str, Array]
FILLS = {"zeros": 0, "ones": 1, "quarter": 0.25}
"""The initialisations that take no random numbers."""
BLOCK = 1 << 25
"""The numbers that one stream draws: only the first linear layers of AlexNet, ZFNet and VGG have more."""


def init(net: Net, seed: int = 0) -> Weights:
    """Seeded initial weights for training, as float32 arrays by canonical name; the same bits on both frameworks.

    Convolutions are normal with variance 2 / fan_in (He et al. 2015, equation 10), linear layers 1 / fan_in
    (LeCun et al. 1998, Efficient BackProp, equation 16); biases and means are 0, scales and variances 1.

    >>> from diptych.common.registry import spec
    >>> init(spec("lenet5_modern"))["c1.weight"].shape
    (6, 1, 5, 5)
    """
    with drawing(net, seed) as weights:
        return dict(weights)


@contextmanager
def drawing(net: Net, seed: int = 0) -> Iterator[Mapping[str, Array]]:
    """The weights of `init` while other threads still draw them: to ask for one is to wait for it, or to draw it.

    NumPy draws without holding the interpreter's lock, and each weight has a stream of its own. The largest go first,
    and no more at a time than there are cores, so that none of them is left alone at the end.
    """
    check_room(net)
    order = sorted(net.weights, key=lambda name: -net.weights[name].count)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        draw = partial(_drawn, net, seed)
        try:
            yield _Drawn(net, draw, {n: pool.submit(draw, n) for n in order if net.weights[n].init not in FILLS})
        finally:
            pool.shutdown(cancel_futures=True)


def check_room(net: Net) -> None:
    """Raise WeightsError, before memory is taken, for a network whose weights are more than the machine can hold."""
    size, room = 4 * sum(weight.count for weight in net.weights.values()), machine()
    if size > room:
        raise WeightsError(
            f"the weights of {net.name} are {size // 4:,} numbers, {size / 1e9:,.0f} GB, and this machine has "
            f"{room / 1e9:,.0f} GB of memory; take a larger machine, or a network of fewer weights"
        )


@dataclass(frozen=True)
class _Drawn(Mapping[str, Array]):
    net: Net
    draw: Callable[[str], Array]
    ahead: Mapping[str, Future[Array]]

    def __getitem__(self, name: str) -> Array:
        future = self.ahead.get(name)
        return self.draw(name) if future is None or future.cancel() else future.result()

    def __iter__(self) -> Iterator[str]:
        return iter(self.net.weights)

    def __len__(self) -> int:
        return len(self.net.weights)


def scrambled(net: Net, seed: int = 0) -> Weights:
    """Seeded weights for checks, as float32 arrays: no bias, scale, mean or variance has a value that hides a fault."""
    check_room(net)
    found = {
        name: _scrambled(weight, _generator(name, seed)) if weight.init in FILLS else _drawn(net, seed, name)
        for name, weight in net.weights.items()
    }
    for name, sums in summed(net).items():
        found[name] *= np.float32(sums)
    return found


def summed(net: Net) -> dict[str, int]:
    """The running variances after additions, and how many normalised values were added up there.

    Each grows as much, as it would in training. Without that, maps double from block to block of a residual network,
    and a gate after fifty of them (SENet-154) has arguments so large that no float64 holds them to 1e-10.
    """
    sums, found = list[int](), dict[str, int]()
    for node in net.nodes:
        values = [sums[index] for index in node.inputs]
        if node.op.normalises and not node.owner and values[0] > 1:
            found[f"{node.path}.running_var"] = values[0]
        sums.append(node.op.summands(*values))
    return found


def checked(net: Net, weights: Mapping[str, Any], where: str = "the weights") -> Weights:
    """The weights as arrays in the order of the network; raises WeightsError listing every name that does not fit."""
    if not isinstance(weights, Mapping):
        raise WeightsError(f"{where} are a {type(weights).__name__}, expected a mapping from names to arrays")
    wanted, weights = net.weights, _untied(net, weights)
    problems = [f"missing {name} {_shape(w.shape)}" for name, w in wanted.items() if name not in weights]
    problems += [f"extra {name} {_shape(np.shape(weights[name]))}" for name in weights if name not in wanted]
    found = {name: np.asarray(weights[name]) for name in wanted if name in weights}
    for name, array in found.items():
        expected = tuple(map(int, wanted[name].shape))
        if array.shape != expected:
            problems.append(f"{name} has shape {_shape(array.shape)}, expected {_shape(expected)}")
        elif not np.issubdtype(array.dtype, np.floating):
            problems.append(f"{name} has dtype {array.dtype}, expected floating point")
        elif not _finite(array):
            problems.append(f"{name} holds {int((~np.isfinite(array)).sum())} values that are NaN or infinite")
        let_go(array)
    if problems:
        raise WeightsError(_message(net, where, problems))
    return found


def _untied(net: Net, weights: Mapping[str, Any]) -> Mapping[str, Any]:
    """The weights under their canonical names alone: a state dict has a tied weight twice, safetensors under one name.

    A second name stays, as one too many, where its numbers are others.
    """
    if not net.ties:
        return weights
    found = dict(weights)
    for name, owner in net.ties.items():
        if name in weights and (owner not in found or np.array_equal(weights[name], found[owner], equal_nan=True)):
            found.setdefault(owner, found.pop(name))
    return found


def _finite(array: Array) -> bool:
    """Whether no value is NaN or infinite; a sum, which shows either, is quicker than asking for each."""
    with np.errstate(all="ignore"):
        return bool(np.isfinite(array.sum()) or np.isfinite(array).all())


def _message(net: Net, where: str, problems: list[str]) -> str:
    shown = problems[:8] + ([f"and {len(problems) - 8} more"] if len(problems) > 8 else [])
    options = "".join(f", {key}={value}" for key, value in net.options)
    misfit = any(" shape " in problem or problem.startswith(("missing", "extra")) for problem in problems)
    advice = "name the right network, or its options (num_classes, in_channels, input_size)"
    return (
        f"{where}: {len(problems)} of {len(net.weights)} weights do not fit {net.name}{options}: {'; '.join(shown)}. "
        f"What to do: {advice if misfit else 'use finite floating-point weights; these would spoil every output'}"
    )


def _shape(shape: tuple[int, ...]) -> str:
    return shape_text(shape) or "scalar"


def _generator(name: str, seed: int, *block: int) -> np.random.Generator:
    """One stream per name, so that a weight does not depend on which others there are."""
    return np.random.default_rng([seed, zlib.crc32(name.encode()), *block])


def _normal(name: str, seed: int, out: Array) -> None:
    """Fill a contiguous array with normal numbers; a large one by all cores, each block from a stream of its own."""
    flat = out.reshape(-1)

    def draw(number: int) -> None:
        part = flat[number * BLOCK : (number + 1) * BLOCK]
        _generator(name, seed, *([number] if number else [])).standard_normal(dtype=np.float32, out=part)

    if flat.size <= BLOCK:  # threads would take longer to start than most weights to draw
        draw(0)
        return
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(draw, range(-(-flat.size // BLOCK))))


def _drawn(net: Net, seed: int, name: str) -> Array:
    weight = net.weights[name]
    array = empty(tuple(map(int, weight.shape)))
    if weight.init in FILLS:
        array.fill(FILLS[weight.init])
    elif weight.init in ("he", "lecun"):
        _normal(name, seed, array)
        array *= np.float32(((2 if weight.init == "he" else 1) / weight.fan_in) ** 0.5)
    else:  # signs
        array[...] = _generator(name, seed).choice(np.array([-1, 1], np.float32), array.shape)
    return array


def _scrambled(weight: Weight, rng: np.random.Generator) -> Array:
    noise = rng.standard_normal(tuple(map(int, weight.shape)), dtype=np.float32) * np.float32(0.2)
    found = np.abs(noise + 1) + np.float32(0.1) if weight.init == "ones" else noise + np.float32(0.05)
    return np.asarray(found)
