"""What the README and its pages say is counted and run: networks, forms, traps, lines, links, the example in Python."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

import diptych
from diptych.checking.report import Report
from diptych.common.registry import canonical, network, networks
from diptych.traps.catalogue import catalogue

ROOT = Path(__file__).parents[2]
README, ZOO, STUDY, PYTHON = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "docs/networks.md", "docs/study.md", "docs/python.md")
)
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| (\d+) \| ([^|]+) \| [^|]+ (\d{4}) \|$", re.MULTILINE)
"""A row of the table of families: family, what is in it, networks, forms of, paper."""


def number(pattern: str, text: str) -> list[str]:
    """What the groups of a pattern match, which stands in the page once."""
    (found,) = re.findall(pattern, text)
    return list(found) if isinstance(found, tuple) else [found]


def test_the_counts_of_networks_and_families_are_right() -> None:
    assert number(r"(\d+) networks of (\d+) families", ZOO) == [str(len(networks())), str(len(canonical()))]


def test_the_table_has_a_row_for_each_family_with_its_count() -> None:
    rows = {family: int(count) for family, count, _, _ in ROW.findall(ZOO)}
    assert rows == Counter(network(name).family for name in networks())
    assert sum(rows.values()) == len(networks())


@pytest.mark.parametrize(("family", "forms", "year"), [(row[0], row[2], row[3]) for row in ROW.findall(ZOO)])
def test_a_row_names_the_forms_and_the_year_of_its_family(family: str, forms: str, year: str) -> None:
    assert set(forms.split(", ")) == {network(name).source for name in networks(family)}
    assert int(year) in {network(name).card.paper.year for name in networks(family)}


def test_the_count_of_traps_is_right() -> None:
    assert number(r"where the frameworks differ: (\d+) entries", STUDY) == [str(len(catalogue()))]


def test_the_count_of_lines_is_that_of_both_files() -> None:
    lines = {len(diptych.source("resnet50", side).splitlines()) for side in ("torch", "tf")}
    assert {int(count) for count in number(r"Of ResNet-50's (\d+):", STUDY)} == lines


@pytest.mark.slow
def test_the_example_in_python_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.chdir(tmp_path)
    torch.save(diptych.build("resnet50", "torch", num_classes=10).state_dict(), "in.pth")
    (example,) = re.findall(r"# In Python\n\n```python\n(.*?)```", PYTHON, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(example, "docs/python.md", "exec"), names)  # noqa: S102 - the page's own code
    assert (tmp_path / "out.tflite").exists()
    assert isinstance(names["report"], Report)
    assert names["report"].passed
    assert isinstance(names["plain"], diptych.Net)
    assert names["plain"].name == "repvgg_a0_deploy"


def test_the_first_screen_says_what_it_is_and_what_to_type() -> None:
    screen = README.partition("\n## ")[0].splitlines()
    assert len(screen) < 30
    assert all(f"make {name}" in "\n".join(screen) for name in ("demo", "test"))


PAGES = [
    "README.md",
    "README.zh.md",
    *(f"docs/{path.relative_to(ROOT / 'docs')}" for path in (ROOT / "docs").glob("*.md")),
]
CHINESE = [f"docs/zh/{path.name}" for path in (ROOT / "docs" / "zh").glob("*.md")]


@pytest.mark.parametrize("page", sorted([*PAGES, *CHINESE]))
def test_links_lead_somewhere(page: str) -> None:
    """Relative links of a page, to other pages and pictures."""
    found = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", (ROOT / page).read_text(encoding="utf-8"))
    assert not [link for link in found if "://" not in link and not (ROOT / page).parent.joinpath(link).exists()]
