"""The page of `diptych show --html` in a headless Chromium: on a desk, on a phone, without a script, by keyboard."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from diptych.common.registry import spec
from diptych.emission import emitted
from diptych.page.alignment import links
from diptych.page.render import study_page
from diptych.page.zoo import zoo_source

NET = spec("resnet50")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine (Debian: apt-get install chromium)"
)
WIDE, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}
LIT = "[...document.querySelectorAll('li.on')].map(item => item.id)"
ROWS = """[...document.querySelectorAll('.t li')].map(item => {
  const [a, b] = [item, document.getElementById('K' + item.value)].map(one => one.getBoundingClientRect());
  return [a.top - b.top, a.height - b.height, a.height];
})"""
SHOWN = "[...document.querySelectorAll('.col')].filter(one => one.getClientRects().length).map(one => one.classList[1])"
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
CHOSEN = "document.querySelector('[aria-current]')?.id"
FOCUS = "document.activeElement.id"
INSIDE = """id => { const box = document.getElementById(id).getBoundingClientRect();
  return box.top >= document.querySelector('.heads').getBoundingClientRect().bottom - 1
    && box.bottom <= document.querySelector('.foot').getBoundingClientRect().top + 1; }"""
SERVED = "http://page.test/"
GROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def sources() -> tuple[Any, Any]:
    return emitted(NET, "torch"), emitted(NET, "tf")


@pytest.fixture(scope="module")
def file(sources: tuple[Any, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "resnet50.html"
    path.write_text(study_page(NET, *sources), encoding="utf-8")
    return path


class Desk:
    """Opens the page, and keeps what it says in the console and what it asks of the network."""

    def __init__(self, browser: Any, file: Path) -> None:
        self.browser, self.file, self.address = browser, file, file.as_uri()
        self.contexts: list[Any] = []
        self.complaints: list[str] = []

    def open(self, size: dict[str, int], anchor: str = "", **options: Any) -> Any:
        context = self.browser.new_context(viewport=size, **options)
        self.contexts.append(context)
        context.route(SERVED, lambda route: route.fulfill(path=self.file, content_type="text/html; charset=utf-8"))
        page = context.new_page()
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.complaints.append(request.url) if request.url != self.address else None)
        page.goto(self.address + anchor)
        return page


@pytest.fixture
def desk(browser: Any, file: Path) -> Iterator[Desk]:
    made = Desk(browser, file)
    yield made
    for context in made.contexts:
        context.close()
    assert made.complaints == []


def until(page: Any, condition: str) -> None:
    """Wait for a condition; Playwright's own way evaluates text in the page, which the page's policy forbids."""
    end = time.monotonic() + 5
    while not page.evaluate(condition):
        assert time.monotonic() < end, condition
        page.wait_for_timeout(20)


def tap(page: Any, selector: str) -> None:
    """A click where the element is seen; Playwright's own would scroll to where a sticky one stood first."""
    box = page.locator(selector).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def number_of(text: str, sources: tuple[Any, Any]) -> int:
    return next(n for n, line in enumerate(sources[0].text.splitlines(), start=1) if text in line)


@pytest.mark.parametrize("wrapped", [True, False])
def test_on_a_desk_the_lines_of_three_columns_stand_in_rows(desk: Desk, wrapped: bool) -> None:
    page = desk.open(WIDE)
    if not wrapped:
        page.click("#wrap")
    assert page.evaluate(SHOWN) == ["t", "s", "k"]
    assert page.evaluate(OVERFLOW) <= 0
    rows = page.evaluate(ROWS)
    assert len(rows) > 90
    assert max(abs(number) for top, height, _ in rows for number in (top, height)) < 0.5
    assert (max(height for _, _, height in rows) > 30) is wrapped
    strips = page.evaluate("['t', 's', 'k'].map(c => [...document.querySelectorAll(`.col.${c} .strip`)]"
                           ".map(one => Math.round(one.getBoundingClientRect().top)))")  # fmt: skip
    assert strips[0] == strips[1] == strips[2]
    ends = page.evaluate("[...document.querySelectorAll('.s .body')].map(one => one.getBoundingClientRect().bottom)")
    assert all(end <= strip + 1 for end, strip in zip(ends, strips[1][1:], strict=False)), "nothing runs over a strip"


