"""The notebooks, run from top to bottom and held to the outputs that are kept in them: `make notebooks`.

No test of `make test`, which asks of the committed files alone (test_notebooks.py).
"""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from notebook_outputs import TRAINED, out_of_date
from writers import ROOT

FOLDER = ROOT / "notebooks"
SECONDS = 900


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_prints_what_it_printed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    kept, book = json.loads(text), nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(
        book, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}
    ).execute()
    fresh = json.loads(nbformat.writes(book))  # type: ignore[no-untyped-call]
    found = list(out_of_date(kept, fresh, path.stem in TRAINED))
    assert not found, "\n".join([f"{path.name} is out of date; `make write-notebooks` renews it", *found])
