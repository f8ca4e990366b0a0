"""docs/questions.md: every path of clicks from the site's start page is followed, and ends at its answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from diptych.site.build import build
from diptych.site.prose import FOLDER

NAMES = ["resnet50", "resnet18", "se_resnet50", "mobilenet_v2", "mobilenet_v2.keras", "densenet121", "efficientnet_b0"]
HEIGHT = 900
ROW = re.compile(r"^\| ([^|]+\?) \| ([^|]+) \| `([^|]+)` \|$", re.MULTILINE)
STEP = re.compile(r"(mark |choose )?`([^`]+)`(?: (?:in|under) `([^`]+)`)?")
ROWS = ROW.findall((FOLDER / "questions.md").read_text("utf-8"))


def steps(clicks: str) -> list[tuple[str, str, str]]:
    """(verb, what, where) of each click."""
    return [(verb.strip(), what, where) for verb, what, where in STEP.findall(clicks)]


def test_ten_questions_have_three_clicks_at_most() -> None:
    assert len(ROWS) == 10
    for question, clicks, _ in ROWS:
        found = steps(clicks)
        assert 1 <= len(found) <= 3, question
        assert len(found) == clicks.count(",") + 1, "every click is read"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("questions")
    build(out, NAMES)
    return out


def click(page: Any, verb: str, what: str, where: str) -> None:
    """One click as the page of questions writes it; # is any number."""
    if verb == "mark":
        page.get_by_label(f"compare {what}", exact=True).check()
    elif verb == "choose":
        page.locator("label").filter(has_text=re.compile(f"^{where} ")).locator("select").select_option(label=what)
    else:
        name = re.compile("^" + r"[\d,]+".join(map(re.escape, what.split("#"))) + "$")
        inside = page.locator("article, section").filter(has=page.get_by_role("heading", name=where)) if where else page
        link = inside.get_by_role("link", name=name).first
        target = link.evaluate("link => new URL(link.getAttribute('href'), document.baseURI).href")  # of SVG, too
        link.click()
        page.wait_for_url(lambda url: url == target)  # `click` alone does not wait for the next page's scripts


def seen(page: Any, answer: str) -> bool:
    """Whether a text is shown; on the screen, where the last click led to a part of a page."""
    inside = page.evaluate("!!document.getElementById(decodeURIComponent(location.hash.slice(1)))")
    places = [item.bounding_box() for item in page.get_by_text(answer).all() if item.is_visible()]
    return any(not inside or 0 <= place["y"] < HEIGHT for place in places)


@pytest.mark.slow
@pytest.mark.parametrize(("question", "clicks", "answer"), ROWS, ids=[row[0] for row in ROWS])
def test_the_clicks_lead_to_the_answer(site: Path, browser: Any, question: str, clicks: str, answer: str) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": HEIGHT})
    page.set_default_timeout(10_000)
    page.goto(f"file://{site / 'index.html'}")
    for step in steps(clicks):
        click(page, *step)
    assert seen(page, answer), question
    page.close()
