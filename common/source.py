"""Source text of a network: one class per distinct block, written line for line the same way in either framework."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .dataflow import statements
from .expr import Sym
from .form import Form, literal, symbolic
from .runs import runs
from .spec import Call, Net, Node

Key = tuple[Any, ...]
INDENT = "    "


@dataclass(frozen=True)
class Language:
    """How a framework says a class; every entry is part of one line, so that two languages stay line-parallel."""

    form: Callable[[Node], Form]
    module: str
    sequence: str
    brackets: tuple[str, str]
    named: tuple[str, str, str]
    method: str
    imports: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Source:
    """Emitted source: its text, the name of the network's class, and the names of all block classes in it."""

    text: str
    root: str
    blocks: frozenset[str]


def emit(net: Net, language: Language) -> Source:
    """The network as one self-contained file of classes."""
    return _Emitter(net, language).emit()


@dataclass
class _Emitter:
    net: Net
    language: Language
    names: dict[Key, str] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    helpers: dict[str, Any] = field(default_factory=dict)

    def emit(self) -> Source:
        calls = [call for call in self.net.root.walk() if call.style != "stack"]
        self.names = self._named(calls)
        for call in reversed(calls):
            name = self.names[self._key(call)]
            if name not in self.texts:
                self.texts[name] = self._class(name, call)
        helpers = [textwrap.dedent(inspect.getsource(helper)).splitlines() for helper in self._used()]
        body = [line for lines in (*helpers, *self.texts.values()) for line in ("", "", *lines)]
        return Source("\n".join([*self._head("\n".join(body)), *body, ""]), self.names[self._key(calls[0])],
                      frozenset(self.texts))  # fmt: skip

    def _named(self, calls: list[Call]) -> dict[Key, str]:
        """A class name per distinct block: the commonest form of a function bears its plain name."""
        counts = Counter(self._key(call) for call in calls)
        first: dict[Key, Call] = {}
        for call in calls:
            first.setdefault(self._key(call), call)
        names: dict[Key, str] = {}
        plain: dict[str, Call] = {}
        for key in sorted(counts, key=lambda k: -counts[k]):
            call = first[key]
            base = camel(call.block)
            name = base if base not in plain else base + _difference(plain[base], call)
            plain.setdefault(base, call)
            while name in names.values():
                name = _next(name)
            names[key] = name
        return names

    def _key(self, call: Call) -> Key:
        """What makes two blocks the same class: equal structure, with parameters by their symbols, not their values."""
        if call.path not in self.keys:
            wires = {index: place for place, index in enumerate(_produced(call))}
            body = tuple(self._item_key(item, wires) for item in call.body)
            self.keys[call.path] = (call.block, call.style, *body)
        return self.keys[call.path]

    def _item_key(self, item: int | Call, places: dict[int, int]) -> Key:
        if isinstance(item, Call):
            arguments = tuple((a.name, literal(a.value)) for a in item.arguments)
            channels = tuple((name, literal(value)) for name, value in item.input_channels)
            return (item.name, self._key(item), self._wires(item.inputs, places), arguments, channels)
        node = self.net.nodes[item]
        steps: Key = tuple((step.target, *step.kwargs) for step in self.language.form(node).steps)
        fields = tuple((name, literal(value)) for name, value in vars(node.op).items())
        widths = tuple(literal(shape[0]) for shape in node.in_shapes)
        owner = node.owner.rpartition(".")[2]
        return (node.name, node.kind, steps, self._wires(node.inputs, places), fields, widths, owner)

    def _wires(self, inputs: tuple[int, ...], places: dict[int, int]) -> tuple[int, ...]:
        """Which values of the block an item reads, by their place in it (in a stack inside it, whatever comes in)."""
        return tuple(places.get(index, -1) for index in inputs)

    def _used(self) -> list[Any]:
        """The helpers that stand in the classes, and those that stand in such helpers."""
        text = "\n".join(line for lines in self.texts.values() for line in lines)
        used: list[Any] = []
        for name, helper in reversed(self.helpers.items()):
            if re.search(rf"\b{name}\b", text):
                used.insert(0, helper)
                text += inspect.getsource(helper)
        return used

    def _head(self, body: str) -> list[str]:
        title = f'"""{self.net.title}{f": {self.net.paper}" if self.net.paper else ""}."""'
        used = [line for mark, line in self.language.imports if mark in body]
        return [title, "", "from __future__ import annotations", "", *used]

    def _class(self, name: str, call: Call) -> list[str]:
        body = self._chain(call) if call.style == "sequence" else self._members(call)
        base = self.language.sequence if call.style == "sequence" else self.language.module
        lines = [f"class {name}({base}):", f'{INDENT}"""{call.doc}"""', ""] if call.doc else [f"class {name}({base}):"]
        lines.append(f"{INDENT}def __init__({', '.join(['self', *self._signature(call)])}):")
        return lines + [INDENT * bool(line) + line for line in body]

    def _signature(self, call: Call) -> Iterator[str]:
        root = call is self.net.root
        for name, value, default, has_default in self._parameters(call):
            yield f"{name}={literal(value if root else default)}" if root or has_default else name

    def _parameters(self, call: Call) -> Iterator[tuple[str, Any, Any, bool]]:
        """The constructor's parameters: those whose symbol stands in the body; (name, caller's value, default, has)."""
        used = {atom.partition("[")[0].partition(" ")[0].strip("(") for atom in self._atoms(call)}
        every = [(name, value, None, False) for name, value in call.input_channels]
        every += [(a.name, a.value, a.default, a.has_default) for a in call.arguments]
        yield from (entry for entry in every if entry[0] in used)

    def _atoms(self, call: Call) -> set[str]:
        found: set[str] = set()
        for item in call.body:
            if isinstance(item, int):
                for make in self.language.form(self.net.nodes[item]).steps:
                    found |= _atoms((make.args, tuple(make.kwargs.values())))

            elif item.style == "stack":
                found |= self._atoms(item)
            else:
                found |= _atoms(tuple(value for _, value, _, _ in self._parameters(item)))
        return found

    def construct(self, call: Call) -> str:
        """The expression that makes a child block, in the terms of the block around it."""
        name = self.names[self._key(call)]
        parameters = list(self._parameters(call))
        parts = [literal(value) for _, value, _, has in parameters if not has]
        differ = [(k, v) for k, v, default, has in parameters if has and (v != default or symbolic(v))]
        parts += [f"{key}={literal(value)}" for key, value in differ]
        return f"{name}({', '.join(parts)})"

    def _chain(self, call: Call) -> list[str]:
        opening, closing = self._brackets(call)
        return [INDENT + f"super().__init__{opening}", *(INDENT * 2 + line for line in self._elements(call)),
                INDENT + closing]  # fmt: skip

    def _brackets(self, call: Call) -> tuple[str, str]:
        return self.language.named[:2] if named(self.net, call) else self.language.brackets

    def _elements(self, call: Call) -> list[str]:
        """The lines between the brackets of a chain; a run of blocks that differ by a count becomes one line."""
        entry = self.language.named[2] if named(self.net, call) else "{text}"
        lines: list[str] = []
        for item in call.body:
            name = name_of(self.net, item)
            if isinstance(item, Call) and item.style == "stack":
                opening, closing = self._brackets(item)
                before, _, after = entry.replace("{name}", name).partition("{text}")
                inner = [INDENT + line for line in self._elements(item)]
                lines += [f"{before}{self.language.sequence}{opening}", *inner, f"{closing}{after},"]
            else:
                text = self.construct(item) if isinstance(item, Call) else self._steps(item)
                lines.append(f"{entry.format(name=name, text=text)},")
        return runs(lines)

    def _steps(self, index: int) -> str:
        return ", ".join(make.source() for make in self._form(self.net.nodes[index]).steps)

    def _form(self, node: Node) -> Form:
        form = self.language.form(node)
        self.helpers.update({helper.__name__: helper for helper in form.helpers})
        return form

    def _members(self, call: Call) -> list[str]:
        lines = [INDENT + "super().__init__()"]
        for item in call.body:
            if isinstance(item, int):
                node = self.net.nodes[item]
                if not self._form(node).function and not node.owner:
                    lines.append(f"{INDENT}self.{node.name} = {self._steps(item)}")
            elif item.style == "stack":
                opening, closing = self._brackets(item)
                lines.append(f"{INDENT}self.{item.name} = {self.language.sequence}{opening}")
                lines += [INDENT * 2 + line for line in self._elements(item)] + [INDENT + closing]
            else:
                lines.append(f"{INDENT}self.{item.name} = {self.construct(item)}")
        inputs = ["x", *(name.removesuffix("_channels") for name, _ in call.input_channels[1:])]
        body = statements(self.net, call, inputs, self._expression)
        return [*lines, "", f"def {self.language.method}({', '.join(['self', *inputs])}):", *(INDENT + s for s in body)]

    def _expression(self, item: int | Call, arguments: list[str]) -> str:
        if isinstance(item, Call):
            return f"self.{item.name}({', '.join(arguments)})"
        node = self.net.nodes[item]
        function = self._form(node).function
        if function:
            called = re.fullmatch(r"[\w.]+\(.*\)", function)
            return function.format(*(text if called or _atomic(text) else f"({text})" for text in arguments))
        return f"self.{(node.owner or node.path).rpartition('.')[2]}({', '.join(arguments)})"


