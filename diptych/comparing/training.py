"""The gates that train: gradients as in evaluation, and one step in training mode, of the models as they are given.

What depends on chance, such as noise, is found by making the step twice.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..checking.case import Finding
from ..checking.gates import FLOAT32_FACTOR, nearby
from ..common.compare import FLOAT64_TOLERANCE, difference
from ..common.comparing.apart import channelwise
from ..common.comparing.given import Pass
from ..common.comparing.rounding import ROUNDED
from ..common.spec import Array
from ..common.text import first_few
from .by_numbers import alike, groups
from .gradient_bounds import bound_of_gradients, floor_of_gradients
from .itself import unlike_its_copy
from .pair import Pair, matched
from .seen import NARROW
from .sides import Images, Side
from .trained import Trained, Untrainable
from .why import of_gradient, of_output, of_statistic

BATCH = 3
"""How many images a step in training has where there is such a batch."""
TURNS = 8
"""How often a step is made again of a model that draws random numbers: few of them may have changed nothing."""
MARGIN = 4
"""By how much a rounded constant may count for more than rounded images."""
ADDED = "loss that the model adds itself"
Entry = tuple[str, Array, Array, float]
"""What is compared, both sides of it, and the smallest number that is a measure."""


def gradients(pair: Pair) -> Finding | str:
    """The gradients of the images and of every weight, as in evaluation."""
    return _steps(pair, training=False)


def training(pair: Pair) -> Finding | str:
    """Outputs, statistics that are left, and gradients of a step in training mode."""
    return _steps(pair, training=True)


def computed_otherwise(pair: Pair) -> bool:
    """Whether all but the steps agrees: gradients, and a step in training, of weights in whatever places.

    Who folds a scale into a kernel, or mirrors images and kernels alike, computes the same by other steps.
    """
    pair.otherwise = True
    found = [_steps(pair, training) for training in (False, True)]
    pair.otherwise = all(isinstance(item, Finding) and item.passed for item in found)
    return pair.otherwise


def _steps(pair: Pair, training: bool) -> Finding | str:
    own = [images for images in pair.images if images.shape == pair.images[0].shape]
    images = next((item for item in own if len(item.values) == BATCH), own[0])
    bound = pair.bound if pair.exact else NARROW
    try:
        passes = pair.step(images, training)
    except Untrainable as error:
        if _in_own_dtype(pair, images, training):
            return _steps(pair, training)
        return _untrainable(pair, images, training, error)
    if training and (label := of_chance(pair, images, passes)):
        said = f"{label} trains by chance though dropout is off: noise or augmentation"
        nothing = np.zeros(1)
        where, place = _why(pair, images, training, ("output", nothing, nothing), passes)
        told = "; ".join(filter(None, (said, place)))
        return Finding(False, float("inf"), 0.0, where or "output", told, 1, label, said)
    if (patched := unlike_its_copy(pair, images, training, passes)) is not None:
        return patched
    worst, count, moved = Finding(True, 0.0, bound), 0, dict[str, float]()
    rounded = bound_of_gradients(pair, images, training)
    for name, a, b, floor in _entries(pair, *passes, len(images.values), training):
        gap, count = channelwise(a, b) if floor < 0 else difference(a.reshape(b.shape), b, floor)[0], count + 1
        most = rounded if name.startswith("gradient") else bound
        if most < gap < (ROUNDED if pair.bound <= FLOAT64_TOLERANCE else np.inf) and pair.exact:
            moved = moved or _moved(pair, images, training, passes)
            most = max(most, moved.get(name, 0.0))
        found = Finding(bool(gap <= most), gap, most, name, "", count)
        if not found.passed:
            where, why = _why(pair, images, training, (name, a, b), passes)
            return replace(found, where=where or name, detail=why, cause=why)
        worst = found if gap > worst.measured else worst
    if (unseen := _unseen(pair, passes)) is not None:
        return unseen
    told = "" if pair.exact else "in their own dtypes: one has no copy in float64"
    return Finding(True, worst.measured, worst.tolerance, worst.where, told, count)


def _unseen(pair: Pair, passes: tuple[Pass, Pass]) -> str | None:
    """Why a step proves nothing: no gradient of a weight was found on both sides; a note where that is so of some."""
    if pair.read is None:
        return None
    left, right = (pair.canonical(place, done.gradients) for place, done in enumerate(passes))
    kinds = [read.net.weights for read in pair.known]
    trained = [names for names in pair.weights.items()
               if {kind[name].kind for kind, name in zip(kinds, names, strict=True)} == {"trainable"}]  # fmt: skip
    lost = [mine for mine, theirs in trained if mine not in left or theirs not in right]
    if not lost:
        return None
    note = f"not compared: the gradients of {first_few(lost, 3)}, which were not found on both sides"
    if len(lost) == len(trained):
        pair.unsure.append(note)
        return note
    pair.notes += [] if note in pair.notes else [note]
    return None


def _moved(pair: Pair, images: Images, training: bool, passes: tuple[Pass, Pass]) -> dict[str, float]:
    """How far each part of a step may go by rounding alone: a multiple of what images a rounding away make of it.

    In float64 that of the model that is moved less: the batches of a hundred normalisations make much of a rounding.
    Where a constant of the two was rounded to float32, such as 1 / 255, it is that of float32, in the second model.
    """
    single, found = pair.bound > FLOAT64_TOLERANCE, dict[str, float]()
    turned = next(nearby(images.values.astype(np.float64), "float32" if single else "float64"))
    for place in (1,) if single else (0, 1):
        near = Trained(pair.both[place]).step(turned, pair.seeds(images), training, 0)
        moved = (near, passes[1]) if place == 0 else (passes[0], near)
        both = (_entries(pair, *held, len(images.values), training) for held in (passes, moved))
        for (name, *before, floor), (_, *after, _) in zip(*both, strict=False):
            one, other = before[place], after[place]
            gap = channelwise(one, other) if floor < 0 else difference(one, other, floor)[0]
            found[name] = min(gap, found.get(name, np.inf))
        del near, moved, both  # as large as the model
    return {name: (MARGIN if single else FLOAT32_FACTOR) * gap for name, gap in found.items()}


def _in_own_dtype(pair: Pair, images: Images, training: bool) -> bool:
    """Whether a model trains whose copy in float64 does not, as where code draws float32; it has no copy then."""
    left = [side for side in pair.both if side.wide not in (None, side.given) and not _trains(side, images, training)]
    own = [side for side in left if _trains(replace(side, wide=None), images, training)]
    for side in own:
        pair.notes.append(f"{side.label} is trained in its own dtype: a copy in float64 cannot be")
    pair.one, pair.other = (replace(side, wide=None) if side in own else side for side in pair.both)
    return bool(own)


def _trains(side: Side, images: Images, training: bool) -> bool:
    try:
        seeds = [np.ones_like(value) for value in side.exact.outputs(images.values).values()]
        side.exact.step(images.values, seeds, training)
    except Exception:  # noqa: BLE001 - whatever the code of a model raises
        return False
    return True


def _untrainable(pair: Pair, images: Images, training: bool, error: Untrainable) -> Finding | str:
    """One side alone that cannot be trained is another model; where neither can, nothing is told."""
    said = str(error)
    for side in pair.both:
        if not said.startswith(side.label) and not _trains(side, images, training):
            pair.unsure.append(f"neither model can be trained: {said}")
            return said
    return Finding(False, float("inf"), 0.0, "the loss", f"it cannot be trained as the other can: {said}", 1)


def _why(
    pair: Pair, images: Images, training: bool, found: tuple[str, Array, Array], passes: tuple[Pass, Pass]
) -> tuple[str, str]:
    """The layer where a difference begins and its cause in words, "" for what is not known; this must not fail."""
    name, one, other = found
    try:
        if name.startswith("statistic "):
            mine = name.removeprefix("statistic ")
            after = _biased(pair, 0, passes[0], len(images.values)), _biased(pair, 1, passes[1], len(images.values))
            return "", of_statistic(pair, mine, pair.weights[mine], after)
        if name.startswith("gradient of "):
            return "", of_gradient(pair, name.removeprefix("gradient of "), one, other)
        if name == ADDED:
            told = f"{one[0]:.4g} in {pair.one.label}, {other[0]:.4g} in {pair.other.label}"
            return "", f"{name} (add_loss, a regularizer): {told}"
        if " outputs against " in name:
            words = "auxiliary outputs: what one answers in training the other does not, such as the heads of GoogLeNet"
            return "", words
        return of_output(pair, images, training, passes) if name.startswith("output") else ("", "")
    except Exception:  # noqa: BLE001 - whatever a model raises in a second step
        return "", ""


def _entries(pair: Pair, one: Pass, other: Pass, batch: int, training: bool) -> Iterator[Entry]:
    """What is compared of a step, in the order in which a fault spreads; a floor below 0 means by channel."""
    together = matched(one.outputs, other.outputs)
    if together is None:
        yield f"{len(one.outputs)} outputs against {len(other.outputs)}", np.zeros((1, 1)), np.ones((1, 1)), -1.0
    yield from ((f"output of {name}", a, b, -1.0) for name, a, b in together or ())
    if pair.read is not None:
        yield from _statistics(pair, one, other, batch) if training else ()
        yield from _weights(pair, one, other)
    else:
        yield from _by_name(pair, one, other)
    if training:
        yield ADDED, np.array([one.added]), np.array([other.added]), 0.0
    yield "gradient of the images", one.input_gradient, other.input_gradient, 0.0


def of_chance(pair: Pair, images: Images, passes: tuple[Pass, Pass]) -> str:
    """The model that answers otherwise to a second step, "" for neither."""
    bound = pair.bound if pair.exact else NARROW
    for side, first in zip(pair.both, passes, strict=True):
        for turn in range(1, TURNS + 1 if first.drawn else 2):
            second = Trained(side).in_training(images.values, turn=turn)
            if any(channelwise(value, second[name]) > bound for name, value in first.outputs.items()):
                return side.label
    return ""


def _weights(pair: Pair, one: Pass, other: Pass) -> Iterator[Entry]:
    """The gradients of weights that belong together, from the last to the first."""
    left, right = pair.canonical(0, one.gradients), pair.canonical(1, other.gradients)
    floor = floor_of_gradients(pair, right)
    for mine, theirs in reversed(pair.weights.items()):
        if mine in left and theirs in right and left[mine].size == right[theirs].size:
            yield f"gradient of {mine}", *_placed(pair, pair.as_theirs(mine, left[mine]), right[theirs]), floor


def _by_name(pair: Pair, one: Pass, other: Pass) -> Iterator[Entry]:
    """Without layers: the gradients of weights of the same numbers, or else of one name, and then by their size."""
    names = {_common(name): name for name in other.gradients}
    floor = floor_of_gradients(pair, other.gradients)
    weights = pair.one.exact.weights(), pair.other.exact.weights()
    own = [{n: w[n] for n in found.gradients if n in w} for found, w in zip((one, other), weights, strict=True)]
    known = set[str]()
    for group in groups(*own)[::-1]:
        if (both := alike(group, weights, (one.gradients, other.gradients))) is not None:
            known.update(group[0])
            yield f"gradient of {' or '.join(group[0][:3])}", *both, floor
    for mine, gradient in [(n, g) for n, g in one.gradients.items() if n not in known][::-1]:
        theirs = names.get(_common(mine))
        if theirs is not None and other.gradients[theirs].size == gradient.size > 0:
            ours, others = (np.sort(array, axis=None) for array in (gradient, other.gradients[theirs]))
            yield f"gradient of {mine}", ours, others, floor


def _common(name: str) -> str:
    """A weight's name without what tells the frameworks apart."""
    for theirs, ours in (("kernel", "weight"), ("gamma", "weight"), ("beta", "bias")):
        name = re.sub(rf"(?<![a-z]){theirs}$", ours, name)
    return re.sub(r"[^0-9a-z]+", "_", name.lower())


