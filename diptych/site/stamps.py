"""What the page of a network is made of, as a number: the site makes a page anew where the number is another.

A family's own file and card count for its pages alone, and for those of families whose files import it: so that an edit
of one network makes a few pages anew, and not all.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

from ..common.language import using
from ..common.registry import network
from ..traps.known import known
from ..traps.met import meeting
from .rendering import FOLDERS, head

PACKAGE = Path(__file__).parents[1]
COMMON = (PACKAGE / "common").resolve()  # a link in a checkout
KINDS = (".py", ".json", ".j2", ".css", ".js", ".mo")
APART = (COMMON / "zoo", COMMON / "cards", COMMON / "zoo.json", COMMON / "dialects", PACKAGE / "traps" / "met.json")
"""What says something of each network; other libraries' names are on no page."""


@cache
def digest() -> str:
    """A number of what all pages are made of: the code, the catalogue, the texts."""
    trees = [PACKAGE, *((PACKAGE / name).resolve() for name in ("common", "torch_impl", "tf_impl"))]
    files = {path for tree in trees for path in tree.rglob("*") if path.suffix in KINDS}
    return _number(sorted(path for path in files if path not in APART and not set(path.parents) & set(APART)))


def own_digest(name: str, zoo: Path = COMMON / "zoo", cards: Path = COMMON / "cards") -> str:
    """A number of what a network's own page is made of: its family's files, its traps, what it took from whom."""
    item = network(name)
    files = [*(zoo / f"{part}.py" for part in sorted(_families(item.family, zoo))), cards / f"{item.family}.json"]
    said = [trap.id for trap in known().values() if name in _meeting(trap.id)]
    for language in FOLDERS:
        with using(language):
            said.append(head(name, item.card.paper.arxiv or ""))
    return _number([path for path in files if path.exists()], "\n".join(said))


@cache
def _meeting(trap: str) -> dict[str, int]:
    return meeting(known()[trap])


def _families(family: str, zoo: Path) -> set[str]:
    """A family, and those whose files its own imports."""
    found, left = set[str](), [family]
    while left:
        found.add(one := left.pop())
        path = zoo / f"{one}.py"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        left += [other for other in re.findall(r"^from \.(\w+) import", text, re.MULTILINE) if other not in found]
    return found


def _number(files: list[Path], words: str = "") -> str:
    made = hashlib.sha256(words.encode())
    for path in files:
        made.update(path.read_bytes())
    return made.hexdigest()[:16]
