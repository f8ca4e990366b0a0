"""What is said of every trap, without reading the files whose ops and twins they are: a list needs no NumPy.

`catalogue.json` is written by `make write`, and a test holds it. Where a file of a trap was edited since, all are read.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.kept import checksums, kept_of

if TYPE_CHECKING:
    from ..common.spec import Net

FOLDER = Path(__file__).parent
FILE = FOLDER / "catalogue.json"
BESIDE = ("__init__.py", "catalogue.py", "duplicates.py", "known.py", "met.py")
"""Files of this folder that define none."""


@dataclass(frozen=True)
class Entry:
    """The texts and recorded numbers of a trap, as `trap.Trap` has them; `anywhere`: whether a network can meet it."""

    id: str
    section: str
    title: str
    torch: str
    keras: str
    rule: str
    measure: str
    wrong: float
    right: float
    note: str
    thread: str
    source: str
    anywhere: bool

    @property
    def twin(self) -> Callable[[], tuple[float, float]]:
        """The function that shows it, whose file is read for it."""
        from .catalogue import find

        return find(self.id).twin

    def places(self, net: Net) -> list[str]:
        """The paths of the nodes at which a network meets it."""
        from .catalogue import find

        return find(self.id).places(net)


@functools.cache
def known() -> dict[str, Entry]:
    """Every trap by its id, in the order of the sections."""
    data = kept_of(FILE, FOLDER, BESIDE) or described()
    return {item["id"]: Entry(**item) for item in data["traps"]}


def described() -> dict[str, Any]:
    """What the file should hold."""
    from .catalogue import catalogue

    keys = Entry.__dataclass_fields__
    entries = [Entry(**{key: getattr(trap, key) for key in keys}) for trap in catalogue().values()]
    return {"checksums": checksums(FOLDER, BESIDE), "traps": [asdict(entry) for entry in entries]}
