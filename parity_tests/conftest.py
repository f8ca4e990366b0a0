"""What holds for all tests: reports go to no folder of the user's, and garbage is looked for among what is new."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from later import mark, timed
from selection import LATER, TIERS, Tier, tier_of

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.hookimpl(tryfirst=True)  # before any case is deselected
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note which targets of the Makefile run the cases of each check, and which cases were left for later."""
    found: dict[str, set[Tier]] = {}
    config.stash[LATER] = later = set[str]()
    for item in items:
        later.add(mark(item))
        found.setdefault(item.nodeid.partition("[")[0], set()).add(tier_of(item))
    config.stash[TIERS] = found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    with timed(item, tier_of(item)):
        return (yield)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder of the session's own, for this process and for those that tests start."""
    before = os.environ.get("XDG_CACHE_HOME")
    folder = tmp_path_factory.mktemp("cache")
    os.environ["XDG_CACHE_HOME"] = str(folder)
    yield folder
    if before is None:
        del os.environ["XDG_CACHE_HOME"]
    else:
        os.environ["XDG_CACHE_HOME"] = before


@pytest.fixture(scope="session", autouse=True)
def _in_english() -> Iterator[None]:
    """What is printed is English, whatever the locale of this machine; for the processes that tests start, too."""
    before = os.environ.get("DIPTYCH_LANG")
    os.environ["DIPTYCH_LANG"] = "en"
    yield
    if before is None:
        del os.environ["DIPTYCH_LANG"]
    else:
        os.environ["DIPTYCH_LANG"] = before


@pytest.fixture(scope="module", autouse=True)
def _frozen() -> None:
    """What stays from file to file (frameworks, traced networks) is taken out of the collector's sight.

    diptych collects garbage after each Keras model that it saves, which among millions of objects takes a second.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The Chromium of this machine, without a window; tests that ask for it are skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()
