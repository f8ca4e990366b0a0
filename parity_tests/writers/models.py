"""The emitted source of one network of each family: `torch_impl/models` and `tf_impl/models`."""

from __future__ import annotations

from pathlib import Path

from diptych.common.registry import canonical, spec
from diptych.emission import source
from writers import ROOT, Written

SIDES = ("torch", "tf")


def path_of(family: str, side: str) -> Path:
    """Where the source of a family's canonical network is committed."""
    return ROOT / f"{side}_impl" / "models" / f"{family}.py"


def written() -> Written:
    """Both files of every family."""
    texts = {path_of(family, side): source(spec(name), side) for family, name in canonical().items() for side in SIDES}
    present = (path for side in SIDES for path in (ROOT / f"{side}_impl" / "models").glob("[a-z]*.py"))
    return Written(texts, tuple(present))
