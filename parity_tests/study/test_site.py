"""The site: what it writes and when, its data, the tree of ideas, and its pages in a headless Chromium."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from diptych.commands.cli import app
from diptych.common.errors import DiptychError
from diptych.common.geometry import resolved
from diptych.common.ops.conv import Conv
from diptych.common.ops.max_pool import MaxPool
from diptych.common.registry import canonical, network, networks
from diptych.site import build as module
from diptych.site.build import STATE, build
from diptych.site.data import families
from diptych.site.ideas import FAMILIES, IDEAS
from diptych.site.stamps import COMMON, own_digest
from diptych.site.tree import tree

NAMES = ["lenet5_modern", "squeezenet1_1", "mobilenet_v1_025.keras"]
PAGES = (
    "index.html",
    "families.html",
    "plot.html",
    "compare.html",
    "traps.html",
    "arithmetic.html",
    "docs/gates.html",
    "networks/lenet5_modern.html",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    build(out, NAMES)
    return out


def data(site: Path) -> dict[str, Any]:
    text = (site / "data.js").read_text("utf-8")
    found: dict[str, Any] = json.loads(text.removeprefix("window.DIPTYCH = ").rstrip(";\n"))
    return found


def test_every_network_has_a_page_and_a_row(site: Path) -> None:
    rows = {row["name"]: row for row in data(site)["networks"]}
    assert set(rows) == set(NAMES) == {path.name.removesuffix(".html") for path in (site / "networks").iterdir()}
    assert rows["squeezenet1_1"]["params"] == network("squeezenet1_1").card.counts.params
    assert rows["lenet5_modern"]["ops"]["conv"] == 2
    assert "same_padding_at_stride_1" in rows["mobilenet_v1_025.keras"]["traps"]


def test_links_of_the_site_lead_somewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        for link in re.findall(r'(?:href|src)="([^"#]+)(?:#[^"]*)?"', text):
            if "://" not in link and not link.startswith("data:"):
                assert (page.parent / link).exists(), (page.name, link)


def test_only_what_changed_is_made_anew(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = site / "networks" / "lenet5_modern.html"
    assert build(site, NAMES).anew == 0
    page.unlink()
    assert build(site, NAMES).anew == 1
    monkeypatch.setattr("diptych.site.prose.standing", lambda name: "measured anew" if name == NAMES[0] else "")
    assert build(site, NAMES).anew == 3, "what docs/checks.md says is part of a page"
    monkeypatch.undo()
    assert build(site, NAMES).anew == 3
    monkeypatch.setattr(module, "digest", lambda: "another")
    assert build(site, NAMES[:2]).anew == 2
    assert not (site / "networks" / f"{NAMES[2]}.html").exists()
    assert set(json.loads((site / STATE).read_text("utf-8"))) == set(NAMES[:2])
    monkeypatch.undo()
    assert build(site, NAMES).anew == 3


def test_a_build_that_breaks_off_goes_on_where_it_was(tmp_path: Path) -> None:
    def broken(said: str) -> None:
        if said.startswith("page 2"):
            raise KeyboardInterrupt

    names = [NAMES[0], "squeezenet1_0", NAMES[1]]
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "out", names, progress=broken)
    assert build(tmp_path / "out", names).anew == 1


def test_an_edit_of_a_family_is_one_of_its_pages_and_of_those_that_import_it(tmp_path: Path) -> None:
    zoo, cards = (Path(shutil.copytree(COMMON / name, tmp_path / name)) for name in ("zoo", "cards"))
    names = ("resnet50", "resnext50_32x4d", "wide_resnet50_2", "vgg16", "lenet5_modern")

    def changed() -> set[str]:
        return {name for name in names if own_digest(name, zoo, cards) != before[name]}

    before = {name: own_digest(name) for name in names}
    assert changed() == set()
    (zoo / "resnet.py").write_text((zoo / "resnet.py").read_text("utf-8") + "\n")
    assert changed() == {"resnet50", "resnext50_32x4d", "wide_resnet50_2"}
    (cards / "vgg.json").write_text((cards / "vgg.json").read_text("utf-8") + "\n")
    assert changed() == {"resnet50", "resnext50_32x4d", "wide_resnet50_2", "vgg16"}


def test_parts_of_a_page_stand_in_the_menu_of_its_own_pages_alone(site: Path) -> None:
    menus = {
        name: re.findall(r'<a href="(dissected\w*)\.html"', (site / "docs" / f"{name}.html").read_text("utf-8"))
        for name in ("gates", "dissected", "dissected_lenet5")
    }
    assert menus["gates"] == ["dissected"]
    assert "dissected_lenet5" in menus["dissected"]
    assert "dissected_alexnet" in menus["dissected_lenet5"]
    text = (site / "docs" / "dissected_lenet5.html").read_text("utf-8")
    assert '<a href="../traps.html#softmax_head"><code>softmax_head</code></a>' in text
    assert "<del>-         layers.Conv2D(16, 5),</del>" in text


def test_without_docs_no_page_leads_to_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package has none."""
    monkeypatch.setattr("diptych.site.prose.FOLDER", tmp_path / "none")
    build(tmp_path / "out", NAMES[:1])
    assert "docs/" not in (tmp_path / "out" / "index.html").read_text("utf-8")


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(DiptychError, match="not empty and no site"):
        build(tmp_path, NAMES)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_name_that_is_no_networks_is_an_error(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["site", str(tmp_path / "out"), "--only", "lenet6"])
    assert done.exit_code != 0
    assert not (tmp_path / "out").exists()


