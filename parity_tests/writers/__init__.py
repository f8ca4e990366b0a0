"""What is committed and made by code: each file here says what some files should hold, and `make write` writes them.

    make write                       # all
    make write ONLY="models golden"  # some of them

A test compares each with what is committed. What a run measures is not made anew: the rows of docs/checks.md come from
`make test-full`, and notebooks from `make write-notebooks`, which runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Written:
    """The text of each file of one kind by its path; of those `present`, the ones without a text are removed."""

    texts: dict[Path, str]
    present: tuple[Path, ...] = ()


Writer = Callable[[], Written]


def changes(written: Written) -> dict[Path, str]:
    """What there is to do: path -> "new", "changed" or "removed"."""
    found = {path: "removed" for path in written.present if path not in written.texts}
    for path, text in written.texts.items():
        if not path.exists():
            found[path] = "new"
        elif path.read_bytes() != text.encode():
            found[path] = "changed"
    return found


def write(written: Written) -> Iterable[str]:
    """Write what differs, remove what is left over, and say of each file what was done with it."""
    for path, change in sorted(changes(written).items()):
        if change == "removed":
            path.unlink()
        else:
            path.write_bytes(written.texts[path].encode())
        yield f"{change:<8} {path.relative_to(ROOT)}"
