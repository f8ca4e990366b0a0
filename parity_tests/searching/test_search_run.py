"""Whole searches of a small space, and the command that runs one."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import run
from refusal import refused
from small_space import candidates, space

import diptych
from diptych import DiptychError, Net, searching
from diptych.common.search.costs import Costs
from diptych.common.search.sampling import within
from diptych.searching import Layer, Plan

PLAN = Plan(epochs=6, warm_up=1, batch=8)
SPACE = space()
COSTS = searching.macs(SPACE)


def images(count: int = 80) -> tuple[Any, Any]:
    random = np.random.default_rng(0)
    labels = random.integers(3, size=count)
    return random.standard_normal((count, *SPACE.input_shape)) + labels[:, None, None, None], labels


def searched(budget: float, **options: Any) -> searching.Found:
    return searching.search(SPACE, images(), budget, COSTS, **{"plan": PLAN} | options)


def test_a_tight_budget_gives_a_cheaper_network_than_a_loose_one() -> None:
    tight, loose = searched(1.2 * COSTS.least), searched(COSTS.most)
    assert tight.cost <= 1.2 * COSTS.least < loose.cost <= COSTS.most
    assert tight.cost == tight.net.macs
    assert loose.net.macs == loose.cost
    betas = [[epoch.beta for epoch in found.course.done] for found in (tight, loose)]
    assert betas[0][-1] > betas[0][0] == 0.6 > betas[1][-1]
    assert tight.course.done[-1].expected < loose.course.done[-1].expected


@pytest.mark.slow
def test_five_seeds_under_each_budget() -> None:
    costs = [[searched(budget, seed=seed).cost for seed in range(5)] for budget in (1.6 * COSTS.least, COSTS.most)]
    assert max(costs[0]) <= 1.6 * COSTS.least
    assert np.mean(costs[0]) < 0.8 * np.mean(costs[1])
    assert all(tight < loose for tight, loose in zip(*costs, strict=True))


def test_what_is_found_is_a_network_like_any_other() -> None:
    found = searched(COSTS.most, name="mine")
    assert Net.from_json(found.net.to_json()) == found.net
    assert found.net.name == "mine"
    model = diptych.build(found.net, "torch")
    assert sum(p.numel() for p in model.parameters()) == found.net.params
    assert len(found.drawn) == len({item.choice for item in found.drawn}) >= 1
    assert max(found.drawn, key=lambda item: item.right).choice == found.choice
    assert sum("probability" in line for line in found.lines()) == 2


def test_a_seed_says_all() -> None:
    plan = Plan(epochs=2, warm_up=1, batch=8)
    first, again, other = (searched(COSTS.most, plan=plan, seed=seed) for seed in (0, 0, 1))
    assert [p.tolist() for p in first.probabilities] == [p.tolist() for p in again.probabilities]
    assert [p.tolist() for p in first.probabilities] != [p.tolist() for p in other.probabilities]


@pytest.mark.slow
def test_both_frameworks_find_the_same() -> None:
    plan = Plan(epochs=3, warm_up=1, batch=16)
    one, other = (searched(COSTS.most, plan=plan, framework=name) for name in ("torch", "tf"))
    assert one.choice == other.choice
    for a, b in zip(one.probabilities, other.probabilities, strict=True):
        assert np.abs(a - b).max() < 1e-3, "float32, twenty steps"


def test_a_layer_without_a_choice_is_no_part_of_the_search() -> None:
    alone = space(Layer(4, 1, candidates("k3_e1")), Layer(4, 1, candidates("k3_e1", "skip")))
    costs = searching.macs(alone)
    found = searching.search(alone, images(), costs.most, costs, plan=Plan(epochs=2, warm_up=1, batch=8))
    assert found.choice[0] == "k3_e1"
    assert found.probabilities[0].tolist() == [1.0]


def test_drawing_leans_to_cheap_candidates_where_it_must() -> None:
    costs = Costs("us", (np.array([1.0, 9.0]), np.array([1.0, 9.0])), 1.0)
    sure = [np.array([1e-12, 1 - 1e-12])] * 2
    found, tilt = within(sure, costs, 4.0, 6, 0)
    assert (found, tilt > 0) == ([(0, 0)], True)
    found, tilt = within([np.array([0.5, 0.5])] * 2, costs, 12.0, 6, 0)
    assert (sorted(found), tilt) == ([(0, 0), (0, 1), (1, 0)], 0.0)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"data": (np.zeros((80, 1, 5, 5)), np.zeros(80, int))}, r"takes images \(N, 1, 6, 5\)"),
        ({"data": (np.zeros((80, 1, 6, 5)), np.full(80, 3))}, "class numbers are from 0 to 2, got 3 to 3"),
        ({"data": images(20)}, "of 20 images the weights get 16 and the architecture 4, and a batch has 8"),
        ({"budget": 10.0}, "no network meets a budget of 10 MACs"),
        ({"framework": "jax"}, "there is no framework 'jax'"),
    ],
)
def test_what_cannot_be_searched(given: dict[str, Any], said: str) -> None:
    usual: dict[str, Any] = {"space": SPACE, "data": images(), "budget": COSTS.most, "costs": COSTS, "plan": PLAN}
    with pytest.raises(DiptychError, match=said):
        searching.search(**usual | given)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command searches the small space."""
    monkeypatch.setattr(searching, "digits_space", lambda width, depth: SPACE)
    monkeypatch.setattr(searching, "small_digits", lambda: (*images(400), *images(8)))


