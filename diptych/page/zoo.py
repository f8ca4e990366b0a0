"""The middle column: the functions and tables of the network's own file that made this network."""

from __future__ import annotations

import ast
import linecache
from dataclasses import dataclass
from pathlib import Path

from ..common.errors import DiptychError
from ..common.registry import network
from ..common.spec import Call, Net


@dataclass(frozen=True)
class Chunk:
    """One piece of the file, from its first line to its last, both counted from 1; `head` is the line of its name."""

    name: str
    first: int
    last: int
    head: int


@dataclass(frozen=True)
class Zoo:
    """A network's own file: its text, the name of the network's function, and the pieces that this network uses.

    `places` are the lines of the file that made each node, block or stack, by path.
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
        """The file as one names it in the project."""
        parts = Path(self.file).parts
        return "/".join(parts[-3:] if parts[-2:-1] == ("zoo",) else parts[-1:])

    def function_at(self, line: int) -> Chunk | None:
        """The function in whose text a line stands."""
        return next((chunk for chunk in self.functions.values() if chunk.first <= line <= chunk.last), None)


def zoo_source(net: Net) -> Zoo:
    """The file that made a network, with those of its blocks behind it; raises DiptychError where one cannot be read."""
    origins = {path: place for path, place in net.origins.items() if path != net.nodes[0].path}
    text, starts = _joined(net, [file for places in origins.values() for file, _ in reversed(places)])
    tree = ast.parse(text)
    defined: dict[str, Chunk] = {}
    for item in tree.body:
        if isinstance(item, ast.FunctionDef):
            defined.setdefault(item.name, _function(item))
    name = next(iter(starts))
    root = _root(net, [key for key, chunk in defined.items() if chunk.first <= len(linecache.getlines(name))])
    used = {call.block for call in net.root.walk()} | {root}
    places = {path: tuple(starts[file] + line for file, line in some) for path, some in origins.items()}
    lines = {line for some in places.values() for line in some}
    functions = {
        key: chunk
        for key, chunk in defined.items()
        if key in used or any(chunk.first <= line <= chunk.last for line in lines)
    }
    tables = _tables(tree, text.splitlines())
    needed = {item.name: _needed(item, tables) for item in tree.body if isinstance(item, ast.FunctionDef)}
    return Zoo(name, text, root, _docstring(tree), functions, {key: needed[key] for key in functions}, places)


def _joined(net: Net, files: list[str]) -> tuple[str, dict[str, int]]:
    """The text of several files in a row, and how many lines stand before each: the network's own comes first."""
    text, starts = "", dict[str, int]()
    for file in dict.fromkeys(files):
        found = "".join(linecache.getlines(file))
        if not found:
            break
        starts[file] = text.count("\n")
        text += found if found.endswith("\n") else f"{found}\n"
    if not text or len(starts) < len(set(files)):
        raise DiptychError(f"{net.name}: the source of its spec cannot be read; show a network traced just now")
    return text, starts


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


def _function(item: ast.FunctionDef) -> Chunk:
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


def _needed(item: ast.AST, tables: dict[str, tuple[Chunk, ast.AST]]) -> tuple[Chunk, ...]:
    """The tables that a function reads, and those that they are made from."""
    found: dict[str, Chunk] = {}
    waiting: list[ast.AST] = [item]
    while waiting:
        for part in ast.walk(waiting.pop()):
            if isinstance(part, ast.Name) and part.id in tables and part.id not in found:
                found[part.id] = tables[part.id][0]
                waiting.append(tables[part.id][1])
    return tuple(found.values())
