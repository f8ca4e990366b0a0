"""The committed pairs of docs/imported are what is emitted today."""

from __future__ import annotations

import pytest
from selection import some
from writers.imported import FOLDER, MODELS, pair, row


@pytest.mark.parametrize("name", some(list(MODELS), "gated"))
def test_a_pair_is_a_fresh_emission_with_a_row_in_the_page(name: str) -> None:
    texts = pair(name)
    assert {side: (FOLDER / f"{name}_{side}.py").read_text(encoding="utf-8") for side in texts} == texts
    assert row(name, texts) in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_folder_has_nothing_else() -> None:
    wanted = {"README.md"} | {f"{name}_{side}.py" for name in MODELS for side in ("torch", "tf")}
    assert {path.name for path in FOLDER.iterdir()} == wanted