def test_a_click_lights_the_twin_and_the_spec_and_nothing_else(desk: Desk, sources: tuple[Any, Any]) -> None:
    page = desk.open(WIDE)
    linked = links(NET, sources[0], zoo_source(NET))
    number = number_of("self.conv2 = nn.Conv2d", sources)
    assert linked[number]
    page.click(f"#L{number}")
    assert sorted(page.evaluate(LIT)) == sorted([f"L{number}", f"K{number}", *(f"S{n}" for n in linked[number])])
    assert page.evaluate(CHOSEN) == f"L{number}"
    said = page.inner_text("#status")
    assert "36,864 parameters" in said
    assert "(NCHW)" in said
    assert page.evaluate("location.hash") == f"#L{number}"
    page.click("#K3")
    assert sorted(page.evaluate(LIT)) == ["K3", "L3"]


def test_a_line_of_the_spec_lights_all_that_it_makes(desk: Desk, sources: tuple[Any, Any]) -> None:
    page = desk.open(WIDE)
    linked = links(NET, sources[0], zoo_source(NET))
    line = linked[number_of("self.conv2 = nn.Conv2d", sources)][0]
    made = [n for n, lines in linked.items() if line in lines]
    page.click(f"details.rest:has(#S{line}) > summary")
    page.click(f"#S{line}")
    assert set(page.evaluate(LIT)) == {f"S{line}", *(f"{column}{n}" for n in made for column in "LK")}
    assert len(made) > 3


