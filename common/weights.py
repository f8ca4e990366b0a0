"""Canonical weights: made from a seed, and held against the network they are meant for."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from .errors import WeightsError
from .spec import Array, Net, Weight

Weights = dict[str, Array]


def init(net: Net, seed: int = 0) -> Weights:
    """Seeded initial weights for training, as float32 arrays by canonical name; the same bits on both frameworks.

    Convolutions are normal with variance 2 / fan_in (He et al. 2015, equation 10), linear layers 1 / fan_in
    (LeCun et al. 1998, Efficient BackProp, equation 16); biases and means are 0, scales and variances 1.

    >>> from diptych.common.registry import spec
    >>> init(spec("lenet5_modern"))["c1.weight"].shape
    (6, 1, 5, 5)
    """

    def draw(name: str) -> Array:
        return _initial(net.weights[name], _generator(name, seed))

    # NumPy draws without holding the interpreter's lock, and each weight has a stream of its own.
    with ThreadPoolExecutor() as pool:
        return dict(zip(net.weights, pool.map(draw, net.weights), strict=True))


def scrambled(net: Net, seed: int = 0) -> Weights:
    """Seeded weights for checks, as float32 arrays: no bias, scale, mean or variance has a value that hides a fault."""
    found = {name: _scrambled(name, weight, _generator(name, seed)) for name, weight in net.weights.items()}
    for name, sums in summed(net).items():
        found[name] *= np.float32(sums)
    return found


def summed(net: Net) -> dict[str, int]:
    """The running variances behind additions, and how many normalised values were added up there.

    Each grows as much, as it would in training. Without that, maps double from block to block of a residual network,
    and a gate behind fifty of them (SENet-154) has arguments so large that no float64 holds them to 1e-10.
    """
    sums, found = list[int](), dict[str, int]()
    for node in net.nodes:
        values = [sums[index] for index in node.inputs] or [1]
        if node.kind == "batch_norm" and not node.owner and values[0] > 1:
            found[f"{node.path}.running_var"] = values[0]
        sums.append(1 if node.kind == "batch_norm" else sum(values) if node.kind == "add" else max(values))
    return found


def checked(net: Net, weights: Mapping[str, Any], where: str = "the weights") -> Weights:
    """The weights as arrays in the order of the network; raises WeightsError listing every name that does not fit."""
    wanted = net.weights
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
    if problems:
        raise WeightsError(_message(net, where, problems))
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
    return "x".join(str(int(n)) for n in shape) or "scalar"


def _generator(name: str, seed: int) -> np.random.Generator:
    """One stream per name, so that a weight does not depend on which others there are."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def _initial(weight: Weight, rng: np.random.Generator) -> Array:
    shape = tuple(map(int, weight.shape))
    if weight.init in ("he", "lecun"):
        spread = np.float32(((2 if weight.init == "he" else 1) / weight.fan_in) ** 0.5)
        array = rng.standard_normal(shape, dtype=np.float32)
        array *= spread
        return array
    if weight.init in ("zeros", "ones"):
        return np.full(shape, float(weight.init == "ones"), np.float32)
    if weight.init == "signs":
        return rng.choice(np.array([-1, 1], np.float32), shape)
    raise WeightsError(f"a weight has the unknown initialisation {weight.init!r}")


def _scrambled(name: str, weight: Weight, rng: np.random.Generator) -> Array:
    shape = tuple(map(int, weight.shape))
    if weight.init in ("he", "lecun", "signs"):
        return _initial(weight, rng)
    noise = rng.standard_normal(shape, dtype=np.float32) * np.float32(0.2)
    return np.abs(noise + 1) + np.float32(0.1) if weight.init == "ones" else noise + np.float32(0.05)