def _statistics(pair: Pair, one: Pass, other: Pass, batch: int) -> Iterator[Entry]:
    left, right = (_biased(pair, place, found, batch) for place, found in enumerate((one, other)))
    for mine, theirs in pair.weights.items():
        if mine in left and theirs in right:
            spread = right.get(theirs.replace("running_mean", "running_var"), right[theirs])
            floor = float(np.sqrt(np.abs(spread).max()))  # a mean may be 0 but for rounding
            yield f"statistic {mine}", *_placed(pair, left[mine], right[theirs]), floor


def _placed(pair: Pair, one: Array, other: Array) -> tuple[Array, Array]:
    """Two arrays whose numbers are held to each other in their places, or by size where the places may be others."""
    return (np.sort(one, axis=None), np.sort(other, axis=None)) if pair.otherwise else (one, other)


def _biased(pair: Pair, place: int, found: Pass, batch: int) -> dict[str, Array]:
    """The running statistics, those of PyTorch with the factor n / (n - 1) taken out, which Keras does not have."""
    read, answer = pair.known[place], dict(pair.canonical(place, found.buffers))
    calls = Counter(node.own_weights().get("running_var", "") for node in read.net.nodes)
    for node in read.net.nodes if pair.both[place].given.framework == "torch" else ():
        name = node.own_weights().get("running_var", "")
        if not node.op.normalises or name not in answer or not calls[name]:
            continue
        values, momentum = batch * math.prod(map(int, node.in_shapes[0][1:])), float(vars(node.op)["momentum"])
        kept = (1 - momentum) ** calls.pop(name) * read.weights[name].astype(np.float64)  # of a layer called twice
        answer[name] = kept + (answer[name] - kept) * (values - 1) / values
    kinds = {name: weight.kind for name, weight in read.net.weights.items()}
    return {name: array for name, array in answer.items() if kinds[name] == "statistic"}
