"""The site's plot of all networks in a headless Chromium: pointer, keyboard, finger, filters, on a desk and a phone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from diptych.common.registry import network, networks
from diptych.site import data
from diptych.site.build import _lists
from diptych.traps.known import known

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (Debian: apt-get install chromium)"),
]
NAMES = "[...document.querySelectorAll('.plot a')].map(one => one.href.baseVal.slice(9, -5))"
OVERLAP = """() => {
  const boxes = [...document.querySelectorAll('.plot .name')].map(one => one.getBoundingClientRect());
  return boxes.some((a, i) => boxes.some((b, j) => i < j && a.left < b.right && b.left < a.right && a.top < b.bottom - 2
    && b.top < a.bottom - 2)); }"""


def row(name: str) -> dict[str, Any]:
    """What the lists say of a network, by its card: no network is traced for it."""
    item = network(name)
    counts, paper = item.card.counts, item.card.paper
    return {
        "name": name, "title": item.title, "family": item.family, "form": item.source, "year": paper.year,
        "paper": paper.title, "arxiv": "", "params": counts.params, "macs": counts.macs, "input": "", "layers": 1,
        "traps": [], "ops": {},
    }  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("plot")
    assert known()
    assert data.families()
    _lists(out, [row(name) for name in networks()])
    (out / "networks").mkdir()
    (out / "networks" / "resnet18.html").write_text("<title>ResNet-18</title>")
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def opened(browser: Any, site: Path, width: int, anchor: str = "", **options: Any) -> Any:
    page = browser.new_context(viewport={"width": width, "height": 900}, **options).new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(f"file://{site / 'plot.html'}{anchor}")
    return page


@pytest.mark.parametrize("width", [1400, 768, 390])
def test_every_network_is_a_point_that_says_what_it_is(site: Path, browser: Any, width: int) -> None:
    page = opened(browser, site, width)
    assert sorted(page.evaluate(NAMES)) == sorted(networks())
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert not page.evaluate(OVERLAP), "no name runs over another"
    assert page.evaluate("Math.min(...[...document.querySelectorAll('.plot text')].map(one => "
                         "parseFloat(getComputedStyle(one).fontSize)))") >= 11  # fmt: skip
    page.locator("#told").scroll_into_view_if_needed()
    mark = page.locator(".plot a[href='networks/senet154.html']").bounding_box()
    page.mouse.move(mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2)
    assert "115 M parameters" in page.inner_text("#told")
    page.context.close()


def test_the_keyboard_reaches_every_point_and_opens_its_page(site: Path, browser: Any) -> None:
    page = opened(browser, site, 1400, "#resnet")
    family = page.evaluate(NAMES)
    assert set(family) == {name for name in networks() if network(name).family == "resnet"}
    assert page.locator(".plot a[tabindex='0']").count() == 1, "one stop of the Tab key"
    page.focus(".plot a[tabindex='0']")
    page.keyboard.press("Home")
    seen = [page.inner_text("#told")]
    for _ in family[1:]:
        page.keyboard.press("ArrowRight")
        seen.append(page.inner_text("#told"))
    assert len(set(seen)) == len(family)
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#told") == seen[-1], "the last one"
    page.keyboard.press("Home")
    assert "ResNet-18" in page.inner_text("#told")
    assert "11.7 M parameters" in page.inner_text("#told")
    page.keyboard.press("Enter")
    page.wait_for_url("**/networks/resnet18.html")
    page.context.close()


def test_filters_leave_what_fits(site: Path, browser: Any) -> None:
    page = opened(browser, site, 768)
    page.select_option("#plot-from", "2017")
    page.select_option("#plot-to", "2018")
    wanted = {name for name in networks() if 2017 <= network(name).card.paper.year <= 2018}
    assert set(page.evaluate(NAMES)) == wanted
    assert page.inner_text("#count") == f"{len(wanted)} networks"
    page.select_option("#plot-macs", "0-1")
    assert set(page.evaluate(NAMES)) == {name for name in wanted if network(name).card.counts.macs < 1e9}
    titles = {network(name).title for name in wanted if network(name).card.counts.macs < 1e9}
    assert set(page.locator("#shown a").all_inner_texts()) == titles, "what has no room beside its point stands below"
    page.select_option("#plot-to", "2016")
    assert page.evaluate(NAMES) == [], "no year is both from 2017 on and before"
    page.context.close()


def test_a_finger_shows_first_and_opens_then(site: Path, browser: Any) -> None:
    page = opened(browser, site, 390, "#resnet", has_touch=True)
    page.locator("#plot").scroll_into_view_if_needed()
    mark = page.locator(".plot a[href='networks/resnet18.html']").bounding_box()
    place = mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2
    page.touchscreen.tap(*place)
    assert "ResNet-18" in page.inner_text("#told")
    assert page.url.endswith("plot.html#resnet")
    page.touchscreen.tap(*place)
    page.wait_for_url("**/networks/resnet18.html")
    page.context.close()