def _difference(plain: Call, other: Call) -> str:
    ours, theirs = ([item.name for item in call.body if isinstance(item, Call)] for call in (other, plain))
    extra = next((name for name in ours if name not in theirs), "")
    return camel(extra) if extra and not extra[0].isdigit() else "2"


def _next(name: str) -> str:
    stem = name.rstrip("0123456789")
    return f"{stem}{int(name[len(stem) :] or 1) + 1}"


def camel(name: str) -> str:
    """A class name from a function name or a title.

    >>> camel("basic_block"), camel("ResNet-50")
    ('BasicBlock', 'ResNet50')
    """
    words = "".join(c if c.isalnum() else " " for c in name).split()
    return "".join(word[:1].upper() + word[1:] for word in words)


def _produced(call: Call) -> Iterator[int]:
    yield from call.inputs
    for item in call.body:
        yield from item.outputs if isinstance(item, Call) else (item,)


def _atoms(value: Any) -> set[str]:
    if isinstance(value, tuple):
        return {atom for item in value for atom in _atoms(item)}
    return value.atoms if isinstance(value, Sym) else set()


def _atomic(expression: str) -> bool:
    """Whether an expression keeps together beside an operator."""
    return isinstance(ast.parse(expression, mode="eval").body, (ast.Name, ast.Call, ast.Attribute, ast.Subscript))


def name_of(net: Net, item: int | Call) -> str:
    """The name of a node or a block inside the block around it."""
    return item.name if isinstance(item, Call) else net.nodes[item].name


def named(net: Net, call: Call) -> bool:
    """Whether the children of a chain bear names other than their numbers."""
    return [name_of(net, item) for item in call.body] != [str(number) for number in range(len(call.body))]
