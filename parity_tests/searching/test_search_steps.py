"""One step of each kind, of the weights and of the architecture, is the same in both frameworks; faults are found."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from selection import some
from small_space import space

from diptych import DiptychError, searching
from diptych.common.reference import outputs
from diptych.common.search import objective
from diptych.common.search.draws import gumbel
from diptych.common.search.setting import Objective, Part, Rules, Seen
from diptych.common.weights import init, scrambled
from diptych.searching import FBNET, Layer
from diptych.tf_impl.search.step import Searcher as TfSearcher
from diptych.torch_impl.search.step import Searcher as TorchSearcher

TOLERANCE = 1e-8
ROUNDING = 1e-9
"""Of the largest gradient: a bias before batch normalisation has nothing else."""
SPACE = space()
COSTS = searching.macs(SPACE)
HEAT = 2.5
PARTS: tuple[Part, ...] = ("weights", "theta")
Searcher = Any


@pytest.fixture
def eager() -> Iterator[None]:
    """Without compiling, which takes longer than these steps; TensorFlow has no gradient of groups then."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def pair(costs: Any = COSTS, rules: Rules | None = None) -> tuple[Searcher, Searcher]:
    """Both sides with the same weights, theta among them; what is given is of the second."""
    weights = init(SPACE.supernet) | {n: a for n, a in scrambled(SPACE.supernet).items() if n.endswith("theta")}
    usual = Rules()
    return (
        TorchSearcher(SPACE, weights, COSTS, usual, "float64"),
        TfSearcher(SPACE, weights, costs, rules or usual, "float64"),
    )


def batch(step: int) -> tuple[Any, Any]:
    random = np.random.default_rng(step)
    return random.standard_normal((6, *SPACE.input_shape)), random.integers(3, size=6)


def draws(step: int, seed: int = 0) -> list[Any]:
    return gumbel([len(SPACE.layers[n].candidates) for n in SPACE.mixes], seed, step)


def stepped(sides: tuple[Searcher, Searcher], part: Part, step: int, **other: Any) -> tuple[Seen, Seen]:
    """What both see of a step; the second is given something else where something is."""
    usual = {"draws": draws(step), "temperature": HEAT, "objective": Objective()}
    x, labels = batch(step)
    return sides[0].step(part, x, labels, **usual), sides[1].step(part, x, labels, **usual | other)


def apart(sides: tuple[Searcher, Searcher], seen: tuple[Seen, Seen]) -> set[str]:
    """What differs after a step."""
    one, other = seen
    found = {name for name in ("loss", "cross_entropy", "latency") if _gap(getattr(one, name), getattr(other, name))}
    most = max(float(np.abs(g).max()) for g in one.gradients.values())
    loud = {name for name, g in one.gradients.items() if np.abs(g).max() > ROUNDING * most}
    assert len(loud) >= min(2, len(one.gradients))
    found |= {"gradient" for name in loud if _gap(one.gradients[name], other.gradients[name])}
    before, after = sides[0].weights(), sides[1].weights()
    quiet = set(one.gradients) - loud
    return found | {"weights" for name in before if name not in quiet and _gap(before[name], after[name])}


def _gap(one: Any, other: Any) -> bool:
    return not np.max(np.abs(np.asarray(one) - other)) <= TOLERANCE * max(float(np.max(np.abs(one))), 1e-6)


@pytest.mark.usefixtures("eager")
def test_steps_in_turn_are_the_same() -> None:
    sides = pair()
    first = sides[0].weights()
    for step, part in enumerate((*PARTS, *PARTS)):
        seen = stepped(sides, part, step)
        assert set(seen[0].gradients) == set(seen[1].gradients)
        assert apart(sides, seen) == set()
    last = sides[0].weights()
    moved = {name for name in first if not np.array_equal(first[name], last[name])}
    assert {"layer1_mix.theta", "layer2_mix.theta", "stem.conv.weight"} <= moved


