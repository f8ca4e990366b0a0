"""The example of docs/search.md runs as it stands on the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "search.md"


def test_a_space_of_ones_own_is_twenty_lines() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len([line for line in block.splitlines() if line and "import" not in line]) <= 20
    names: dict[str, Any] = {}
    exec(compile(block, "search.md", "exec"), names)  # noqa: S102 - the page's own code
    space, found = names["space"], names["found"]
    assert [layer.channels for layer in space.layers] == [8, 8, 8, 16, 16]
    assert {"adaptive_avg_pool", "mixed"} <= {node.kind for node in space.supernet.nodes}, "with gates"
    assert found.net.macs == found.cost <= 40_000


def test_the_pictures_of_the_page_are_there() -> None:
    shown = re.findall(r"!\[.*?\]\((.*?)\)", PAGE.read_text("utf-8"))
    assert len(shown) == 2
    assert all((PAGE.parent / path).is_file() for path in shown)
