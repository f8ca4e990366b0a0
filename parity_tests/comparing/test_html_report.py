"""The page of a report: one file that loads nothing, with all that was found; what is drawn decides nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from their_pairs import PAIRS
from torch import nn

import diptych
from diptych.checking.report import Gate, Report
from diptych.common.comparing import along as measuring
from diptych.common.comparing.along import Measure
from diptych.common.comparing.sketch import sketch
from diptych.comparing import drawn
from diptych.comparing.html import page
from diptych.comparing.report import Comparison

OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
VOID = ("meta", "img", "link", "input", "br", "hr", "path", "circle", "polyline")
OPEN = ("li", "td", "th", "p", "dt", "dd", "tr", "thead", "tbody", "body", "html", "head")
EMPTY = "data:image/png;base64,"


class Deciding(nn.Module):
    """It cannot be read."""

    def __init__(self, eps: float = 1e-5) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6, eps=eps)
        self.fc = nn.Linear(6, 4)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.norm(self.conv(x))
        x = x * 2 if x.sum() > 1e9 else x
        return self.fc(x.relu().mean((2, 3)))


def fault() -> Comparison:
    module, model, shape = PAIRS["by_functions"]()
    module.bn1.eps = 1e-3
    return diptych.compare(module, model, example=shape)


def same() -> Comparison:
    module, model, shape = PAIRS["by_functions"]()
    return diptych.compare(module, model, example=shape, sizes=[(shape[2], shape[3])], batches=(2,))


def other_classes() -> Comparison:
    module = nn.Sequential(nn.Conv2d(3, 5, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return diptych.compare(module, nn.Sequential(*module, nn.Linear(5, 7)), example=(1, 3, 9, 8))


def unread() -> Comparison:
    one, other = Deciding(), Deciding(1e-2)
    other.load_state_dict(one.state_dict())
    return diptych.compare(one, other, example=(1, 3, 12, 10))


def patched() -> Comparison:
    module, model, shape = PAIRS["by_functions"]()
    layer = model.get_layer("conv2")
    call = layer.call
    layer.call = lambda x: call(x) * 1.01
    return diptych.compare(module, model, example=shape)


MADE = {make.__name__: make for make in (fault, same, other_classes, unread, patched)}


@pytest.fixture(scope="module")
def reports() -> dict[str, Comparison]:
    return {name: make() for name, make in MADE.items()}


class Elements(HTMLParser):
    """The elements that are open, in order; a wrong end is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.used: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.used.append((tag, dict(attrs)))
        if tag not in VOID + OPEN:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID + OPEN:
            assert self.open.pop() == tag


def elements(text: str) -> list[tuple[str, dict[str, str | None]]]:
    found = Elements()
    found.feed(text)
    assert found.open == []
    return found.used


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<style>.*?</style>", "", html)))


@pytest.mark.parametrize("name", MADE)
def test_it_is_one_file_that_loads_nothing(reports: dict[str, Comparison], name: str) -> None:
    html = page(reports[name])
    used = elements(html)
    assert not {tag for tag, _ in used} & {"script", "link", "iframe", "object"}
    sources = [value for _, attributes in used for key, value in attributes.items() if key in ("src", "href")]
    assert all(value and value.startswith(("#", EMPTY)) for value in sources)
    assert "url(" not in html
    ids = [attributes["id"] for _, attributes in used if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {value.removeprefix("#") for value in sources if value and value[0] == "#"} <= set(ids)
    assert len(html) < 300_000


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fault", ["Not the same function", "first at bn1", "eps, 0.001 in PyTorch and 1e-05 in TensorFlow"]),
        ("same", ["The same function", "No gate found a difference", "conv2"]),
        ("other_classes", ["Cannot tell", "compare models of the same number of classes", "no partner"]),
        ("unread", ["Not the same function", "first at norm", "test_html_report.py", "seen while the models ran"]),
        ("patched", ["Not the same function", "answers otherwise than its layers say", "Tensors that differ"]),
    ],
)
def test_it_says_what_was_found(reports: dict[str, Comparison], name: str, words: list[str]) -> None:
    said = text_of(page(reports[name]))
    assert all(word in said for word in words), said[:2000]
    for label in ("Gates", "Environment", "numpy", np.__version__, *(gate.name for gate in reports[name].gates)):
        assert label in said


def test_the_curve_tells_a_jump_from_what_is_handed_on(reports: dict[str, Comparison]) -> None:
    curve = {measure.one: measure for measure in reports["fault"].curve}
    assert [name for name, measure in curve.items() if (measure.own or 0) > 1e-10] == ["bn1"]
    after = list(curve)[list(curve).index("bn1") :]
    assert all((curve[name].accumulated or 0) > 1e-6 for name in after)
    assert curve["conv1"].accumulated == 0
    assert all(1e-9 < (measure.noise or 0) < 1e-5 for name, measure in curve.items() if name not in ("pool",))


def test_a_passing_pair_has_a_curve_too(reports: dict[str, Comparison]) -> None:
    assert {measure.one for measure in reports["same"].curve} >= {"conv1", "bn1", "conv2", "fc"}
    assert all((measure.own or 0) < 1e-10 for measure in reports["same"].curve)
    assert reports["same"].tensors == ()