@pytest.mark.slow
def test_compiled_steps_of_all_nine_candidates_are_the_same() -> None:
    nine = space(Layer(4, 1, FBNET))
    costs, weights = searching.macs(nine), init(nine.supernet)
    sides = tuple(kind(nine, weights, costs, Rules(), "float64") for kind in (TorchSearcher, TfSearcher))
    for step, part in enumerate((*PARTS, *PARTS)):
        x, labels = batch(step)
        seen = [side.step(part, x, labels, gumbel([9], 0, step), HEAT, Objective()) for side in sides]
        assert apart((sides[0], sides[1]), (seen[0], seen[1])) == set()


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("part", PARTS)
def test_a_step_trains_its_own_part_alone(part: Part) -> None:
    for side in pair():
        before = side.weights()
        x, labels = batch(0)
        side.step(part, x, labels, draws(0), HEAT, Objective())
        moved = {name for name, array in side.weights().items() if not np.array_equal(array, before[name])}
        thetas = {name for name in moved if name.endswith("theta")}
        assert thetas == ({"layer1_mix.theta", "layer2_mix.theta"} if part == "theta" else set())
        trained = {name for name in moved if "running" not in name and "mix" not in name}
        assert bool(trained) == (part == "weights")


@pytest.mark.usefixtures("eager")
def test_the_loss_is_what_it_means_in_numpy() -> None:
    sides = pair()
    theta = sides[0].thetas()
    costs = [COSTS.layers[number] for number in SPACE.mixes]
    for seen in stepped(sides, "theta", 0):
        lat = objective.latency(theta, draws(0), HEAT, costs, COSTS.fixed)
        assert seen.latency == pytest.approx(lat, rel=1e-12)
        assert seen.loss == pytest.approx(objective.value(seen.cross_entropy, lat, 0.2, 0.6), rel=1e-12)


FAULTS: dict[str, tuple[Part, dict[str, Any], dict[str, Any], set[str]]] = {
    "the temperature is forgotten": ("theta", {}, {"temperature": 1.0}, {"latency", "loss", "gradient", "weights"}),
    "the draw is not shared": ("weights", {}, {"draws": draws(0, 7)}, {"latency", "loss", "gradient", "weights"}),
    "latency in other units": (
        "theta",
        {"costs": replace(COSTS, layers=tuple(c / 10 for c in COSTS.layers), fixed=COSTS.fixed / 10)},
        {},
        {"latency", "loss", "gradient", "weights"},
    ),
    "theta has the optimiser of the weights": ("theta", {"rules": Rules(theta=Rules().weights)}, {}, {"weights"}),
    "weights have the optimiser of theta": ("weights", {"rules": Rules(weights=Rules().theta)}, {}, {"weights"}),
    "another beta": ("theta", {}, {"objective": Objective(beta=0.5)}, {"loss", "gradient", "weights"}),
}
"""What is done wrong on one side, in which step, and what differs then."""


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("fault", some(FAULTS, "the draw is not shared", "latency in other units"))
def test_a_fault_is_found(fault: str) -> None:
    part, made, given, wanted = FAULTS[fault]
    sides = pair(**made)
    assert wanted <= apart(sides, stepped(sides, part, 0, **given))


def test_both_have_the_same_methods() -> None:
    def of(side: type[Any]) -> dict[str, list[str]]:
        return {n: list(inspect.signature(f).parameters) for n, f in vars(side).items() if callable(f) and n[0] != "_"}

    assert of(TorchSearcher) == of(TfSearcher)


@pytest.mark.usefixtures("eager")
def test_one_hot_shares_are_the_chosen_network() -> None:
    x, _ = batch(3)
    for side in pair():
        side.give([np.array([-1e4, 0, -1e4]), np.array([-1e4, 0])], 1.0)
        seen = side.evaluate(x)
        side.give([np.array([0, 0, -1e4]), np.array([-1e4, 0])], 1.0)
        assert np.abs(seen - side.evaluate(x)).max() > 1e-6
        net = SPACE.network(["k3_e3", "k5_e3"])
        weights = {name: array for name, array in side.weights().items() if name in net.weights}
        assert np.allclose(seen, outputs(net, weights, x)[0], rtol=0, atol=1e-12)


def test_a_temperature_of_zero_is_refused() -> None:
    for side in pair():
        with pytest.raises(DiptychError, match="a temperature is a positive number, got 0"):
            side.give(draws(0), 0.0)
