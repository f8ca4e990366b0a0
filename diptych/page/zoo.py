"""The middle column: the functions, classes and tables that made this network, of its own file and of its blocks'."""

from __future__ import annotations

import ast
import linecache
from dataclasses import dataclass, replace
from pathlib import Path

from ..common.errors import DiptychError
from ..common.registry import network
from ..common.spec import Call, Net


@dataclass(frozen=True)
class Chunk:
    """One piece of the text, from its first line to its last, both counted from 1; `head` is the line of its name.

    `file` names the file that it stands in, as one names it in the project, where that is not the network's own.
    """

    name: str
    first: int
    last: int
    head: int
    file: str = ""


@dataclass(frozen=True)
class Zoo:
    """A network's own file and those of its blocks: their text, and the pieces of it that this network uses.

    `root` is the name of the network's function, `functions` has classes too whose methods make nodes, and `places` are
    the lines of the text that made each node, block or stack, by path.
    """

    file: str
    text: str
    root: str
    docstring: Chunk | None
    functions: dict[str, Chunk]
    tables: dict[str, tuple[Chunk, ...]]
    places: dict[str, tuple[int, ...]]

    @property
    def label(self) -> str:
        """The network's own file as one names it in the project."""
        return _label(self.file)

    def function_at(self, line: int) -> Chunk | None:
        """The function in whose text a line stands."""
        return next((chunk for chunk in self.functions.values() if chunk.first <= line <= chunk.last), None)


def zoo_source(net: Net) -> Zoo:
    """The file that made a network, those of its blocks after it; raises DiptychError where one cannot be read."""
    origins = {path: place for path, place in net.origins.items() if path != net.nodes[0].path}
    text, starts = _join(net, [file for places in origins.values() for file, _ in reversed(places)])
    places = {path: tuple(starts[file] + line for file, line in some) for path, some in origins.items()}
    tree, name = ast.parse(text), next(iter(starts))
    items: dict[str, ast.FunctionDef | ast.ClassDef] = {}
    for item in tree.body:
        if isinstance(item, (ast.FunctionDef, ast.ClassDef)):
            items.setdefault(item.name, item)
    defined = {key: _with_file(_chunk(item), starts) for key, item in items.items()}
    own = [key for key, item in items.items() if isinstance(item, ast.FunctionDef) and not defined[key].file]
    root = _root(net, own)
    used = {call.block for call in net.root.walk()} | {root}
    lines = {line for some in places.values() for line in some}
    functions = {
        key: chunk for key, chunk in defined.items() if key in used or lines & set(range(chunk.first, chunk.last + 1))
    }
    tables = {key: (_with_file(chunk, starts), item) for key, (chunk, item) in _tables(tree, text.splitlines()).items()}
    needed = {key: _tables_read(items[key], tables) for key in functions}
    return Zoo(name, text, root, _docstring(tree), functions, needed, places)


def _join(net: Net, files: list[str]) -> tuple[str, dict[str, int]]:
    """The text of several files, all but the first under their names, and how many lines stand before each."""
    text, starts = "", dict[str, int]()
    for file in dict.fromkeys(files):
        found = "".join(linecache.getlines(file))
        if not found:
            break
        if text:
            text += f"\n\n# {_label(file)}\n"
        starts[file] = text.count("\n")
        text += found if found.endswith("\n") else f"{found}\n"
    if not text or len(starts) < len(set(files)):
        raise DiptychError(f"{net.name}: the source of its spec cannot be read; show a network traced just now")
    return text, starts


def _label(file: str) -> str:
    """A file as one names it in the project."""
    parts = Path(file).parts
    return "/".join(parts[-3:] if parts[-2:-1] in (("zoo",), ("blocks",)) else parts[-1:])


def _with_file(chunk: Chunk, starts: dict[str, int]) -> Chunk:
    """A piece with the name of the file that it stands in."""
    own, *others = starts
    file = next((file for file in reversed(others) if starts[file] < chunk.first), own)
    return chunk if file == own else replace(chunk, file=_label(file))


def children(net: Net, call: Call) -> list[str]:
    """The paths of the nodes, blocks and stacks that a class makes itself, those in its stacks included."""
    found: list[str] = []
    for item in call.body:
        found.append(item.path if isinstance(item, Call) else net.nodes[item].path)
        if isinstance(item, Call) and item.style == "stack":
            found += children(net, item)
    return found


def _root(net: Net, names: list[str]) -> str:
    """The name of the network's function; for a network that is not registered, the last function of its file."""
    try:
        return str(network(net.name).function.__name__)
    except DiptychError:
        return names[-1] if names else ""


def _chunk(item: ast.FunctionDef | ast.ClassDef) -> Chunk:
    first = min([item.lineno, *(decorator.lineno for decorator in item.decorator_list)])
    return Chunk(item.name, first, item.end_lineno or item.lineno, item.lineno)


def _docstring(tree: ast.Module) -> Chunk | None:
    first = tree.body[0]
    if ast.get_docstring(tree) is None:
        return None
    return Chunk("", first.lineno, first.end_lineno or first.lineno, first.lineno)


def _tables(tree: ast.Module, lines: list[str]) -> dict[str, tuple[Chunk, ast.AST]]:
    """The assignments of the file by name, each with the comment right above it."""
    found: dict[str, tuple[Chunk, ast.AST]] = {}
    for item in tree.body:
        if isinstance(item, (ast.Assign, ast.AnnAssign)):
            for target in item.targets if isinstance(item, ast.Assign) else [item.target]:
                if not isinstance(target, ast.Name):
                    continue
                first = item.lineno
                while first > 1 and lines[first - 2].startswith("#"):
                    first -= 1
                found[target.id] = (Chunk(target.id, first, item.end_lineno or item.lineno, item.lineno), item)
    return found


def _tables_read(item: ast.AST, tables: dict[str, tuple[Chunk, ast.AST]]) -> tuple[Chunk, ...]:
    """The tables that a function reads, and those that they are made from."""
    found: dict[str, Chunk] = {}
    waiting: list[ast.AST] = [item]
    while waiting:
        for part in ast.walk(waiting.pop()):
            if isinstance(part, ast.Name) and part.id in tables and part.id not in found:
                found[part.id] = tables[part.id][0]
                waiting.append(tables[part.id][1])
    return tuple(found.values())
