"""A second wall before emitted text is run: it is parsed, and only what the emitter writes is let through.

The first wall is that a net from outside is checked, and that every text in source is escaped. This one knows nothing
of either. It has the syntax of the emitter, the names that the ops of the network use, and the helper files, which
must stand in the text as they are. So code that got past the first wall is refused here, unrun.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..errors import SpecError
from ..lowering import Attribute, Function, Make, Name
from ..spec import Net
from ..text import printable
from .expressions import parts
from .language import Language

PLAIN = (
    ast.Call, ast.Name, ast.Attribute, ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.BinOp, ast.UnaryOp, ast.Add,
    ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.USub, ast.Subscript, ast.Slice, ast.Starred, ast.ListComp,
    ast.comprehension, ast.JoinedStr, ast.FormattedValue, ast.Lambda, ast.arguments, ast.arg, ast.keyword, ast.Load,
    ast.Store,
)  # fmt: skip
"""What expressions are made of."""
TYPES = frozenset({"list", "tuple", "dict", "str", "int"})
"""What annotations say beside names of the framework."""
OWN = frozenset({"super", "range"})
"""What constructors call of Python itself."""
BUILD = "build"


def check_source(text: str, net: Net, language: Language) -> None:
    """Raise SpecError, naming the line, for what is nothing that the emitter writes for this network."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise SpecError(f"the source of {net.name} is no Python: {error}; please report it") from None
    _Wall(tree, net, language).module()