def test_the_keyboard_reaches_every_line(desk: Desk) -> None:
    page = desk.open(WIDE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus("#L1")
    for key, found in (("ArrowDown", "L2"), ("ArrowDown", "L3"), ("ArrowUp", "L2"), ("ArrowRight", "S1"),
                       ("ArrowRight", "K1"), ("ArrowDown", "K2"), ("ArrowLeft", "S1"), ("Home", "S1")):  # fmt: skip
        page.keyboard.press(key)
        assert (page.evaluate(FOCUS), page.evaluate(CHOSEN)) == (found, found), key
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("End")
    last = page.evaluate(FOCUS)
    assert int(last[1:]) > 90
    assert page.evaluate(INSIDE, last), "the chosen line is never under a bar"
    page.keyboard.press("Escape")
    assert page.evaluate(LIT) == []
    page.keyboard.press("Enter")
    assert page.evaluate(CHOSEN) == last
    stops = page.evaluate("[...document.querySelectorAll('.cols [tabindex=\"0\"]')].map(one => one.id[0])")
    assert sorted(stops) == ["K", "L", "S"], "one stop of the Tab key per column"


def test_sideways_the_two_panels_go_together(desk: Desk) -> None:
    page = desk.open(WIDE)
    page.click("#wrap")
    page.evaluate("document.querySelector('.col.t').scrollLeft = 120")
    until(page, "document.querySelector('.col.k').scrollLeft === 120")
    assert page.evaluate("document.querySelector('.col.s').scrollLeft") == 0
    page.evaluate("document.querySelector('.bars [data-c=s]').scrollLeft = 60")
    until(page, "document.querySelector('.col.s').scrollLeft === 60")
    assert page.evaluate("document.querySelector('.col.t').scrollLeft") == 120


def test_without_the_spec_two_columns_share_the_page(desk: Desk) -> None:
    page = desk.open(WIDE)
    page.click("#spec")
    assert page.evaluate(SHOWN) == ["t", "k"]
    assert page.evaluate("document.querySelector('.col.t').clientWidth") > 650
    page.click("#L5")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(CHOSEN) == "K5"


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_a_deep_link_shows_its_line(desk: Desk, size: dict[str, int]) -> None:
    page = desk.open(size, "#K60")
    assert page.evaluate(CHOSEN) == "K60"
    assert page.evaluate(INSIDE, "K60")
    assert page.evaluate(SHOWN) == (["t", "s", "k"] if size is WIDE else ["k"])
    page.evaluate("location.hash = '#L20'")
    until(page, f"{CHOSEN} === 'L20'")
    assert page.evaluate(INSIDE, "L20")


def test_dark_and_light_differ_and_the_choice_is_kept(desk: Desk) -> None:
    # Chromium loses about 1 in 50 first writes to the storage of a file: page in a new context; of an http: page, none.
    desk.address = SERVED
    light, dark = (desk.open(WIDE, color_scheme=scheme) for scheme in ("light", "dark"))
    grounds = [page.evaluate(GROUND) for page in (light, dark)]
    assert grounds[0] != grounds[1]
    light.click("#theme")
    assert light.evaluate(GROUND) == grounds[1]
    light.reload()
    assert light.evaluate(GROUND) == grounds[1]
    light.click("#theme")
    assert light.evaluate(GROUND) == grounds[0]


def test_on_a_phone_one_column_at_a_time_stays_at_its_line(desk: Desk, sources: tuple[Any, Any]) -> None:
    page = desk.open(PHONE)
    number = number_of("self.conv2 = nn.Conv2d", sources)
    page.click(f"#L{number}")
    top = page.evaluate(f"document.getElementById('L{number}').getBoundingClientRect().top")
    for column in "kst":
        tap(page, f".switch [data-c={column}]")
        assert page.evaluate(SHOWN) == [column]
        assert page.evaluate(OVERFLOW) <= 0
        assert page.evaluate(
            "[...document.querySelectorAll('li')].every(one => one.scrollWidth <= one.clientWidth + 1)"
        )
        if column in "kt":
            place = f"document.getElementById('{'K' if column == 'k' else 'L'}{number}').getBoundingClientRect().top"
            assert abs(page.evaluate(place) - top) < 2
    assert page.evaluate("getComputedStyle(document.querySelector('li')).fontSize") >= "12"


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_without_a_script_everything_can_be_read(desk: Desk, size: dict[str, int]) -> None:
    page = desk.open(size, java_script_enabled=False)
    assert page.locator(".col:visible").count() == 3
    assert page.locator("#L30").is_visible()
    assert page.locator("button:visible").count() == 0
    assert page.locator("html").bounding_box()["width"] <= size["width"]


@pytest.mark.parametrize(("column", "end"), [("t", "_torch.py"), ("s", "resnet.py"), ("k", "_tf.py")])
def test_a_column_is_saved_whole(desk: Desk, sources: tuple[Any, Any], column: str, end: str, tmp_path: Path) -> None:
    page = desk.open(WIDE)
    with page.expect_download() as waiting:
        page.click(f"[data-save={column}]")
    desk.complaints[:] = [text for text in desk.complaints if not text.startswith("blob:")]
    waiting.value.save_as(tmp_path / "saved.py")
    wanted = {"t": sources[0].text, "s": zoo_source(NET).text, "k": sources[1].text}[column]
    assert waiting.value.suggested_filename.endswith(end)
    assert (tmp_path / "saved.py").read_text("utf-8") == wanted


def test_the_page_is_a_document_with_landmarks_and_names(desk: Desk) -> None:
    page = desk.open(WIDE)
    assert page.locator("main").count() == page.locator("h1").count() == page.locator("nav").count() == 1
    nameless = "[...document.querySelectorAll('button, a, section')].filter(one => !(one.textContent.trim()"
    assert page.evaluate(nameless + " || one.getAttribute('aria-label'))).length") == 0
    named = "one => document.getElementById(one.getAttribute('aria-labelledby'))"
    assert page.evaluate(f"[...document.querySelectorAll('section')].every({named})")
    assert page.evaluate("[...document.querySelectorAll('details')].every(one => one.querySelector('summary'))")
    assert page.get_attribute("#status", "role") == "status"
