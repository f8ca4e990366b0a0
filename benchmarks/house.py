"""The folders of a checkout with their files, lines, and the length of the median file and function.

    python -m benchmarks.house            # of this checkout
    python -m benchmarks.house /elsewhere # of another, for instance of an older commit

Emitted models are left out: they are written by the emitter.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

TREES = ("common", "torch_impl", "tf_impl", "diptych", "parity_tests", "benchmarks", "demo")
HEAD = f"{'folder':34}{'files':>7}{'lines':>8}{'median file':>13}{'longest':>9}{'functions':>11}{'median function':>17}"


@dataclass
class Room:
    """The lengths of the files of one folder, and of the functions in them, in lines."""

    files: list[int] = field(default_factory=list)
    functions: list[int] = field(default_factory=list)

    def row(self, name: str) -> str:
        """One line of the table."""
        middle = (int(statistics.median(lengths)) if lengths else 0 for lengths in (self.files, self.functions))
        file, function = middle
        return (
            f"{name:34}{len(self.files):>7}{sum(self.files):>8}{file:>13}{max(self.files):>9}"
            f"{len(self.functions):>11}{function:>17}"
        )


def sources(root: Path) -> Iterator[Path]:
    """The Python files of a checkout, those of its symbolic links once, without emitted models."""
    for tree in TREES:
        for path in sorted((root / tree).rglob("*.py")):
            inside = path.relative_to(root).parts
            linked = any((root / Path(*inside[:depth])).is_symlink() for depth in range(1, len(inside)))
            if not linked and "models" not in inside:
                yield path


def rooms(root: Path) -> dict[str, Room]:
    """Folder -> its lengths."""
    found: dict[str, Room] = defaultdict(Room)
    for path in sources(root):
        text = path.read_text(encoding="utf-8")
        room = found[str(path.parent.relative_to(root))]
        room.files.append(len(text.splitlines()))
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds))
        room.functions += [(node.end_lineno or node.lineno) - node.lineno + 1 for node in functions]
    return dict(found)


def total(found: dict[str, Room]) -> Room:
    """All folders as one."""
    return Room([n for room in found.values() for n in room.files], [n for r in found.values() for n in r.functions])


def main(root: Path) -> None:
    """Print the table."""
    found = rooms(root)
    print(HEAD)
    for name in sorted(found):
        print(found[name].row(name))
    print(total(found).row("all"))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1])