class _Wall:
    """The names that a file may use: modules, classes and functions, names of the framework, methods of values."""

    def __init__(self, tree: ast.Module, net: Net, language: Language) -> None:
        self.tree, self.net, self.language = tree, net, language
        self.helpers = _helpers(language.helpers)
        self.imports = frozenset(name for _, names in language.imports for name in names)
        self.bases = frozenset({language.module, language.root, language.sequence})
        targets, methods = _words(net, language)
        words = {*language.words, *self.bases}
        self.dotted = frozenset(word for word in words | targets if "." in word)
        self.methods = frozenset({*methods, *(word for word in words if "." not in word)})
        defined = {item.name for item in tree.body if isinstance(item, ast.ClassDef | ast.FunctionDef)}
        self.callable = frozenset(defined | OWN | (self.bases & self.imports) | {t for t in targets if "." not in t})
        self.own: frozenset[str] = frozenset()
        self.local: frozenset[str] = frozenset()

    def module(self) -> None:
        """Hold a file to the emitter's: a docstring, imports, classes of blocks, and helpers as they are."""
        for item in self.tree.body:
            if isinstance(item, ast.Import | ast.ImportFrom):
                self._import(item)
            elif ast.dump(item) in self.helpers:
                continue
            elif isinstance(item, ast.ClassDef):
                self._class(item)
            elif item is not self.tree.body[0] or not _is_text(item):
                raise self._fault(item)

    def _import(self, item: ast.Import | ast.ImportFrom) -> None:
        names = [alias.name for alias in item.names]
        lines = [line.format(", ".join(names)) for line, known in self.language.imports if {*names} <= {*known}]
        if ast.unparse(item) not in lines:
            raise self._fault(item)

    def _class(self, item: ast.ClassDef) -> None:
        if item.decorator_list or item.keywords or [ast.unparse(base) in self.bases for base in item.bases] != [True]:
            raise self._fault(item)
        stored = [node for node in ast.walk(item) if isinstance(node, ast.Attribute)]
        self.own = frozenset(n.attr for n in stored if isinstance(n.ctx, ast.Store) and _is_self(n.value))
        for part in item.body:
            if isinstance(part, ast.FunctionDef):
                self._function(part)
            elif part is not item.body[0] or not _is_text(part):
                raise self._fault(part)

    def _function(self, item: ast.FunctionDef) -> None:
        given = item.args
        odd = given.vararg or given.kwarg or given.kwonlyargs or given.posonlyargs or item.decorator_list
        if odd or item.name not in ("__init__", self.language.method, BUILD):
            raise self._fault(item)
        named = [node.id for node in ast.walk(item) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
        self.local = frozenset({*named, *(node.arg for node in ast.walk(item) if isinstance(node, ast.arg))})
        self._expressions([given, *filter(None, [item.returns])])
        for part in item.body:
            self._statement(part)

    def _statement(self, item: ast.stmt) -> None:
        calls = isinstance(item, ast.Expr) and isinstance(item.value, ast.Call)
        if isinstance(item, ast.For) and _is_run(item.iter) and not item.orelse:
            self._expressions([item.target, item.iter])
            for inner in item.body:
                self._statement(inner)
        elif calls or isinstance(item, ast.Assign | ast.Return):
            self._expressions(ast.iter_child_nodes(item))
        else:
            raise self._fault(item)

    def _expressions(self, items: Iterable[ast.AST]) -> None:
        for node in (node for item in items for node in ast.walk(item)):
            if not isinstance(node, PLAIN) or not self._fine(node):
                raise self._fault(node)

    def _fine(self, node: ast.AST) -> bool:
        """Whether an expression of a kind that the emitter writes has only names that it writes there."""
        if isinstance(node, ast.Call):
            return self._called(node)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        if isinstance(node, ast.Name):
            return node.id in self.local | self.callable | self.imports | TYPES or isinstance(node.ctx, ast.Store)
        if isinstance(node, ast.comprehension):
            return not node.ifs and not node.is_async and _is_run(node.iter)
        if isinstance(node, ast.FormattedValue):
            return node.conversion == -1 and node.format_spec is None
        return True

    def _attribute(self, node: ast.Attribute) -> bool:
        """Whether an attribute may be named: of modules those of this network, of a block its own, none hidden."""
        if isinstance(node.value, ast.Call) and ast.unparse(node.value) == "super()":
            return node.attr == "__init__"
        path = ast.unparse(node)
        if path in self.dotted:
            return True
        if path.split(".")[0] in self.imports - self.local:
            return any(known.startswith(f"{path}.") for known in self.dotted)
        if node.attr.startswith("__"):
            return False
        return not _is_self(node.value) or node.attr in self.own or node.attr in self.methods

    def _called(self, node: ast.Call) -> bool:
        """Whether something may be called: a class, a layer of the block, a function or method of this network."""
        function = node.func
        if isinstance(function, ast.Name):
            bare = function.id != "super" or not (node.args or node.keywords)
            return function.id in self.callable - self.local and bare
        if isinstance(function, ast.Subscript):
            while isinstance(function, ast.Subscript):
                function = function.value
            return isinstance(function, ast.Attribute) and _is_self(function.value)
        if not isinstance(function, ast.Attribute):
            return False
        ours = _is_self(function.value) or ast.unparse(function) in {"super().__init__", *self.dotted}
        return ours or function.attr in self.methods

    def _fault(self, node: ast.AST) -> SpecError:
        line, code = getattr(node, "lineno", 0), printable(ast.unparse(node), 100)
        kind = type(node).__name__
        return SpecError(
            f"line {line} of the source of {self.net.name}: the emitter writes no such {kind}: {code}; it was not run"
        )


def _is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def _is_run(node: ast.AST) -> bool:
    """Whether a loop goes over numbers, or over the digits of a text."""
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"
    return named or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _is_text(item: ast.stmt) -> bool:
    return isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant) and isinstance(item.value.value, str)


def _words(net: Net, language: Language) -> tuple[set[str], set[str]]:
    """(functions and names of a framework, methods of values) with which the ops of a network are written."""
    targets, methods = set[str](), set[str]()
    for part in (part for node in net.nodes[1:] for part in parts(language.lower(node))):
        if isinstance(part, Attribute):
            methods.add(part.name)
            targets.update(_path(part))
        elif isinstance(part, Function | Make) and isinstance(part.target, str):
            targets.add(part.target)
        elif isinstance(part, Name) and "." in part.name:
            targets.add(part.name)
    return targets, methods


def _path(value: Any) -> Iterator[str]:
    """The dotted name that attributes of a name are."""
    names = list[str]()
    while isinstance(value, Attribute):
        names.insert(0, value.name)
        value = value.of
    if isinstance(value, Name):
        yield ".".join([value.name, *names])


@functools.cache
def _helpers(folder: Path) -> frozenset[str]:
    """The definitions of all helper files, as syntax."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.py")))
    return frozenset(ast.dump(part) for tree in trees for part in tree.body if not _is_text(part))
