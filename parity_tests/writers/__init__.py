"""What is committed and made by code: each file here says what some files should hold, and `make write` writes them.

    make write                       # all
    make write ONLY="models golden"  # some of them

A test compares each with what is committed. What a run measures is not made anew: the rows of docs/checks.md come from
`make test-full`, and notebooks from `make write-notebooks`, which runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Written:
    """The text or bytes of each file of one kind by its path; of those `present`, the ones without are removed."""

    texts: Mapping[Path, str | bytes]
    present: tuple[Path, ...] = ()

    def content(self, path: Path) -> bytes:
        """What a file should hold."""
        text = self.texts[path]
        return text.encode() if isinstance(text, str) else text


Writer = Callable[[], Written]


def changes(written: Written) -> dict[Path, str]:
    """What there is to do: path -> "new", "changed" or "removed"."""
    found = {path: "removed" for path in written.present if path not in written.texts}
    for path in written.texts:
        if not path.exists():
            found[path] = "new"
        elif path.read_bytes() != written.content(path):
            found[path] = "changed"
    return found


def write(written: Written) -> Iterable[str]:
    """Write what differs, remove what is left over, and say of each file what was done with it."""
    for path, change in sorted(changes(written).items()):
        if change == "removed":
            path.unlink()
        else:
            path.write_bytes(written.content(path))
        yield f"{change:<8} {path.relative_to(ROOT)}"
