"""The site in both languages: every page in each, a link from each to its twin, and a choice that is kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from translation import texts

from diptych.common.language import gettext, using
from diptych.site.build import build
from diptych.site.prose import pages

NAMES = ["lenet5_modern", "squeezenet1_1"]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LISTS = ("index.html", "families.html", "compare.html", "traps.html", "arithmetic.html")
PAGES = (*LISTS, "docs/study.html", "docs/gates.html", "networks/squeezenet1_1.html")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    build(out, NAMES)
    return out


def page(site: Path, name: str) -> str:
    return (site / name).read_text("utf-8")


def test_every_page_has_its_twin_and_leads_to_it(site: Path) -> None:
    english = {str(path.relative_to(site)) for path in site.rglob("*.html") if "zh" not in path.relative_to(site).parts}
    chinese = {str(path.relative_to(site / "zh")) for path in (site / "zh").rglob("*.html")}
    assert english <= chinese
    assert all(name.startswith("docs/") for name in chinese - english)
    for name in english:
        for own, other in ((name, f"zh/{name}"), (f"zh/{name}", name)):
            (link,) = re.findall(r'<a [^>]*href="([^"]*)"[^>]* data-language=', page(site, own))
            assert ((site / own).parent / link).resolve() == (site / other).resolve()
        assert "<html lang=en>" in page(site, name)
        assert "<html lang=zh>" in page(site, f"zh/{name}")


def shown(text: str) -> str:
    """What a page shows: without styles, scripts, code and markup."""
    for kind in ("style", "script", "pre", "ol", "svg"):
        text = re.sub(rf"<{kind}\b.*?</{kind}>", " ", text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", "\n", text).split())


@pytest.mark.parametrize("name", [*LISTS, "networks/squeezenet1_1.html"])
def test_a_chinese_page_shows_no_english_text_of_ours(site: Path, name: str) -> None:
    """Texts of several words, since a name may be a word, too."""
    said = shown(page(site, f"zh/{name}"))
    assert len(CHINESE.findall(said)) > 40
    with using("zh"):  # formulas and names are the same in both
        ours = [text.one for text in texts().values() if len(text.one.split()) > 3 and gettext(text.one) != text.one]
    assert len(ours) > 500
    assert [text for text in ours if text in said] == []
    assert not CHINESE.search(shown(page(site, name)).replace("中文", ""))


def test_chinese_docs_are_chinese_and_the_others_say_that_they_are_not(site: Path) -> None:
    assert "这一页还没有中文版" in page(site, "zh/docs/checks.html")
    assert "<article lang=en>" in page(site, "zh/docs/checks.html")
    for name in pages("zh"):
        assert "这一页还没有中文版" not in page(site, f"zh/docs/{name}.html")
    assert not (site / "docs" / "glossary.html").exists()


def test_a_chinese_page_leads_to_the_english_one_where_it_says_so(site: Path) -> None:
    """`../study.md` in docs/zh/study.md is the English page, and not the page itself."""
    (link,) = re.findall(r'<a href="([^"]*)" hreflang="en">英文版</a>', page(site, "zh/docs/study.html"))
    assert (site / "zh/docs" / link).resolve() == (site / "docs/study.html").resolve()


def test_links_of_chinese_pages_stay_in_the_language(site: Path) -> None:
    for path in (site / "zh").rglob("*.html"):
        for link in re.findall(r'href="([^"#:]+)(?:#[^"]*)?"(?! hreflang)', path.read_text("utf-8")):
            assert (path.parent / link).resolve().is_relative_to(site / "zh"), (path, link)


@pytest.mark.slow
@pytest.mark.parametrize("width", [1400, 390])
def test_chinese_pages_load_nothing_from_outside_and_fit(site: Path, browser: Any, width: int) -> None:
    view = browser.new_page(viewport={"width": width, "height": 900})
    seen, said = list[str](), list[str]()
    view.on("request", lambda request: seen.append(request.url))
    view.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    view.on("pageerror", lambda error: said.append(str(error)))
    for name in PAGES:
        view.goto(f"file://{site / 'zh' / name}")
        assert view.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (name, width)
    view.close()
    assert said == []
    assert [url for url in seen if not url.startswith(("file:", "data:", "blob:"))] == []


@pytest.mark.slow
def test_the_language_is_chosen_once(site: Path, browser: Any) -> None:
    context = browser.new_context()
    view = context.new_page()
    view.goto(f"file://{site}/index.html")
    view.click("[data-language=zh]")
    view.wait_for_url("**/zh/index.html")  # it waits for the scripts of the page; `click` does not
    assert view.inner_text("#count") == "2 个网络"
    view.goto(f"file://{site}/networks/squeezenet1_1.html#costs")
    view.wait_for_url("**/zh/networks/squeezenet1_1.html#costs")
    view.click(".col.t li")
    assert view.inner_text("#status").startswith("两份代码的第")
    view.click("[data-language=en]")
    view.wait_for_url(f"**/{site.name}/networks/squeezenet1_1.html#L1")
    view.goto(f"file://{site}/zh/traps.html")
    view.wait_for_url(f"**/{site.name}/traps.html")
    view.goto(f"file://{site}/arithmetic.html")
    assert "output" in view.inner_text("main")
    context.close()


@pytest.mark.slow
def test_lists_search_and_compare_in_chinese(site: Path, browser: Any) -> None:
    view = browser.new_page()
    view.goto(f"file://{site}/zh/traps.html")
    view.fill("#q", "填充")
    count = int(view.inner_text("#count").split(" ")[0])
    assert 5 < count < 100
    assert view.locator(".trap:visible").count() == count
    view.goto(f"file://{site}/zh/compare.html#lenet5_modern,squeezenet1_1")
    said = view.inner_text("#side")
    assert "参数量" in said
    assert "卷积 (conv)" in said
    assert "陷阱：" in said
    view.goto(f"file://{site}/zh/arithmetic.html")
    assert "每个数对应的像素都不同" in view.inner_text("#verdict")
    view.close()
