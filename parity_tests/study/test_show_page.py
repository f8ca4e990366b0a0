"""The page of `diptych show --html`: every line has its place, the figures are right, and nothing foreign gets in."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest
from selection import placed
from shown import Page, page, report, sources

from diptych.checking.last_check import Recorded, recall
from diptych.checking.report import Gate
from diptych.common.errors import DiptychError
from diptych.common.registry import networks, spec
from diptych.common.spec import Net
from diptych.page.alignment import links, slots
from diptych.page.columns import columns
from diptych.page.figures import TIMES, Ledger, nchw_text, nhwc_text
from diptych.page.render import study_page
from diptych.page.zoo import zoo_source

RATIO = 4.5
"""The least contrast of text that WCAG AA allows."""


@pytest.mark.parametrize("name", [placed(name, gated=True) for name in networks()])
def test_every_line_of_both_files_and_of_the_spec_has_its_place(name: str) -> None:
    net = spec(name)
    (torch, tf), zoo = sources(name), zoo_source(net)
    shown = Page(page(net))
    assert shown.wrong == []
    assert shown.loads == []
    assert len(shown.ids) == len(set(shown.ids))
    for prefix, source in (("L", torch), ("K", tf)):
        assert shown.lines(prefix) == dict(enumerate(source.text.splitlines(), start=1))
    found, plain = shown.lines("S"), zoo.text.splitlines()
    assert all(plain[number - 1] == text for number, text in found.items())
    origins = {line for lines in zoo.places.values() for line in lines}
    linked = {line for lines in links(net, torch, zoo).values() for line in lines}
    assert origins <= linked <= set(found)
    assert len(origins) > 3


@pytest.mark.parametrize("name", [placed(name, gated=True) for name in networks()])
def test_the_slots_cover_the_files_without_a_gap(name: str) -> None:
    net = spec(name)
    source, zoo = sources(name)[0], zoo_source(net)
    found = slots(net, sources(name), zoo)
    numbers = [number for slot in found for number in range(slot.first, slot.last + 1)]
    assert numbers == list(range(1, len(source.text.splitlines()) + 1))
    assert {slot.name for slot in found if slot.call} == set(source.instances)
    both = [side.text.splitlines() for side in sources(name)]
    for slot in found[1:]:
        assert any(slot.name in lines[slot.first - 1] for lines in both)
        assert slot.call is None or all(lines[slot.first - 1].startswith(f"class {slot.name}(") for lines in both)
    chunks = [chunk.name for slot in found for chunk in slot.chunks]
    assert sorted(set(chunks)) == sorted(chunks)
    assert set(zoo.functions) <= set(chunks)


def test_a_table_and_its_comment_stand_beside_the_function_that_reads_it() -> None:
    found = {slot.name: [chunk.name for chunk in slot.chunks] for slot in _slots("lenet5_1998")}
    assert found["PartialConv"] == ["partial_conv", "TABLE", "READS"]
    shown = Page(page(spec("vgg11_a"))).lines("S")
    assert (
        "# One line of convolutions per row of the paper, as kernel-maps; each row ends in a max pool."
        in shown.values()
    )
    assert "NETWORKS = (" not in shown.values()


def test_two_classes_of_one_function_refer_to_one_text() -> None:
    found = {slot.name: slot for slot in _slots("resnet50")}
    functions = ["bottleneck", "bottleneck_branch", "joined", "conv_bn", "Style"]
    assert [chunk.name for chunk in found["Bottleneck"].chunks] == [*functions, "TORCHVISION", "Rate"]
    assert found["BottleneckProjection"].chunks == ()
    assert found["BottleneckProjection"].other == "Bottleneck"
    assert 'href="#s-Bottleneck"' in page(spec("resnet50"))


def test_a_function_of_another_file_stands_under_its_name() -> None:
    found = {slot.name: [chunk.file for chunk in slot.chunks] for slot in _slots("resnet50")}
    block, style = "common/blocks/residual.py", "common/blocks/conv_norm.py"
    assert found["Bottleneck"] == [block] * 4 + [style, block, style]
    assert set(found["ResNet50"]) == {""}
    words = Page(page(spec("resnet50"))).words
    at = words.index("common/blocks/residual.py")
    assert words[at + 1].startswith("@block")
    assert words.index("common/zoo/resnet.py") < at < words.index("common/blocks/conv_norm.py")
    text = zoo_source(spec("resnet50")).text
    assert text.index("def resnet(") < text.index("# common/blocks/residual.py") < text.index("def bottleneck(")


def _slots(name: str) -> list[Any]:
    net = spec(name)
    return slots(net, sources(name), zoo_source(net))


def test_a_line_meets_the_line_of_the_spec_that_made_it() -> None:
    net = spec("resnet50")
    source, zoo = sources("resnet50")[0], zoo_source(net)
    lines, plain, found = source.text.splitlines(), zoo.text.splitlines(), links(net, source, zoo)
    number = next(n for n, line in enumerate(lines, start=1) if "self.conv2 = nn.Conv2d" in line)
    starts = ("x = conv(", "y = relu(conv_bn(y, inner[1], 3,", "y = bottleneck_branch(x,")
    met = [plain[line - 1].strip() for line in found[number]]
    assert len(met) == len(starts)
    assert all(line.startswith(start) for line, start in zip(met, starts, strict=True))
    number = next(n for n, line in enumerate(lines, start=1) if line.startswith("class Bottleneck("))
    assert [plain[line - 1].startswith("def bottleneck(") for line in found[number]] == [True]


def test_the_figures_of_blocks_are_those_of_their_rows() -> None:
    net = spec("resnet50")
    ledger = Ledger(net)
    whole = ledger.of([""])
    assert (whole.parameters, whole.macs) == (net.params, net.macs)
    stage = ledger.of(["layer1", "layer1.0", "layer1.0.conv1"])
    assert stage == dataclasses.replace(ledger.of(["layer1"]), leaving=(64, 56, 56))
    assert ledger.of(["layer1"]).entering == (64, 56, 56)
    assert ledger.of(["fc"]).parameters == 2048 * 1000 + 1000


def test_training_only_heads_do_not_count_in_the_macs_of_the_network() -> None:
    net = spec("googlenet_torchvision_bn_aux")
    assert Ledger(net).of([""]).macs == net.macs
    assert Ledger(net).of(["aux1"]).macs > 0


def test_the_page_of_resnet50_is_small() -> None:
    net = spec("resnet50")
    assert 40_000 < len(page(net, recall(net)).encode()) < 400_000


def test_the_page_tells_shapes_in_both_layouts_and_counts() -> None:
    words = " ".join(Page(page(spec("resnet50"))).words)
    inner = (256, 56, 56)
    shapes = [f"{text(inner)} → {text(inner)}" for text in (nchw_text, nhwc_text)]
    for text in ("25,557,032", "4,089,184,256", *shapes, f"{TIMES}12"):
        assert text in words
    assert "70,400 to 4,462,592 parameters, 218 M MACs each" in words


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "hrnet_w18_small_v1_cls"])
def test_each_distinct_block_has_its_own_figures(name: str) -> None:
    """Counted from the weights of each block, not from the rows that the page sums up."""
    net, source, zoo = spec(name), sources(name)[0], zoo_source(spec(name))
    words = " ".join(Page(page(net)).words)
    shown = columns(slots(net, sources(name), zoo), sources(name), zoo, Ledger(net))[0].stretches
    for stretch in shown:
        assert sorted(path for kind in stretch.kinds for path in kind.paths) == sorted(stretch.instances)
        for kind in stretch.kinds:
            assert {trainable(net, path) for path in kind.paths} == {kind.figures.parameters}
            assert len(stretch.kinds) == 1 or f"{kind.shapes}, {kind.figures.parameters:,} parameters" in words
    assert any(len(stretch.kinds) > 1 for stretch in shown)
    assert {stretch.slot.name for stretch in shown if stretch.kinds} == set(source.instances)


def trainable(net: Net, path: str) -> int:
    """The trainable numbers of a block."""
    inside = f"{path}." if path else ""
    return sum(w.count for name, w in net.weights.items() if name.startswith(inside) and w.kind == "trainable")


def test_what_comes_from_outside_is_escaped() -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    base = spec("lenet5_modern")
    net = dataclasses.replace(base, title=f"LeNet {evil}", paper=evil)
    hostile = report("lenet5_modern", gates=(Gate(evil, False, 1.0, 1e-10, evil, evil, 1),), cases=(evil,))
    text = study_page(net, *sources("lenet5_modern"), Recorded(hostile, evil, {evil: evil}, evil))
    assert "<script>alert" not in text
    assert "<img" not in text
    assert Page(text).wrong == []
    assert json.loads(re.findall(r'<script type="application/json" id=data>(.*?)</script>', text)[0])["lines"]


def test_a_page_without_its_diagram_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(net: Net, anchor: object) -> str:
        raise DiptychError("the program `dot` is not here")

    assert "<svg" in page(spec("lenet5_modern"))
    monkeypatch.setattr("diptych.drawing.svg", missing)
    text = page(spec("lenet5_modern"))
    assert "<svg" not in text.partition("<section id=costs")[0]
    assert "The diagram is left out: the program `dot` is not here." in text


def test_nothing_is_loaded_and_the_policy_forbids_it() -> None:
    text = page(spec("googlenet_bvlc"))
    assert "default-src 'none'" in text
    assert Page(text).loads == []
    style = Page(text).script["style"]
    assert "url(" not in style
    assert "@import" not in style


def test_traps_of_the_network_stand_on_its_page() -> None:
    from diptych.traps.catalogue import catalogue, met

    net = spec("googlenet_bvlc")
    shown = Page(page(net))
    wanted = met(net)
    assert wanted
    assert {f"trap-{id_}" for id_ in wanted} == {id_ for id_ in shown.ids if id_.startswith("trap-")}
    words = " ".join(shown.words)
    for id_ in wanted:
        trap = catalogue()[id_]
        assert " ".join(trap.title.split()) in words
        assert catalogue()[id_].source.splitlines()[0].split("(")[0] == f"def {trap.twin.__name__}"


def test_the_colours_of_text_have_the_contrast_that_wcag_asks_for() -> None:
    style = Page(page(spec("lenet5_modern"))).script["style"]
    pairs = dict(re.findall(r"--(\w+): light-dark\((#\w+, #\w+)\)", style))
    for mode in (0, 1):
        colours = {name: both.split(", ")[mode] for name, both in pairs.items()}
        for ground in ("bg", "panel", "hinge", "lit", "sel"):
            for ink in ("ink", "dim", "k", "s", "m", "f", "b", "torch", "spec", "keras", "good", "bad"):
                if ground in ("lit", "sel") and ink in ("torch", "spec", "keras", "good", "bad"):
                    continue  # bars and verdicts, never text on these
                ratio = _contrast(colours[ink], colours[ground])
                assert ratio >= RATIO, f"{ink} on {ground}, {('light', 'dark')[mode]}: {ratio:.2f}"


def _contrast(one: str, other: str) -> float:
    lower, upper = sorted((_luminance(one), _luminance(other)))
    return (upper + 0.05) / (lower + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
