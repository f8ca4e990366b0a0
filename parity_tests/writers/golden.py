"""The golden text of every network, so that a change of architecture is a diff to review."""

from __future__ import annotations

from diptych.common.registry import networks, spec
from diptych.common.summary import summary
from writers import ROOT, Written

FOLDER = ROOT / "parity_tests" / "spec" / "golden"


def written() -> Written:
    """A file per registered network."""
    texts = {FOLDER / f"{name}.txt": summary(spec(name)) for name in networks()}
    return Written(texts, tuple(FOLDER.glob("*.txt")))
