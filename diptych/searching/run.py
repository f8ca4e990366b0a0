"""The search: weights and architecture trained in turn, and a network drawn at the end."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from .. import backends
from ..common.errors import DiptychError
from ..common.search.costs import Costs, check_budget, shown
from ..common.search.draws import gumbel, softmax
from ..common.search.sampling import within
from ..common.search.setting import Part, Plan, check_latency
from ..common.search.space import Space
from ..common.search.steering import steered
from ..common.spec import Array
from ..common.training.optimisers import SGD
from ..common.training.rates import Constant, Cosine
from ..common.weights import init
from .found import Course, Drawn, Epoch, Found

Data = tuple[Any, Any]
"""Images (N, C, H, W) and class numbers."""
FAR = 1e4
"""Below the chosen candidate, in a draw: its share is 1 and that of the others exactly 0."""


def search(
    space: Space,
    data: Data,
    budget: float,
    costs: Costs,
    *,
    framework: str = "torch",
    plan: Plan | None = None,
    seed: int = 0,
    name: str | None = None,
    progress: Callable[[Course], None] | None = None,
) -> Found:
    """Search a space for a network that costs no more than a budget, in the unit of the costs.

    `data` are images (N, C, H, W) and class numbers; a part of them trains the weights, the rest the architecture.
    `progress` is told after each epoch, and `name` is what the network is called. Raises DiptychError for a budget that
    no network meets, images that do not fit the space, and a loss that is not finite.
    """
    start, plan = time.monotonic(), plan or Plan()
    check_budget(costs, budget)
    check_latency(costs.least, costs.unit)
    splits = _splits(space, data, plan, seed)
    searcher = searcher_of(space, costs, plan, len(splits[0][0]), framework, seed)
    course = Course(space, costs, budget, backends.key_of(framework), seed, plan.epochs)
    objective, random, step = plan.objective, np.random.default_rng([seed, 0]), 0
    for epoch in range(plan.epochs):
        heat, losses = plan.heat(epoch), dict[Part, list[float]](weights=[], theta=[])
        parts: tuple[Part, ...] = ("weights",) if epoch < plan.warm_up or not space.mixes else ("weights", "theta")
        for part, (images, labels) in zip(parts, splits, strict=False):
            for chosen in _batches(len(images), plan.batch, random):
                draws = gumbel([len(space.layers[n].candidates) for n in space.mixes], seed, step)
                loss = plan.objective if part == "weights" else objective
                seen = searcher.step(part, images[chosen], labels[chosen], draws, heat, loss)
                if not np.isfinite(seen.loss):
                    raise DiptychError(
                        f"the loss of the {part} is {seen.loss} in epoch {epoch + 1}; take smaller rates"
                    )
                losses[part].append(seen.loss)
                step += 1
        found = tuple(_probabilities(space, searcher.thetas()))
        means = [float(np.mean(values)) if values else None for values in losses.values()]
        expected = costs.expected(found)
        course.done.append(Epoch(epoch + 1, heat, objective.beta, means[0] or 0.0, means[1], expected, found))
        if plan.steer and "theta" in parts:
            objective = steered(objective, plan.objective, expected, budget)
        if progress is not None:
            progress(course)
    drawn, notes = _drawn(space, searcher, course, splits[1], plan.samples)
    best = max(drawn, key=lambda item: item.right)
    net = space.network(best.choice, name)
    return Found(net, best.choice, best.cost, tuple(drawn), course, time.monotonic() - start, tuple(notes))


def _splits(space: Space, data: Data, plan: Plan, seed: int) -> tuple[Data, Data]:
    """The images of the weights and those of the architecture; raises DiptychError where they do not fit."""
    images, labels = np.asarray(data[0], np.float32), np.asarray(data[1], np.int64)
    if images.ndim != 4 or images.shape[1:] != tuple(space.input_shape) or len(images) != len(labels):
        raise DiptychError(
            f"the space {space.name} takes images (N, {', '.join(map(str, space.input_shape))}) and a class number of "
            f"each, got {images.shape} and {labels.shape}"
        )
    if len(labels) and not 0 <= labels.min() <= labels.max() < space.num_classes:
        raise DiptychError(f"class numbers are from 0 to {space.num_classes - 1}, got {labels.min()} to {labels.max()}")
    order = np.random.default_rng([seed, 2]).permutation(len(images))
    cut = int(len(images) * plan.share)
    if min(cut, len(images) - cut) < plan.batch:
        raise DiptychError(
            f"of {len(images)} images the weights get {cut} and the architecture {len(images) - cut}, and a batch has "
            f"{plan.batch}; give more images or smaller batches"
        )
    one, other = order[:cut], order[cut:]
    return (images[one], labels[one]), (images[other], labels[other])


def searcher_of(space: Space, costs: Costs, plan: Plan, count: int, framework: str, seed: int) -> Any:
    """The super-network in a framework; a constant rate of SGD falls along a cosine, as in the paper."""
    key = backends.key_of(framework)
    backends.get(key)  # says which package is missing, if one is
    home = importlib.import_module(f"..{backends.NAMES[key]}.search.step", __package__)
    rule, steps = plan.rules.weights, plan.epochs * (count // plan.batch)
    if isinstance(rule, SGD) and isinstance(rule.schedule, Constant):
        rule = replace(rule, rate=Cosine(rule.schedule.rate, steps))
    return home.Searcher(space, init(space.supernet, seed), costs, replace(plan.rules, weights=rule))


def _batches(count: int, batch: int, random: np.random.Generator) -> Iterator[Any]:
    """The images of each batch of an epoch; a last one that is not full is left out, as batch normalisation needs."""
    order = random.permutation(count)
    for start in range(0, count - batch + 1, batch):
        yield order[start : start + batch]


def _probabilities(space: Space, thetas: list[Array]) -> Iterator[Array]:
    """Those of every layer; of a layer with one candidate it is 1."""
    found = iter(thetas)
    for number in range(len(space.layers)):
        yield softmax(next(found)) if number in space.mixes else np.ones(1)


def _drawn(space: Space, searcher: Any, course: Course, rest: Data, count: int) -> tuple[list[Drawn], list[str]]:
    """Networks drawn within the budget, each tried with the weights of the super-network; and what is to be said."""
    last, costs = course.done[-1], course.costs
    places, tilt = within(last.probabilities, costs, course.budget, count, course.seed)
    found = []
    for place in places:
        names = [space.layers[n].candidates[p].name for n, p in enumerate(place)]
        one_hot = [np.where(np.arange(len(space.layers[n].candidates)) == place[n], 0, -FAR) for n in space.mixes]
        searcher.give(one_hot, 1.0)
        right = float(np.mean(searcher.evaluate(rest[0]).argmax(1) == rest[1]))
        found.append(Drawn(tuple(names), costs.of(place), right))
    notes = []
    if tilt:
        notes.append(f"no network that was drawn met the budget of {shown(course.budget, costs.unit)}: its drawing was "
                     "tilted towards cheap candidates; a longer search would lean there by itself")  # fmt: skip
    return found, notes
