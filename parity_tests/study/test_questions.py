"""docs/questions.md in both languages: every path of clicks from the start page is followed, and ends at its answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from diptych.site.build import build
from diptych.site.prose import FOLDER

NAMES = ["resnet50", "resnet18", "se_resnet50", "mobilenet_v2", "mobilenet_v2.keras", "densenet121", "efficientnet_b0"]
HEIGHT = 900
ROW = re.compile(r"^\| ([^|]+[?？]) \| ([^|]+) \| `([^|]+)` \|$", re.MULTILINE)
STEP = re.compile(r"(mark |choose |勾选 |选 )?`([^`]+)`(?:(?: in | under |（)`([^`]+)`)?")
VERBS = {"勾选": "mark", "选": "choose"}
LABELS = {"": "compare ", "zh": "对比 "}
"""What stands before the name of a network where it is marked, in the site of each language."""
PAGES = {language: ROW.findall((FOLDER / language / "questions.md").read_text("utf-8")) for language in LABELS}
ROWS = [(language, *row) for language, rows in PAGES.items() for row in rows]


def steps(clicks: str) -> list[tuple[str, str, str]]:
    """(verb, what, where) of each click."""
    return [(VERBS.get(verb.strip(), verb.strip()), what, where) for verb, what, where in STEP.findall(clicks)]


def test_ten_questions_have_three_clicks_at_most() -> None:
    assert [len(rows) for rows in PAGES.values()] == [10, 10]
    for _, question, clicks, _ in ROWS:
        found = steps(clicks)
        assert 1 <= len(found) <= 3, question
        assert len(found) == len(re.findall("[,，]", clicks)) + 1, "every click is read"


def test_the_questions_are_the_same_in_both_languages() -> None:
    verbs = [[[verb for verb, _, _ in steps(clicks)] for _, clicks, _ in rows] for rows in PAGES.values()]
    assert verbs[0] == verbs[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("questions")
    build(out, NAMES)
    return out


def click(page: Any, language: str, verb: str, what: str, where: str) -> None:
    """One click as the page of questions writes it; # is any number."""
    if verb == "mark":
        page.get_by_label(f"{LABELS[language]}{what}", exact=True).check()
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
@pytest.mark.parametrize(("language", "question", "clicks", "answer"), ROWS, ids=[row[1] for row in ROWS])
def test_the_clicks_lead_to_the_answer(
    site: Path, browser: Any, language: str, question: str, clicks: str, answer: str
) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": HEIGHT})
    page.set_default_timeout(10_000)
    page.goto(f"file://{site / language / 'index.html'}")
    for step in steps(clicks):
        click(page, language, *step)
    assert seen(page, answer), question
    page.close()