def test_ideas_are_of_families_and_of_no_later_year() -> None:
    years = {item["name"]: item["year"] for item in families()}
    assert set(years) == set(canonical()) >= set(FAMILIES)
    assert all(years[idea.older] <= years[idea.younger] for idea in IDEAS)
    assert set(canonical()) - {idea.younger for idea in IDEAS} == {"lenet"}  # every other one took something over


def test_the_tree_has_every_family_once_and_every_idea() -> None:
    text = tree(families())
    assert text.count("<rect ") == len(canonical())
    assert text.count("<path ") == len(IDEAS)


@pytest.mark.full
def test_the_whole_site_is_within_its_bounds(tmp_path: Path) -> None:
    built = build(tmp_path)
    assert built.anew == len(networks())
    assert built.size < 150e6


@pytest.mark.slow
@pytest.mark.parametrize("width", [1400, 768, 390])
def test_pages_load_nothing_from_outside_and_fit(site: Path, browser: Any, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    seen, said = list[str](), list[str]()
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for name in PAGES:
        page.goto(f"file://{site / name}")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (name, width)
    page.close()
    assert said == []
    assert all(url.startswith(f"file://{site}") for url in seen)


@pytest.mark.slow
def test_search_filters_and_comparison(site: Path, browser: Any) -> None:
    page = browser.new_page()
    page.goto(f"file://{site / 'index.html'}")
    shown = "[...document.querySelectorAll('#list tbody tr')].filter(one => !one.hidden).map(one => one.dataset.name)"
    assert len(page.evaluate(shown)) == len(NAMES)
    page.fill("#q", "fire depth")
    assert page.evaluate(shown) == []
    page.fill("#q", "relu6 howard")
    assert page.evaluate(shown) == ["mobilenet_v1_025.keras"]
    page.fill("#q", "")
    for name in NAMES[:2]:
        page.check(f"input[value='{name}']")
    page.click("#compare")
    page.wait_for_selector("#side tr")
    assert page.evaluate("document.querySelectorAll('#side tr')[0].cells.length") == 3
    page.goto(f"file://{site / 'traps.html'}")
    page.fill("#q", "padding stride")
    assert page.evaluate("[...document.querySelectorAll('.trap')].filter(one => !one.hidden).length") > 0
    page.select_option("#by", "lenet5_modern")
    assert page.evaluate("document.getElementById('same_padding_at_stride_2').hidden")
    page.close()


@pytest.mark.slow
def test_the_arithmetic_is_that_of_the_ops(site: Path, browser: Any) -> None:
    page = browser.new_page()
    page.goto(f"file://{site / 'arithmetic.html'}")
    cases = [dict(zip(("size", "kernel", "stride", "dilation", "pad"), item, strict=True))
             for item in itertools.product((5, 8, 9, 16), (1, 2, 3, 5), (1, 2, 3), (1, 2), (0, 1))]  # fmt: skip
    asked = [case for case in cases if case["dilation"] * (case["kernel"] - 1) < case["size"]]
    script = """cases => cases.map(case_ => [arithmetic.torch({...case_, kind: "conv"}),
      arithmetic.keras({...case_, kind: "conv", theirs: "same"}), arithmetic.keras({...case_, theirs: "zero"}),
      arithmetic.torch({...case_, kind: "pool", ceil: true, dilation: 1})])"""
    for case, (torch, same, zero, ceil) in zip(asked, page.evaluate(script, asked), strict=True):
        size, kernel, pad = case["size"], case["kernel"], case["pad"]
        conv = Conv(1, (kernel,) * 2, (case["stride"],) * 2, (pad,) * 4, (case["dilation"],) * 2)
        assert torch["out"] == zero["out"] == conv.shape((1, size, size))[1]
        top, bottom, _, _ = resolved("same", (size,) * 2, conv.kernel, conv.stride, conv.dilation)
        assert (same["before"], same["after"]) == (top, bottom), case
        if 2 * pad <= kernel:
            pool = MaxPool((kernel,) * 2, (case["stride"],) * 2, (pad,) * 4, ceil_mode=True)
            assert ceil["out"] == pool.size((size, size))[0], case
    page.focus("#out-keras button:nth-child(2)")
    assert page.evaluate("document.querySelectorAll('#in-torch .lit').length") == 9
    page.close()
