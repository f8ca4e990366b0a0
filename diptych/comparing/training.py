"""The gates that train: gradients as in evaluation, and one step in training mode, of the models as they are given.

What depends on chance, such as noise, is found by making the step twice.
"""

from __future__ import annotations

import itertools
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
from .sides import Images
from .stepping import Steps, in_own_dtype, untrainable
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
    steps = Steps(pair, next((item for item in own if len(item.values) == BATCH), own[0]), training)
    try:
        restless, patched = by_itself(steps)
    except Untrainable as error:
        if in_own_dtype(pair, steps.images, training):
            return _steps(pair, training)
        return untrainable(pair, steps.images, training, error)
    found = _restless(steps, restless) if restless else patched or _beside_each_other(steps)
    return _unseen(steps) or found if found.passed else found


def by_itself(steps: Steps) -> tuple[str, Finding | None]:
    """The model that trains by chance, "" for neither, and what one does otherwise than its copy, None for nothing.

    Each side is asked before the pass of the next one is made.
    """
    pair, restless, patched = steps.pair, set[int](), dict[int, Finding | None]()
    for place in steps.order:
        done = steps.of(place)
        if steps.training and of_chance(pair, steps.images, place, done):
            restless.add(place)
        else:
            patched[place] = unlike_its_copy(steps, place)
    return (pair.both[min(restless)].label, None) if restless else ("", patched[0] or patched[1])


def _restless(steps: Steps, label: str) -> Finding:
    said = f"{label} trains by chance though dropout is off: noise or augmentation"
    where, why = _why(steps, ("output", np.zeros(1), np.zeros(1)))
    told = "; ".join(filter(None, (said, why)))
    return Finding(False, float("inf"), 0.0, where or "output", told, 1, label, said)


def _beside_each_other(steps: Steps) -> Finding:
    """The first thing that the two do otherwise in a step, else the largest difference."""
    pair, batch = steps.pair, len(steps.images.values)
    bound = pair.bound if pair.exact else NARROW
    rounded = bound_of_gradients(pair, steps.images, steps.training)
    doubt = (ROUNDED if pair.bound <= FLOAT64_TOLERANCE else np.inf) if pair.exact else 0.0
    gaps, moved, worst = list[tuple[str, float, float, float]](), dict[str, float](), Finding(True, 0.0, bound)
    for name, a, b, floor in _entries(pair, *steps.both, batch, steps.training):
        gap, most = _gap(a, b, floor), rounded if name.startswith("gradient") else bound
        gaps.append((name, gap, most, floor))
        if not (gap <= most or gap < doubt):
            break  # what comes after it counts no more, and may be of other shapes
    for place, (name, gap, most, _) in enumerate(gaps):
        if most < gap < doubt:
            moved = moved or _moved(steps, [floor for *_, floor in gaps])
            most = max(most, moved.get(name, 0.0))
        found = Finding(bool(gap <= most), gap, most, name, "", place + 1)
        if not found.passed:
            entries = _entries(pair, *steps.both, batch, steps.training)
            where, why = _why(steps, next(itertools.islice(entries, place, None))[:3])
            return replace(found, where=where or name, detail=why, cause=why)
        worst = found if gap > worst.measured else worst
    told = "" if pair.exact else "in their own dtypes: one has no copy in float64"
    return Finding(True, worst.measured, worst.tolerance, worst.where, told, len(gaps))


def _gap(one: Array, other: Array, floor: float) -> float:
    return channelwise(one, other) if floor < 0 else difference(one.reshape(other.shape), other, floor)[0]


def _unseen(steps: Steps) -> str | None:
    """Why a step proves nothing: no gradient of a weight was found on both sides; a note where that is so of some."""
    pair = steps.pair
    if pair.read is None:
        return None
    left, right = (pair.canonical(place, steps.known[place].gradients) for place in (0, 1))
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


def _moved(steps: Steps, floors: list[float]) -> dict[str, float]:
    """How far each part of a step may go by rounding alone: a multiple of what images a rounding away make of it.

    In float64 that of the model that is moved less: the batches of a hundred normalisations make much of a rounding.
    Where a constant of the two was rounded to float32, such as 1 / 255, it is that of float32, in the second model.
    """
    pair, found = steps.pair, dict[str, float]()
    single = pair.bound > FLOAT64_TOLERANCE
    turned = next(nearby(steps.images.values.astype(np.float64), "float32" if single else "float64"))
    for place in (1,) if single else steps.order:
        steps.let_go(1 - place)
        here, near = steps.of(place), steps.beside(place, turned)
        both = (_entries(pair, *steps.alone(place, done), len(turned), steps.training) for done in (here, near))
        for floor, (name, *before, _), (_, *after, _) in zip(floors, *both, strict=False):
            gap = _gap(before[place], after[place], floor)
            found[name] = min(gap, found.get(name, np.inf))
        del here, near, both  # as large as the model
    return {name: (MARGIN if single else FLOAT32_FACTOR) * gap for name, gap in found.items()}


def _why(steps: Steps, found: tuple[str, Array, Array]) -> tuple[str, str]:
    """The layer where a difference begins and its cause in words, "" for what is not known; this must not fail."""
    (name, one, other), pair, batch = found, steps.pair, len(steps.images.values)
    try:
        if name.startswith("statistic "):
            mine = name.removeprefix("statistic ")
            after = _biased(pair, 0, steps.known[0], batch), _biased(pair, 1, steps.known[1], batch)
            return "", of_statistic(pair, mine, pair.weights[mine], after)
        if name.startswith("gradient of "):
            return "", of_gradient(pair, name.removeprefix("gradient of "), one, other)
        if name == ADDED:
            told = f"{one[0]:.4g} in {pair.one.label}, {other[0]:.4g} in {pair.other.label}"
            return "", f"{name} (add_loss, a regularizer): {told}"
        if " outputs against " in name:
            words = "auxiliary outputs: what one answers in training the other does not, such as the heads of GoogLeNet"
            return "", words
        done = steps.known[0], steps.known[1]
        return of_output(pair, steps.images, steps.training, done) if name.startswith("output") else ("", "")
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


def of_chance(pair: Pair, images: Images, place: int, first: Pass) -> bool:
    """Whether a model answers otherwise to a second step."""
    bound = pair.bound if pair.exact else NARROW
    for turn in range(1, TURNS + 1 if first.drawn else 2):
        second = Trained(pair.both[place]).in_training(images.values, turn=turn)
        if any(channelwise(value, second[name]) > bound for name, value in first.outputs.items()):
            return True
    return False


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
