"""What a page says of the paper, where its diagram leads, and what a screen reader finds on it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from shown import Page, page, sources

from diptych.common.language import using
from diptych.common.registry import canonical, network, networks, spec
from diptych.page.alignment import anchors
from diptych.page.costs import reach
from diptych.page.figures import nchw_text
from diptych.page.paper import paper_part, registered_as
from diptych.site.build import MOST, words_size

RATIO = 0.08
"""Within what a published figure, which is rounded, is that of the network here, unless a note says why it is not."""


class Reader(HTMLParser):
    """What a screen reader goes by: headings in order, and what each control is called."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.landmarks: list[str] = []
        self.nameless: list[str] = []
        self.stops: list[str] = []
        self.open: list[tuple[str, bool]] = []
        self.said = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag in ("main", "nav", "header"):
            self.landmarks.append(tag)
        if tag in ("a", "button", "summary"):
            self.open.append((tag, bool(values.get("aria-label"))))
            self.said = ""
        named = values.get("aria-label") or values.get("aria-labelledby")
        if (tag in ("svg", "img") or values.get("role") in ("region", "group")) and not named and "alt" not in values:
            self.nameless.append(f"{tag} {values}")
        if values.get("tabindex") not in (None, "0", "-1"):
            self.stops.append(str(values))

    def handle_data(self, data: str) -> None:
        self.said += data.strip()

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1][0] == tag and not self.open.pop()[1] and not self.said:
            self.nameless.append(tag)


def test_every_family_has_its_idea_and_every_paper_a_place() -> None:
    ideas = {name: network(first).card for name, first in canonical().items()}
    lengths = {name: len(card.idea.split()) for name, card in ideas.items()}
    assert {name: count for name, count in lengths.items() if not 30 <= count <= 80} == {}
    assert len({card.idea for card in ideas.values()}) == len(ideas)
    for name in networks():
        card = network(name).card
        assert card.paper.address.startswith("https://"), name
        assert card.departure != card.idea
        assert card.recipe is None or (card.recipe.text and card.recipe.source), name


def test_published_figures_are_those_of_the_network_but_for_rounding() -> None:
    """Both come from other hands: the counts from the reference, these from the paper."""
    compared = 0
    for name in networks():
        card = network(name).card
        said = card.published
        if said is None or said.note or "published" not in _own(name):
            continue
        for theirs, ours in ((said.params, card.counts.params), (said.macs, card.counts.macs)):
            if theirs is not None:
                compared += 1
                assert abs(ours / theirs - 1) < RATIO, (name, theirs, ours)
    assert compared > 100


def _own(name: str) -> str:
    import json

    from diptych.common.cards import FOLDER

    data = json.loads((FOLDER / f"{network(name).family}.json").read_text("utf-8"))
    return json.dumps(data["networks"][name])


def test_figures_are_compared_for_the_network_as_it_was_published() -> None:
    net = spec("resnet50")
    part = paper_part(net, registered_as(net))
    assert part is not None
    macs = next(claim for claim in part.claims if claim.what == "MACs per image")
    assert (macs.theirs, macs.ours, macs.apart) == ("3.8 G", "4.09 G", "+7.6 %")
    assert {claim.ours for claim in part.claims if "error" in claim.what} == {""}
    other = spec("resnet50", num_classes=10)
    changed = paper_part(other, registered_as(other))
    assert changed is not None
    assert changed.claims == ()


@pytest.mark.parametrize(("name", "counted"), [("densenet121", False), ("efficientnet_b0", True)])
def test_no_column_of_figures_is_empty(name: str, counted: bool) -> None:
    """Where nothing of the paper is counted here, its figures stand alone."""
    table = re.search(r"<table class=claims>.*?</table>", page(spec(name)), re.DOTALL)
    assert table is not None
    assert ("<th scope=col class=r>here" in table[0]) is counted
    assert all(any(cells) for cells in zip(*_cells(table[0]), strict=True))


def _cells(table: str) -> list[list[str]]:
    return [re.findall(r"<td[^>]*>([^<]*)", row) for row in table.partition("<tbody>")[2].split("<tr>")[1:]]


