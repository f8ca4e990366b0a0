"""The documented example runs as it stands on the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def test_a_network_of_ones_own_is_twenty_lines_and_gets_everything(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / "own_network.md").read_text(), re.DOTALL)
    assert len(blocks) == 4
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "own_network.md", "exec"), names)  # noqa: S102 - the page's own code
    assert len([line for line in blocks[0].splitlines() if line and "import" not in line]) <= 20
    printed = capsys.readouterr().out
    assert f"{names['net'].params:,} parameters" in printed
    assert "class Birdnet(nn.Module)" in printed
    assert "class Birdnet(keras.Model)" in printed
    assert names["report"].passed


def test_the_page_of_checks_has_every_network_measured_or_named_as_not() -> None:
    from diptych import networks

    text = (DOCS / "checks.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
    named = re.findall(r"`([^`]+)`", text.partition("not measured yet:")[2].partition("|")[0])
    assert sorted([*rows, *named]) == sorted(networks())