def test_where_no_step_parts_the_layers_are_watched(reports: dict[str, Comparison]) -> None:
    curve = {measure.one: measure for measure in reports["patched"].curve}
    assert (curve["conv1"].accumulated or 0) < 1e-5 < 1e-3 < (curve["conv2"].accumulated or 0)
    assert [tensor.path for tensor in reports["patched"].tensors] == ["conv2", "fc"]
    assert [tensor.path for tensor in reports["unread"].tensors] == ["norm", "fc"]


def test_the_numbers_of_a_curve_are_in_the_data_and_tensors_are_not(reports: dict[str, Comparison]) -> None:
    data = reports["fault"].to_dict()
    assert {"curve", "pairs", "gates"} <= set(data)
    assert not {"tensors", "sources"} & set(data)
    assert data["curve"][0] == {"one": "conv1", "other": "conv1", "kind": "conv"} | {
        key: getattr(reports["fault"].curve[0], key) for key in ("own", "accumulated", "noise")
    }


def test_the_first_tensor_is_that_of_the_first_difference(reports: dict[str, Comparison]) -> None:
    tensors = reports["fault"].tensors
    assert [tensor.path for tensor in tensors] == ["bn1", "fc"]
    html = page(reports["fault"])
    assert html.count(EMPTY) == 3 * len(tensors)
    assert text_of(html).count("drawn: image") == len(tensors)


def test_a_number_that_is_not_finite_is_shown_and_is_null_in_the_data() -> None:
    gates = (Gate("nodes", False, float("inf"), 1e-10, "a"),)
    report = Comparison("x", gates, (), labels=("one", "other"), curve=(Measure("a", "b", "conv", float("inf")),))
    assert "not finite" in text_of(page(report))
    assert report.to_dict()["curve"][0]["own"] is None


def test_names_are_text_whatever_they_are() -> None:
    bad = "<script>alert(1)</script>&\"'"
    gates = (Gate("nodes", False, 1.0, 1e-10, bad, bad, 1, bad, bad, (bad,)),)
    curve = (Measure(bad, bad, bad, 1.0, 1.0, 1.0),)
    tensor = sketch(bad, bad, np.ones((1, 2, 3, 3)), np.zeros((1, 2, 3, 3)))
    report = Comparison(bad, gates, (bad,), unsure=(bad,), notes=(bad,), pairs=((bad, bad),), labels=(bad, bad),
                        curve=curve, tensors=(tensor,), sources=({bad: bad}, {bad: bad}))  # fmt: skip
    html = page(report)
    assert "<script" not in html
    elements(html)
    assert "alert(1)" in html


def test_a_check_has_a_page() -> None:
    gates = (Gate("weights", True, 0.0, 0.0, "", "", 62), Gate("outputs", False, 1e-3, 1e-10, "output 0"), Gate("more"))
    said = text_of(
        page(Report("resnet18", gates, ("3x64x48 batch 2",), {"torch": 1e-6}, 2.5, "ONNX agrees with torch"))
    )
    for word in ("Not the same function", "resnet18", "not reached", "first at output 0", "ONNX agrees with torch"):
        assert word in said


def test_many_layers_are_folded_but_for_those_around_the_first() -> None:
    names = [f"layer{place}" for place in range(200)]
    gates = (Gate("nodes", False, 1.0, 1e-10, "layer90"),)
    curve = tuple(Measure(name, name, "conv", 0.0, 0.0) for name in names)
    report = Comparison("x", gates, (), pairs=tuple((name, name) for name in names), labels=("a", "b"), curve=curve)
    html = page(report)
    open_ = html[: html.index("<summary>All 200 layers")].partition("id=layers")[2]
    assert "<code>layer90<" in open_
    assert "<code>layer40<" not in open_
    assert html.count("<code>layer40<") == 2


def test_what_fails_in_the_drawing_changes_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: Any) -> Any:
        raise ZeroDivisionError

    before = fault()
    monkeypatch.setattr(measuring, "_beyond", broken)
    monkeypatch.setattr(drawn, "_watched", broken)
    after = fault()
    assert [(gate.name, gate.passed, gate.where) for gate in before.gates] == [
        (gate.name, gate.passed, gate.where) for gate in after.gates
    ]
    assert after.unsure == ()
    assert after.tensors == ()
    assert "bn1" in page(after)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["fault", "unread", "other_classes"])
def test_in_a_browser(browser: Any, reports: dict[str, Comparison], name: str, width: int, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(page(reports[name]), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="dark")
    shown, asked, said = context.new_page(), list[str](), list[str]()
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("console", lambda message: said.append(message.text))
    shown.goto((tmp_path / "report.html").as_uri())
    assert shown.evaluate(OVERFLOW) <= 0
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == said == []
    charts = shown.evaluate("[...document.querySelectorAll('#along figure')].map(one => one.getClientRects().length)")
    assert charts in ([], [1, 0] if width > 760 else [0, 1])
    least = "Math.min(...[...document.querySelectorAll('svg text')].filter(one => one.getClientRects().length)\
.map(one => one.getBoundingClientRect().height), 99)"
    assert shown.evaluate(least) >= 11
    shown.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.textContent") == "Skip to the gates"
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(19, 19, 21)"
    context.close()
