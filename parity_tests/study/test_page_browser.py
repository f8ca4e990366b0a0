"""The page in a headless Chromium: folds of the spec, the height of its columns, links of its diagram, axe-core."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shown import page as page_of
from shown import sources

from diptych.common.language import using
from diptych.common.registry import spec
from diptych.page.alignment import links
from diptych.page.zoo import zoo_source

pytestmark = pytest.mark.slow
AXE = os.environ.get("DIPTYCH_AXE", "")
"""The path of axe.min.js, of `npm install axe-core`."""
NET = spec("resnet50")
CHOSEN = "document.querySelector('[aria-current]')?.id ?? ''"


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """The page of ResNet-50 on a screen of 1400 pixels."""
    file = tmp_path / "page.html"
    file.write_text(page_of(NET), "utf-8")
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(file.as_uri())
    yield page
    page.close()


def until(page: Any, condition: str) -> None:
    end = time.monotonic() + 10
    while not page.evaluate(condition):
        assert time.monotonic() < end, condition
        page.wait_for_timeout(20)


def test_a_folded_line_of_the_spec_opens_when_one_goes_to_it(opened: Any) -> None:
    page = opened
    source = sources("resnet50")[0]
    number = next(n for n, line in enumerate(source.text.splitlines(), start=1) if "self.conv2 = nn.Conv2d" in line)
    folded = sorted(links(NET, source, zoo_source(NET))[number])
    fold = f"details.rest:has(#S{folded[0]})"
    page.click(f"#L{number}")
    assert not page.evaluate(f"document.querySelector('{fold}').open"), "a line that lights up there does not open it"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(CHOSEN) != f"S{folded[0]}", "the arrow keys stay where one sees them"
    page.evaluate(f"location.hash = 'S{folded[0]}'")
    until(page, f"document.querySelector('{fold}').open")
    assert page.evaluate(CHOSEN) == f"S{folded[0]}"


def test_no_column_has_a_hole_as_high_as_the_screen(opened: Any) -> None:
    page = opened
    holes = page.evaluate("""[...document.querySelectorAll('.col.t .strip')].map((strip, at, all) => {
      let last = strip;
      for (let next = strip.nextElementSibling; next && !next.matches('.strip'); next = next.nextElementSibling)
        if (next.matches('ol') && next.lastElementChild) last = next.lastElementChild;
      const end = all[at + 1] ?? { getBoundingClientRect: () => ({ top: last.getBoundingClientRect().bottom }) };
      return end.getBoundingClientRect().top - last.getBoundingClientRect().bottom; })""")
    assert len(holes) > 4
    assert max(holes) < 300


def test_a_box_of_the_diagram_leads_to_its_code(opened: Any) -> None:
    page = opened
    link = page.locator("#architecture a[href^='#L']").first
    link.focus()
    page.keyboard.press("Enter")
    until(page, f"document.querySelector('[aria-current]')?.id === '{link.get_attribute('href')[1:]}'")
    assert page.evaluate("document.querySelectorAll('.col.k .on').length") >= 1


@pytest.mark.skipif(not AXE, reason="DIPTYCH_AXE names no axe.min.js (npm install axe-core)")
@pytest.mark.parametrize("name", ["resnet50", "lenet5_1998", "mobilenet_v2", "densenet121", "yolox_s"])
def test_axe_core_finds_nothing_serious(browser: Any, tmp_path: Path, name: str) -> None:
    script = Path(AXE).read_text("utf-8")
    for language, width, scheme in (("en", 1400, "light"), ("zh", 390, "dark")):
        with using(language):
            text = page_of(spec(name))
        found = audited(browser, tmp_path / "page.html", text, script, width, scheme)
        assert found == [], (language, width, scheme)
    bare = audited(browser, tmp_path / "page.html", text.replace("<main>", "<img><main>", 1), script, 390, "dark")
    assert "image-alt" in bare, "what is wrong is seen"


def audited(browser: Any, file: Path, text: str, script: str, width: int, scheme: str) -> list[str]:
    """The serious and critical violations that axe-core finds on a page."""
    file.write_text(text, "utf-8")
    # The policy of the page would keep axe-core out.
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(file.as_uri())
    page.evaluate(script)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    context.close()
    return [item["id"] for item in found if item["impact"] in ("serious", "critical")]