def test_a_recipe_is_of_the_paper_that_the_network_is_from() -> None:
    assert network("darknet19_cls").card.recipe != network("darknet53_cls").card.recipe
    assert network("se_bn_inception").card.recipe is None
    assert network("resnet50.keras").card.recipe == network("resnet50").card.recipe


def test_the_page_tells_the_idea_in_both_languages() -> None:
    net = spec("squeezenet1_1")
    words = " ".join(Page(page(net)).words)
    assert "A fire module squeezes its input" in words
    assert "arXiv:1602.07360" in words
    with using("zh"):
        text = " ".join(Page(page(net)).words)
    assert "Fire 模块" in text
    assert "感受野" in text
    assert "A fire module squeezes" not in text


def test_boxes_of_the_diagram_lead_to_the_lines_that_make_them() -> None:
    for name in ("resnet50", "squeezenet1_1"):
        text = page(spec(name))
        drawing = re.findall(r"<svg[^>]*diptych-drawing.*?</svg>", text, re.DOTALL)[0]
        linked = re.findall(r'<a href="#(L\d+)"><g class="(?:block|ops|join)', drawing)
        assert len(linked) == len(re.findall(r'<g class="(?:block|ops|join)', drawing))
        assert set(linked) <= set(Page(text).ids)
    source = sources("resnet50")[0]
    anchor, lines = anchors(source), ["", *source.text.splitlines()]
    assert lines[int(anchor("layer2.1")[1:])].startswith("class Bottleneck(")
    assert lines[int(anchor("layer2.0")[1:])].startswith("class BottleneckProjection(")
    assert "self.conv2 = " in lines[int(anchor("layer3.4.conv2")[1:])]
    assert anchor("nothing.like.it") == ""


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_screen_reader_finds_names_landmarks_and_headings_in_order(language: str) -> None:
    with using(language):
        text = page(spec("mobilenet_v1_025.keras"))
    found = Reader(text)
    assert f"<html lang={language}" in text
    assert found.levels[:2] == [1, 2]
    assert found.levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(found.levels, found.levels[1:], strict=False))
    assert {"main", "nav", "header"} <= set(found.landmarks)
    assert found.nameless == []
    assert found.stops == []
    bad = Reader('<h2>a</h2><button></button><svg role=img></svg><p tabindex="3">')
    assert (bad.nameless, len(bad.stops)) == (["button", "svg {'role': 'img'}"], 1), "what is wrong is seen"


def test_the_spec_shows_what_made_the_lines_and_leaves_no_hole() -> None:
    text = page(spec("resnet50"))
    heads = re.findall(r'<div class="strip" id="s-\w+">\s*<h3>(.*?)</h3>', text)
    assert heads[0] == "bottleneck"
    assert not any("," in head for head in heads)
    assert re.search(r"<details class=rest><summary>[^<]*<code>", text)


def test_the_window_of_the_image_is_told_in_words() -> None:
    assert "427 x 427" in reach(spec("resnet50"))
    assert "layer3.4.conv2 is the first" in reach(spec("resnet50"))
    assert reach(spec("lenet5_modern")).startswith("The largest window is 16 x 16 pixels, the image 32 x 32.")


def test_places_of_a_trap_stand_once() -> None:
    text = page(spec("mobilenet_v1_025.keras"))
    assert "more, the places of <a href=" in text
    assert words_size("<p>ab</p><svg><g></g></svg>") == 9
    assert words_size(text) < MOST


@pytest.mark.slow
def test_the_badges_are_what_both_frameworks_count() -> None:
    import diptych

    name = "mobilenet_v1_025"
    text = page(spec(name))
    torch, keras = (diptych.build(name, framework) for framework in ("torch", "keras"))
    badges = re.findall(r"<span class=badge[^>]*>([\d,]+) ", text)
    assert badges == [f"{sum(p.numel() for p in torch.parameters()):,}", f"{keras.count_params():,}"]
    assert nchw_text(spec(name).input_shape) in text
