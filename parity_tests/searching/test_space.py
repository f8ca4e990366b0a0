"""Spaces of networks: the super-network, the networks in it, and what each candidate costs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from small_space import candidates, head, space, stem

from diptych import DiptychError, Net, searching
from diptych.common.registry import spec
from diptych.common.search.costs import check_budget, parts
from diptych.common.search.setting import check_latency
from diptych.common.search.steering import steered
from diptych.common.weights import init
from diptych.common.zoo.fbnet import TABLE, Unit
from diptych.searching import FBNET, Layer, Objective, Plan, Space, Stage, Temperature, layers


def test_nine_candidates_where_the_shapes_agree() -> None:
    found = searching.digits_space()
    assert [len(layer.candidates) for layer in found.layers] == [9, 9, 9, 8, 9, 9]
    assert [node.path for node in found.supernet.nodes if node.kind == "mixed"] == [
        f"layer{number}_mix" for number in range(1, 7)
    ]
    assert found.shapes == [*[(16, 4, 4)] * 4, *[(32, 2, 2)] * 3]


@pytest.mark.parametrize("variant", TABLE)
def test_the_published_fbnets_are_networks_of_the_papers_space(variant: str) -> None:
    rows, last = TABLE[variant]
    found, published = searching.fbnet_space(last=last), spec(f"fbnet_{variant}")
    assert [len(layer.candidates) for layer in found.layers].count(9) == 16
    net = found.network([_named(unit) for row in rows for unit in row])
    assert (net.params, net.macs) == (published.params, published.macs)
    assert [w.shape for w in net.weights.values()] == [w.shape for w in published.weights.values()]


def _named(unit: Unit | None) -> str:
    return "skip" if unit is None else f"k{unit[0]}_e{unit[1]}" + ("_g2" if unit[2] == 2 else "")


def test_the_super_network_is_a_network_like_any_other() -> None:
    net = space().supernet
    assert Net.from_json(net.to_json()) == net
    kinds = {name: weight.kind for name, weight in net.weights.items() if name.startswith("layer1_mix")}
    assert kinds == {
        "layer1_mix.theta": "trainable",
        "layer1_mix.gumbel": "buffer",
        "layer1_mix.temperature": "buffer",
    }


def test_weights_of_the_super_network_fit_what_is_chosen() -> None:
    found = space()
    chosen = found.network(["k3_e3", "k5_e3"])
    everything = found.supernet.weights
    assert {name: weight.shape for name, weight in chosen.weights.items()} == {
        name: everything[name].shape for name in chosen.weights
    }
    assert found.network(["skip", "k3_e1"]).params < chosen.params < found.supernet.params


def test_macs_of_parts_add_up_to_those_of_a_network() -> None:
    found = searching.digits_space()
    costs, random = searching.macs(found), np.random.default_rng(0)
    for _ in range(3):
        places = [int(random.integers(len(layer.candidates))) for layer in found.layers]
        names = [layer.candidates[place].name for layer, place in zip(found.layers, places, strict=True)]
        assert costs.of(places) == found.network(names).macs
    even = [np.full(len(cost), 1 / len(cost)) for cost in costs.layers]
    assert costs.least < costs.expected(even) < costs.most
    assert np.isclose(costs.expected(even), costs.fixed + sum(cost.mean() for cost in costs.layers))


def test_the_table_that_was_measured_has_every_part() -> None:
    table = searching.digits_latencies()
    for runtime in ("torch", "tf", "onnxruntime"):
        costs = searching.latencies(searching.digits_space(), table, runtime)
        assert 1 < costs.least < costs.most
        assert table["machine"] in costs.source
    assert {key for rows in table["runtimes"].values() for key in rows} == set(parts(searching.digits_space()))


def test_width_and_depth_multiply_stages() -> None:
    found = layers((Stage(16, 2, 2), Stage(24, 1, 3)), 16, FBNET, width=0.5, depth=1.5)
    assert [(layer.channels, layer.stride) for layer in found] == [(8, 2), (8, 1), (8, 1), *[(16, 1)] * 5]
    assert ["skip" in [c.name for c in layer.candidates] for layer in found] == [False, True, True, False, *[True] * 4]


def test_temperature_falls_as_in_the_paper_in_however_many_epochs() -> None:
    assert Temperature().at(89) == pytest.approx(5 * np.exp(-0.045 * 89))
    assert Plan(epochs=15, warm_up=3).heat(14) == pytest.approx(5 * np.exp(-0.045 * 84))


def test_beta_follows_the_cost_and_the_loss_stays_where_it_was() -> None:
    first = Objective()
    dear, cheap = steered(first, first, 120.0, 100.0), steered(first, first, 80.0, 100.0)
    assert dear.beta > first.beta > cheap.beta
    for found, cost in ((dear, 120.0), (cheap, 80.0)):
        wanted = first.alpha * np.log(cost) ** first.beta
        assert found.alpha * np.log(cost) ** found.beta == pytest.approx(wanted)
    assert steered(first, first, 100.0, 100.0) == first


def test_what_no_space_can_be_made_of() -> None:
    k3 = candidates("k3_e1")
    with pytest.raises(DiptychError, match="the space none has no layers"):
        Space("none", (1, 6, 5), (), stem, head, 3)
    with pytest.raises(DiptychError, match="layer 2 of the space small has no candidates"):
        space(Layer(4, 1, k3), Layer(4, 1, ()))
    with pytest.raises(DiptychError, match="layer 1 of the space small has two candidates of one name"):
        space(Layer(4, 1, k3 + k3))
    for channels, stride in ((8, 1), (4, 2)):
        with pytest.raises(DiptychError, match=r"layer 1 of the space small cannot be left out: it makes"):
            space(Layer(channels, stride, candidates("k3_e1", "skip")))
    with pytest.raises(DiptychError, match="layer 1 has no candidate 'k7'"):
        space().network(["k7", "k3_e1"])
    with pytest.raises(DiptychError, match="has 2 layers, and 1 candidates were named"):
        space().network(["k3_e1"])


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (1.0, "no network meets a budget of 1 MACs: the cheapest of the space costs"),
        (0.0, "a budget is a positive number, got 0.0"),
        (float("nan"), "a budget is a positive number, got nan"),
    ],
)
def test_budgets_that_nothing_meets(budget: float, said: str) -> None:
    with pytest.raises(DiptychError, match=said):
        check_budget(searching.macs(space()), budget)


def test_what_no_search_can_be_run_with() -> None:
    for first in (0.0, -1.0, float("nan")):
        with pytest.raises(DiptychError):
            Temperature(first)
    with pytest.raises(DiptychError, match="at 0 the shares of the candidates have no gradient"):
        Temperature(5.0, 1e-9).at(90)
    with pytest.raises(DiptychError, match="none is left to train the architecture"):
        Plan(epochs=3, warm_up=3)
    with pytest.raises(DiptychError, match=r"costs 0.5 ms, expected more than 1"):
        check_latency(0.5, "ms")


def test_tables_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "table.json"
    table = searching.digits_latencies()
    rows = dict(table["runtimes"]["torch"])
    for text, said in (
        ("{", "is no table of latencies"),
        ("[" * 100_000, "is no table of latencies"),
        (json.dumps(table | {"unit": "ms"}), "is no table of latencies"),
        (json.dumps(table | {"runtimes": {"torch": {**rows, "x": -1}}}), "are not all numbers of microseconds"),
    ):
        path.write_text(text)
        with pytest.raises(DiptychError, match=said):
            searching.read_table(path)
    with pytest.raises(DiptychError, match="cannot read the table"):
        searching.read_table(tmp_path / "none.json")
    with pytest.raises(DiptychError, match="the table has no runtime 'jax'"):
        searching.latencies(searching.digits_space(), table, "jax")
    with pytest.raises(DiptychError, match="has nothing of 1x6x5 stem"):
        searching.latencies(space(), table, "torch")


def test_initial_shares_are_equal() -> None:
    weights = init(space().supernet)
    assert not weights["layer1_mix.theta"].any()
    assert weights["layer1_mix.temperature"] == 1
