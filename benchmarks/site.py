"""The site in a headless Chromium from disk: requests that leave, console errors, width, and the largest paint.

    python -m benchmarks.site build/site [--shots FOLDER]

Twelve pages in both languages, at 1400, 768 and 390 pixels, each in a browser profile of its own so that nothing is
kept from the one before. The largest contentful paint is what the browser's own PerformanceObserver says of it, in
milliseconds from the start of the navigation: https://www.w3.org/TR/largest-contentful-paint/. Exit code 1 where a page
asks for anything outside the folder, says an error, is wider than the screen, or paints later than a second.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGES = (
    "index.html", "families.html", "plot.html", "compare.html#resnet50,mobilenet_v2", "traps.html", "arithmetic.html",
    "docs/study.html", "docs/checks.html", "networks/lenet5_modern.html", "networks/resnet50.html",
    "networks/mobilenet_v2.html", "networks/efficientdet_d0.html",
)  # fmt: skip
WIDTHS = (1400, 768, 390)
FOLDERS = ("", "zh/")
BOUND = 1000.0
"""Milliseconds."""
LONGEST = 5.0
"""Seconds that a first paint is waited for."""
WATCH = """window.paints = [];
new PerformanceObserver(list => window.paints.push(...list.getEntries().map(one => one.startTime)))
  .observe({type: 'largest-contentful-paint', buffered: true});"""
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@dataclass(frozen=True)
class Seen:
    """One page at one width: the largest paint in ms, requests that left the folder, errors, pixels too wide."""

    page: str
    width: int
    paint: float
    left: tuple[str, ...]
    errors: tuple[str, ...]
    over: int

    @property
    def fine(self) -> bool:
        """Whether all is as it should be; a page that paints nothing is not."""
        return not (self.left or self.errors) and self.over <= 0 and 0 < self.paint < BOUND


def visited(browser: Any, site: Path, name: str, width: int, shots: Path | None = None) -> Seen:
    """A page, opened from its folder in a profile of its own."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    asked, errors = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script(WATCH)
    end = time.monotonic() + LONGEST
    page.goto(f"{site.as_uri()}/{name}")
    page.wait_for_timeout(300)
    while not (paints := page.evaluate("window.paints")) and time.monotonic() < end:
        page.wait_for_timeout(100)
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if shots is not None:
        shots.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=shots / f"{name.partition('#')[0].replace('/', '-').removesuffix('.html')}-{width}.png")
    context.close()
    left = tuple(url for url in asked if not url.startswith((f"{site.as_uri()}/", "data:")))
    return Seen(name, width, max(paints, default=0.0), left, tuple(errors), over)


def best(browser: Any, site: Path, name: str, width: int, runs: int, shots: Path | None) -> Seen:
    """The run with the earliest largest paint, so that other work on the machine does not count; of errors all."""
    found = [visited(browser, site, name, width, shots if number == 0 else None) for number in range(runs)]
    said = tuple(dict.fromkeys(error for seen in found for error in seen.errors))
    left = tuple(dict.fromkeys(url for seen in found for url in seen.left))
    paint = min((seen.paint for seen in found if seen.paint), default=0.0)
    return Seen(name, width, paint, left, said, max(seen.over for seen in found))


def each(site: Path, runs: int, shots: Path | None) -> Iterator[Seen]:
    """Every page of PAGES that the site has, in both languages and at every width."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for folder in FOLDERS:
            for name in PAGES:
                if (site / folder / name.partition("#")[0]).exists():
                    for width in WIDTHS:
                        yield best(browser, site, folder + name, width, runs, shots)
        browser.close()


def main() -> int:
    """Print a row for each page, with what is wrong below it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path)
    parser.add_argument("--shots", type=Path, help="keep a screenshot of each page in this folder")
    parser.add_argument("--runs", type=int, default=1, help="loads of each page, of which the fastest counts")
    words = parser.parse_args()
    if CHROMIUM is None:
        print("no Chromium on this machine (Debian: apt-get install chromium)", file=sys.stderr)
        return 2
    found = dict[str, list[Seen]]()
    for seen in each(words.site.resolve(), max(words.runs, 1), words.shots):
        found.setdefault(seen.page, []).append(seen)
    lines = [f"{'page':42} " + " ".join(f"{width:>6} px" for width in WIDTHS)]
    for name, rows in found.items():
        lines.append(f"{name:42} " + " ".join(f"{seen.paint:6.0f} ms" for seen in rows))
        for seen in (one for one in rows if not one.fine):
            lines.append(f"  {seen.width} px: {seen.paint:.0f} ms, {max(seen.over, 0)} px too wide")
            lines += [f"  {seen.width} px: {said}" for said in (*seen.left, *seen.errors)]
    every = [seen for rows in found.values() for seen in rows]
    worst = max((seen.paint for seen in every), default=0.0)
    fine = sum(seen.fine for seen in every)
    lines.append(f"{len(found)} pages, {len(every)} views: {fine} fine, the latest largest paint at {worst:.0f} ms")
    print("\n".join(lines))
    return 0 if every and all(seen.fine for seen in every) else 1


if __name__ == "__main__":
    sys.exit(main())
