"""Train both models side by side and say whether they train the same; see docs/training.md."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from ..checking.asked import LAST as GATE
from ..checking.images import random_images
from ..checking.report import Gate
from ..common.errors import DiptychError
from ..common.registry import network, spec
from ..common.spec import Array, Net
from ..common.text import first_few
from ..common.training.losses import DetectionLoss, Loss, MeanSquares, checked_targets, drawn_by_class, joint_targets
from ..common.training.setting import Setting, Variance
from ..common.weights import checked, init
from ..comparing.named import models_of
from ..comparing.pair import Pair, lent, transferred
from ..comparing.sides import images, labels, shape_of, side
from ..comparing.stepping import Steps
from ..comparing.trained import Untrainable
from ..comparing.training import by_itself
from ..waiting import shows_progress
from .course import Course
from .given import Data, Given, check_order, given_loss, given_optimiser, of_data
from .held import refuse_held
from .judge import Judge
from .report import TrainReport
from .sides import Side, Sides, alone, decays_of, of_net, of_pair
from .smaller import at_smaller_rates
from .steps import COARSE, TOLERANCE, trained
from .steps import shapes as shapes_of


@shows_progress("training both models")
def train_check(
    net: Net | str | tuple[Any, Any],
    steps: int = 20,
    optimizer: Any = "sgd",
    *,
    loss: Any = None,
    heads: Sequence[float] | None = None,
    batch: int = 4,
    seed: int = 0,
    data: Data | None = None,
    frozen_norms: bool = False,
    variance: Variance = "own",
    precision: Literal["float64", "bfloat16"] = "float64",
    example: Any = None,
    weights: Literal["as-is", "transfer"] | Mapping[str, Array] | None = None,
    names: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] | None = None,
) -> TrainReport:
    """Train a network in both frameworks, or a pair of anybody's models, and return a TrainReport.

    Both begin with the same bits and see the same batches and the same dropout masks. After each step (of a large
    network after steps 1, 5 and the last) the loss, gradients, every parameter and every running statistic are held to
    each other in float64, to 1e-8 of the largest entry of the tensor, and each update to its meaning in NumPy.

    `net` is a Net, the name of a registered network with its `options`, with `weights` by canonical name to begin with
    where they are not those of `init`; or a pair of models as `compare` takes them, with its `example`, `weights` and
    `names`. `optimizer` is a name ("sgd", "adam", "rmsprop.tf1"), a description of
    `diptych.training`, or a pair of them or of the objects of each framework as they stand (of PyTorch's with its
    scheduler as (optimizer, scheduler)). `loss` is a name, a description, or a pair of those or of functions of each
    framework; cross-entropy, of maps the mean of squares, where none is given. `heads` are the weights of several
    outputs; a DetectionLoss takes all at once, and `data`. `batch` images are drawn at random for each step, or taken
    in order from `data`, images (N, C, H, W) and class numbers, targets or labels (N, G, 5). `frozen_norms` keeps batch
    normalisation as in evaluation. `variance` "unbiased" or "biased" lets both write the same running variance; with
    "own" the factor n / (n - 1) between them is checked. With `precision` "bfloat16" both run in mixed precision, and
    are held to what that rounds.
    Where the loss is not finite in both, or rounding alone grows past 1e-8, an optimiser given by its name is tried
    again at smaller rates: see `smaller`.
    Nothing of given models is changed. Raises DiptychError where nothing can be trained or compared.
    """
    once = functools.partial(
        _trained, net, steps, loss=loss, heads=heads, batch=batch, seed=seed, data=data, frozen_norms=frozen_norms,
        variance=variance, precision=precision, example=example, weights=weights, names=names, options=options,
        say=progress or (lambda text: None),
    )  # fmt: skip
    return at_smaller_rates(optimizer, once) if isinstance(optimizer, str) else once(optimizer)


def _trained(
    net: Any, steps: int, optimizer: Any, *, loss: Any, heads: Sequence[float] | None, batch: int, seed: int,
    data: Data | None, frozen_norms: bool, variance: Variance, precision: str, example: Any, weights: Any,
    names: Mapping[str, str] | None, options: Mapping[str, Any] | None, say: Callable[[str], None],
) -> TrainReport:  # fmt: skip
    start = time.monotonic()
    _check_numbers(steps, batch)
    if variance not in ("own", "unbiased", "biased"):
        raise DiptychError(f'variance is "own", "unbiased" or "biased", got {variance!r}')
    if precision not in ("float64", "bfloat16"):
        raise DiptychError(f'precision is "float64" or "bfloat16", got {precision!r}')
    rules = given_optimiser(optimizer)
    say("making both models")
    sides, draw = _sides(net, example, weights, names, options)
    check_order(rules, sides.kinds, sides.labels)
    losses = given_loss(loss, rules)
    refuse_held(losses, net if isinstance(net, (tuple, list)) else ())
    given, objects = _settings(losses, heads, frozen_norms, variance)
    probe = sides.make(given, objects, "float64")
    x = draw(batch, np.random.default_rng(seed)) if data is None else np.asarray(data[0][:batch], np.float64)
    shapes = [shapes_of(item, x) for item in probe]
    if loss is None and any(len(shape) != 2 for shape in shapes[0]):
        losses = given_loss(MeanSquares(), rules)
    if heads is not None and any(item.loss.joint for item in losses):
        raise DiptychError("a DetectionLoss takes all outputs at once, so that heads have no weights of their own")
    losses, data = of_data(losses, shapes[0], data)
    settings, natives = _settings(losses, heads, frozen_norms, variance)
    drawn = next((item.loss for item in losses if drawn_by_class(item.loss)), losses[0].loss)
    batches = list(_batches(steps, batch, seed, shapes[0], drawn, draw, data))
    del probe
    if precision == "bfloat16":
        from .lowered import held_to_rounding

        return held_to_rounding(sides, settings, natives, batches, seed, start, say)
    both = sides.make(settings, natives, "float64")
    settings = _with_spared(settings, losses, both)
    judges = _judges(both, losses)
    tolerance = COARSE if any(item.trainer.coarse for item in both) else TOLERANCE
    course = trained(both, batches, sides.net, settings, seed, judges, say, tolerance)
    gate, unsure = _gate(course), tuple[str, ...]()
    if course.parted is not None:
        from .causes import blamed

        say("looking for the cause")
        gate = blamed(gate, course, sides, losses, settings, natives, batches, seed, both)
        unsure = (gate.detail,) if gate.passed is None else ()
    whose = tuple(f"{item.trainer.whose['optimiser']}; {item.trainer.whose['loss']}" for item in both)
    case = f"{course.reached} of {steps} steps, batches of {len(batches[0][0])}"
    curves = tuple(course.losses[0]), tuple(course.losses[1])
    return TrainReport(
        sides.name, (gate,), (case,), seconds=time.monotonic() - start, notes=tuple(_notes(course, settings[0], both)),
        losses=curves, labels=sides.labels, listed=tuple(sorted(course.quiet or ())),
        small=tuple(sorted(course.small or ())), whose=whose, unsure=unsure, rounded=bool(unsure),
    )  # fmt: skip


def _check_numbers(steps: int, batch: int) -> None:
    for name, value in (("steps", steps), ("batch", batch)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise DiptychError(f"{name} is a number from 1 on, got {value!r}")


def _sides(
    net: Any, example: Any, weights: Any, names: Mapping[str, str] | None, options: Mapping[str, Any] | None
) -> tuple[Sides, Callable[[int, np.random.Generator], Array]]:
    """How both sides are made, and how images for them are drawn."""
    if isinstance(net, str):
        found = spec(net, **(options or {}))
        if not options:  # small images, as in `check`
            found = network(net).trace(input_size=network(net).check_sizes[0])
        net, options = found, None
    if isinstance(net, Net):
        if options:
            raise DiptychError("a Net has its options already; give them with the name of a network")
        held = net
        if weights is not None and not isinstance(weights, Mapping):
            raise DiptychError(f"weights of a network are arrays by canonical name, got {weights!r}")
        begun = init(held, seed=0) if weights is None else checked(held, weights)
        return of_net(held, begun), lambda count, random: random_images(held, count, random)
    if isinstance(weights, Mapping):
        raise DiptychError("models have weights of their own; weights by name are for a network")
    if not isinstance(net, (tuple, list)) or len(net) != 2:
        raise DiptychError(f"expected a Net, the name of a network or a pair of models, got {type(net).__name__}")
    (first, second), chosen = models_of(net[0], net[1], example, weights, options or {})
    shape = shape_of((first, second), example)
    ready = [side(model, label, shape) for model, label in zip((first, second), labels((first, second)), strict=True)]
    pair = Pair(ready[0], ready[1], list(images(shape, (2,), None, True)), names or {}, by_weights=chosen == "as-is")
    with lent(pair) if chosen == "transfer" else nullcontext(pair) as themselves:
        _refuse_patched(themselves)
    if chosen == "transfer":
        pair = transferred(pair)

    def draw(count: int, random: np.random.Generator) -> Array:
        return np.asarray(random.standard_normal((count, *shape), dtype=np.float32), np.float64)

    return of_pair(pair, (first, second)), draw


def _refuse_patched(pair: Pair) -> None:
    """Raise DiptychError for a model that trains otherwise than the copy of it that is trained here."""
    try:
        _, found = by_itself(Steps(pair, pair.images[0], training=True))
    except Untrainable:  # which the copies say when they are made
        return
    if found is not None:
        raise DiptychError(f"{found.detail}; a copy is trained here, which has no such patch: make it a class's own")


def _settings(losses: tuple[Given, Given], heads: Any, frozen: bool, variance: Variance) -> Any:
    """The settings of both sides, and the objects that were given in their place."""
    weights = () if heads is None else tuple(map(float, heads))
    if not all(math.isfinite(weight) for weight in weights):
        raise DiptychError(f"the weights of heads are finite numbers, got {weights}")
    settings = tuple(Setting(item.rule, item.loss, weights, frozen, variance) for item in losses)
    return settings, tuple(item.natives for item in losses)


def _batches(
    steps: int, batch: int, seed: int, shapes: Sequence[tuple[int, ...]], loss: Loss, draw: Any, data: Data | None
) -> Any:
    """The images and the targets of every step."""
    random = np.random.default_rng(seed)
    if data is not None and len(data[0]) != len(data[1]):
        raise DiptychError(f"{len(data[0])} images were given, and targets for {len(data[1])}")
    if data is not None and len(data[0]) < batch:
        raise DiptychError(f"a batch has {batch} images, and {len(data[0])} were given")
    for step in range(steps):
        if data is None:
            x = draw(batch, random)
            if isinstance(loss, DetectionLoss):
                raise DiptychError("a DetectionLoss needs images with boxes: data=(images, labels)")
            yield x, [_targets(loss, shape, random) for shape in shapes]
        else:
            chosen = np.arange(step * batch, (step + 1) * batch) % len(data[0])
            x, given = np.asarray(data[0], np.float64)[chosen], np.asarray(data[1])[chosen]
            if not np.isfinite(x).all():
                raise DiptychError("the images have NaN or infinite numbers")
            found = [(len(x), *shape[1:]) for shape in shapes]
            if isinstance(loss, DetectionLoss):
                yield x, [joint_targets(loss, found, x.shape[2:], given)]
            else:
                yield x, [checked_targets(loss, shape, given) for shape in found]


def _targets(loss: Loss, shape: tuple[int, ...], random: np.random.Generator) -> Array:
    if drawn_by_class(loss):
        if len(shape) == 2 and shape[1] < 2:
            raise DiptychError("the network has one class, of which cross-entropy is always 0; give another loss")
        drawn: Any = random.integers(shape[1] if len(shape) == 2 else 2, size=shape[0])
        return checked_targets(loss, shape, drawn)
    return random.standard_normal(shape) if isinstance(loss, MeanSquares) else random.integers(2, size=shape) * 1.0


def _with_spared(settings: Any, given: tuple[Given, Given], both: Any) -> Any:
    """The settings with what optimisers that were given spare from the decay, for experiments without them."""
    found = []
    for setting, one, item in zip(settings, given, both, strict=True):
        if one.natives.optimiser is not None and one.known and one.rule.weight_decay:
            left = tuple(sorted(name for name, decay in decays_of(item).items() if not decay))
            setting = replace(setting, rule=replace(setting.rule, exclude=left))
        found.append(setting)
    return tuple(found)


def _judges(both: Any, given: tuple[Given, Given]) -> tuple[Judge | None, Judge | None]:
    """What each update is held to: nothing where an optimiser is not known to do what a rule says."""
    found = []
    for item, one in zip(both, given, strict=True):
        left = frozenset(name for name, decay in decays_of(item).items() if not decay)
        found.append(Judge(one.rule, left) if one.known else None)
    return found[0], found[1]


def _gate(course: Course) -> Gate:
    if course.parted is None:
        return Gate(GATE, True, course.worst, TOLERANCE, course.worst_at, "", course.compared)
    parted = course.parted
    return Gate(GATE, False, parted.gap, parted.tolerance, parted.where, parted.why, course.compared, parted.judged)


def _notes(course: Course, setting: Setting, both: tuple[Side, Side]) -> Any:
    for item in both:
        if lone := alone(item):
            yield f"not held, as no pair is known: {first_few(lone, 4)} of {item.label}"
    if course.quiet:
        yield (f"without a gradient but rounding, held by the loss alone: {first_few(sorted(course.quiet), 4)}")
    if course.small:
        yield f"with gradients below 1e-3 of the largest, held all the same: {first_few(sorted(course.small), 4)}"
    if course.variances and setting.variance == "own" and course.parted is None:
        yield (f"running variances are {course.variances:.1e} apart as they stand, by the factor n / (n - 1) alone, "
               'which was checked; variance="unbiased" or "biased" makes them equal')  # fmt: skip
