"""The catalogue on the command line: list and its filters, cards, comparisons, options, plots."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from diptych import networks
from diptych.commands.cli import app
from diptych.common.registry import network


def run(*words: str | Path) -> Any:
    return CliRunner().invoke(app, list(map(str, words)))


def listed(*words: str) -> list[str]:
    return [item["name"] for item in json.loads(run("list", *words, "--json").stdout)]


def test_list_names_every_network() -> None:
    done = run("list")
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == networks()
    assert listed() == networks()


def test_list_of_a_family() -> None:
    assert listed("--family", "resnet") == networks("resnet")
    assert run("list", "--family", "resnets").exit_code == 2


def test_filters_leave_what_the_cards_say_and_hold_together() -> None:
    cards = {name: network(name).card for name in networks()}
    small = {name for name, card in cards.items() if card.counts.params <= 5e6}
    light = {name for name, card in cards.items() if 1e9 <= card.counts.macs <= 2e9}
    assert set(listed("--params", "..5M")) == small != set()
    assert set(listed("--macs", "1G..2G")) == light != set()
    assert set(listed("--year", "2015")) == {name for name, card in cards.items() if card.paper.year == 2015}
    assert set(listed("--params", "..5M", "--macs", "1G..2G", "--year", "2014..")) == {
        name for name in small & light if cards[name].paper.year >= 2014
    }
    assert "alexnet_original" in listed("--year", "2012", "--params", "60_000K..61M".replace("_", ""))


@pytest.mark.parametrize("wrong", ["", "..", "5M..1M", "many", "1e6", "-3", "3..4..5", "1T"])
def test_a_senseless_range_is_refused(wrong: str) -> None:
    done = run("list", "--params", wrong)
    assert done.exit_code == 2
    assert "--params is a range such as" in done.output
    assert repr(wrong) in done.output


def test_a_card_shows_all_that_is_known() -> None:
    text = run("card", "resnet50").stdout
    card = network("resnet50").card
    for part in (card.citation(), card.paper.arxiv, card.reference, f"{card.counts.macs:,}", *card.quirks):
        assert part in text
    assert json.loads(run("card", "resnet50", "--json").stdout)["card"]["counts"]["params"] == 25_557_032


def test_every_card_can_be_shown() -> None:
    for name in networks():
        done = run("card", name)
        assert done.exit_code == 0, name
        assert network(name).card.paper.title in done.stdout


@pytest.mark.parametrize(
    ("name", "top1", "top5", "source"),
    [
        ("hrnet_w18_cls", 23.2, 6.6, "HRNet/HRNet-Image-Classification, README"),
        ("googlenet_bvlc", None, 6.67, "Szegedy et al. 2014, table 2"),
        ("resnet18", 27.88, None, "He et al. 2015, table 2"),
        ("resnet34", 25.03, None, "He et al. 2015, table 2"),
        ("resnet34", 24.52, 7.46, "He et al. 2015, table 3"),
    ],
)
def test_an_error_is_the_one_that_its_source_states(name: str, top1: float, top5: float, source: str) -> None:
    found = [entry for entry in network(name).card.reported if entry.source == source]
    assert [(entry.top1, entry.top5) for entry in found] == [(top1, top5)]


@pytest.mark.parametrize("name", ["resnet18", "resnet34"])
def test_an_error_of_another_shortcut_says_so(name: str) -> None:
    card = network(name).card
    for entry in card.reported:
        shortcut = "without parameters (option A)" if entry.source.endswith("table 2") else "(option B)"
        assert shortcut in entry.what
    assert any("option B of the paper" in quirk for quirk in card.quirks)


def test_networks_side_by_side() -> None:
    text = run("table", "--compare", "resnet50", "vgg16", "lenet5_modern").stdout
    rows = {line[:20].strip(): line[20:].split() for line in text.splitlines()}
    assert rows["parameters"] == ["25,557,032", "138,357,544", "61,706"]
    assert rows["depth"] == ["50", "16", "5"]
    assert rows["input"] == ["3x224x224", "3x224x224", "1x32x32"]
    assert len({len(line) for line in text.splitlines()}) == 1, "columns that align"
    data = json.loads(run("table", "--compare", "resnet50", "vgg16", "--json").stdout)
    assert data["vgg16_d"]["parameters"] == "138,357,544"
    refused = run("table", "resnet50", "vgg16")
    assert refused.exit_code == 2
    assert "--compare" in refused.output


def test_an_option_of_a_network_on_the_command_line() -> None:
    half = json.loads(run("table", "mobilenet_v2", "-O", "width=0.5", "--json").stdout)
    whole = json.loads(run("table", "mobilenet_v2", "--json").stdout)
    assert half["totals"]["parameters"] < whole["totals"]["parameters"]
    assert half["options"] == {"width": 0.5}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["-O", "width"], "--option takes NAME=VALUE"),
        (["-O", "width=1", "-O", "width=2"], "each name once"),
        (["-O", "width=wide"], "width is a float, such as 1.0, not 'wide'"),
        (["-O", "depth=3"], "mobilenet_v2 has no option 'depth'; it takes width"),
        (["-O", "width=-1"], "width"),
    ],
)
def test_a_senseless_option_is_refused(given: list[str], said: str) -> None:
    done = run("table", "mobilenet_v2", *given)
    assert done.exit_code == 2
    assert said in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_a_plot_is_written_and_is_the_same_twice(suffix: str, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}{suffix}" for number in (1, 2)]
    for file in files:
        assert run("plot", "-o", file, "resnet18", "resnet50", "vgg16").exit_code == 0
    assert files[0].read_bytes() == files[1].read_bytes()
    assert len(files[0].read_bytes()) > 5000


def test_the_plot_of_all_names_the_source_of_each_point(tmp_path: Path) -> None:
    file = tmp_path / "all.svg"
    assert run("plot", "-o", file).exit_code == 0
    text = file.read_text()
    entries = [(network(name), entry) for name in networks() for entry in network(name).card.reported]
    assert len(entries) > 20
    assert all(entry.source for _, entry in entries)
    # matplotlib writes text as shapes, with the text itself beside it as a comment
    assert all(f"({entry.source})".replace("&", "&amp;") in text for _, entry in entries)
    classic = sorted(entry.top5 for _, entry in entries if entry.what.startswith("ILSVRC") and entry.top5 is not None)
    assert classic[-5:] == [3.57, 6.67, 7.3, 11.7, 16.4]


def test_a_plot_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    wrong: list[tuple[list[str | Path], str]] = [
        (["-o", tmp_path / "a.gif"], ".gif"),
        (["-o", tmp_path / "a"], "a name without suffix"),
        (["-o", tmp_path / "a.png", "--family", "resnet", "vgg16"], "not both"),
        (["-o", tmp_path / "a.png", "resnet_51"], "there is no network"),
    ]
    for words, said in wrong:
        done = run("plot", *words)
        assert (done.exit_code, said in done.output) == (2, True), done.output
    assert list(tmp_path.iterdir()) == []