@pytest.mark.usefixtures("small")
def test_the_command_writes_a_spec_and_a_picture(tmp_path: Path) -> None:
    spec, picture = tmp_path / "found.json", tmp_path / "probs.svg"
    words = ("nas", "--budget", "20k", "--cost", "macs", "--epochs", "2", "-o", spec, "--picture", picture)
    done = run(*words)
    assert done.exit_code == 0, done.output
    assert "epoch" not in done.output, "quiet in a pipe"
    assert "layer 2" in done.output
    assert f"wrote {picture}" in done.output
    assert picture.read_text("utf-8").startswith("<?xml")
    net = Net.from_json(spec.read_text("utf-8"))
    assert net.macs <= 20_000
    for command, wanted in (
        (("table", spec), f"{net.params:,}"),
        (("source", spec, "--torch"), "class Found"),
        (("source", spec, "--tf"), "class Found"),
        (("check", spec, "--gates", "forward_float64"), "1 of 1 networks"),
    ):
        shown = run(*command)
        assert shown.exit_code == 0, shown.output
        assert wanted in shown.output
    assert "leave out the options" in refused(tmp_path, "table", spec, "--num-classes", "3")


BUDGET = ("--budget", "20")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--budget", "0.1"), "no network meets a budget of 0.1 us: the cheapest of the space costs"),
        (("--budget", "-3"), "a budget is a positive number, got -3.0"),
        (("--budget", "fast"), "--budget is a number of microseconds, such as 90, 90us or 0.09ms, not 'fast'"),
        (("--budget", "60k"), "--budget is in MACs, and these costs are in us"),
        (("--budget", "9us", "--cost", "macs"), "--budget is in us, and these costs are in MACs"),
        ((*BUDGET, "--temperature", "0"), "a temperature is a positive number, got 0.0"),
        ((*BUDGET, "-o", "net.txt"), "net.txt: the spec of a network is written as .json"),
        ((*BUDGET, "--picture", "p.txt"), "p.txt: probabilities are drawn as .svg, .png, .pdf, not .txt"),
        ((*BUDGET, "--table", "none.json"), "cannot read the table of latencies none.json"),
        ((*BUDGET, "--width", "0"), "a number of channels is positive"),
        ((*BUDGET, "--depth", "0"), "a depth is a positive factor"),
        ((*BUDGET, "--depth", "2", "--width", "2"), "the table of latencies has nothing of"),
    ],
)
def test_bad_input_to_nas_is_one_line(
    words: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in refused(tmp_path, "nas", *words)


def test_a_file_that_is_no_spec(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{}")
    assert "x.json: the trace: expected an object" in refused(tmp_path, "table", path)
    path.write_bytes(b"\xff")
    assert "is no text in UTF-8" in refused(tmp_path, "table", path)
    assert "cannot read" in refused(tmp_path, "table", tmp_path / "none.json")


def test_shades_tell_the_probabilities() -> None:
    found = searched(COSTS.most, plan=Plan(epochs=2, warm_up=1, batch=8))
    lines = list(found.course.lines())
    assert lines[0].startswith("epoch 2 of 2")
    names = dict.fromkeys(c.name for layer in SPACE.layers for c in layer.candidates)
    assert [line.split()[0] for line in lines[1:]] == list(names)
    assert all(len(a) == len(b) for a, b in itertools.pairwise(lines[1:]))
