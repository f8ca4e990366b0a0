"""The lines of one block class: what it makes in its constructor and what it computes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .dataflow import statements
from .expr import Sym
from .form import Form, literal, symbolic
from .language import Language
from .naming import Classes
from .runs import folded, lengths
from .spec import Call, Net

INDENT = "    "
WIDTH = 120
Parameter = tuple[str, Any, Any, bool]
"""Name, the caller's value, the default, and whether there is one."""
MODULES = ("layers", "ops", "keras", "torch", "nn")


class Line(NamedTuple):
    """One line of source, and the paths of what it makes or runs."""

    text: str
    paths: tuple[str, ...] = ()

    def inside(self, depth: int = 1) -> Line:
        """The same line, further in."""
        return Line(INDENT * depth + self.text if self.text else "", self.paths)


@dataclass
class Writer:
    """Writes the classes of a network in one language, and notes which helpers they use."""

    net: Net
    language: Language
    classes: Classes
    helpers: dict[str, None] = field(default_factory=dict)

    def block(self, call: Call) -> list[Line]:
        """The class of a block."""
        chain = call.style == "sequence"
        base = self.language.sequence if chain else self._module(call)
        lines = [Line(f"class {self.classes[call]}({base}):", (call.path,))]
        if call.doc:
            lines += [Line(f'"""{call.doc}"""').inside(), Line("")]
        lines.append(Line(f"def __init__({', '.join(['self', *self._signature(call)])}):").inside())
        lines += [line.inside(2) for line in (self._chain(call) if chain else self._members(call))]
        return lines if chain else [*lines, Line(""), *self._method(call)]

    def _module(self, call: Call) -> str:
        return self.language.root if call is self.net.root else self.language.module

    def _signature(self, call: Call) -> Iterator[str]:
        root = call is self.net.root
        for name, value, default, has_default in self._parameters(call):
            yield f"{name}={literal(value if root else default)}" if root or has_default else name

    def _parameters(self, call: Call) -> Iterator[Parameter]:
        """The constructor's parameters: those whose symbol stands in the body; (name, caller's value, default, has)."""
        used = {atom.partition("[")[0].partition(" ")[0].strip("(") for atom in self._atoms(call)}
        yield from (entry for entry in _arguments(call) if entry[0] in used)

    def _atoms(self, call: Call) -> set[str]:
        found: set[str] = set()
        for item in call.body:
            if isinstance(item, int):
                form = self._form(item) if not self.net.nodes[item].owner else Form(())
                for make in (form.written,) if form.written else form.steps:
                    found |= _atoms((make.args, tuple(make.kwargs.values())))
            elif item.style == "stack":
                found |= self._atoms(item)
            else:
                found |= _atoms(tuple(value for _, value, _, _ in self._parameters(item)))
        return found

    def _form(self, index: int) -> Form:
        return self.language.form(self.net.nodes[index])

    def _construct(self, call: Call, parameters: list[Parameter] | None = None) -> str:
        """The expression that makes a child block, in the terms of the block around it."""
        parameters = list(self._parameters(call)) if parameters is None else parameters
        parts = [literal(value) for _, value, _, has in parameters if not has]
        differ = [(k, v) for k, v, default, has in parameters if has and (v != default or symbolic(v))]
        parts += [f"{key}={literal(value)}" for key, value in differ]
        return f"{self.classes[call]}({', '.join(parts)})"

    def _made(self, item: int | Call) -> str:
        """The expression that makes a layer or a block."""
        if isinstance(item, Call):
            return self._construct(item)
        form = self._form(item)
        self.helpers.update(dict.fromkeys(form.helpers))
        if form.written:
            return form.written.source()
        if form.function and form.steps[-1].target.islower():
            return self.language.lifted.format(form.function.format("x"))
        return form.steps[0].source() if len(form.steps) == 1 else self.language.joined(form.steps)

    def _chain(self, call: Call) -> list[Line]:
        """The constructor of a class that is a chain itself."""
        first = Line("super().__init__()")
        if named(self.net, call):
            return [first, *self._entries(call, "self")]
        listed = self.language.listed.partition("(")[2].format("steps")
        return [*self._list(call, "steps"), Line(f"super().__init__({listed}")]

    def _stack(self, call: Call, target: str) -> list[Line]:
        """The statements that make a plain chain and assign it."""
        if named(self.net, call):
            return [Line(f"{target} = {self.language.sequence}()", (call.path,)), *self._entries(call, target)]
        if self._short(call, target):
            texts = [text for text, _ in self._items(call)]
            one = len(texts) == 1 and texts[0].startswith("*")
            made = self.language.listed.format(texts[0][1:]) if one else self.language.inline.format(", ".join(texts))
            return [Line(f"{target} = {made}", _paths(self.net, call, *call.body))]
        name = local(target)
        return [*self._list(call, name), Line(f"{target} = {self.language.listed.format(name)}", (call.path,))]

    def _short(self, call: Call, target: str) -> bool:
        """Whether a chain of blocks fits on one line in any language: its blocks are written alike in all of them."""
        if any(isinstance(item, int) or item.style == "stack" for item in call.body):
            return False
        texts, made, done = [self._neutral(item, "") for item in call.body], "", 0
        for length in lengths(texts):
            run = texts[done : done + length]
            made += f"*[{folded(run)[0]} for _ in range({length})], " if length > 1 else f"{run[0]}, "
            done += length
        return len(f"{2 * INDENT}{target} = keras.Sequential([{made}])") <= WIDTH

    def _list(self, call: Call, name: str) -> list[Line]:
        """A list of the layers of a chain, under a local name."""
        before = [line for item in call.body for line in self._nested(item)]
        inside = [Line(f"{text},", _paths(self.net, *items)).inside() for text, items in self._items(call)]
        return [*before, Line(f"{name} = ["), *inside, Line("]")]

    def _nested(self, item: int | Call) -> list[Line]:
        return self._stack(item, local(item.name)) if isinstance(item, Call) and item.style == "stack" else []

    def _items(self, call: Call) -> Iterator[tuple[str, list[int | Call]]]:
        """The elements of the list of a chain, runs of blocks as comprehensions, with what each makes."""
        for items in self._runs(call):
            texts = [self._entered(item) for item in items]
            text, counter = folded(texts) if len(texts) > 1 else (texts[0], "")
            yield (f"*[{text} for {counter} in range({len(texts)})]" if counter else text), items

    def _entries(self, call: Call, target: str) -> Iterator[Line]:
        """The statements that give a chain its layers under their names, runs of blocks as loops."""
        for items in self._runs(call):
            yield from self._nested(items[0])
            texts = [self.language.entry(name_of(self.net, item), self._entered(item)) for item in items]
            text, counter = folded(texts) if len(texts) > 1 else (texts[0], "")
            if counter:
                yield Line(f"for {counter} in range({len(items)}):", _paths(self.net, *items))
            yield Line(f"{INDENT * bool(counter)}{target}.{text}", _paths(self.net, *items))

    def _entered(self, item: int | Call) -> str:
        return local(item.name) if isinstance(item, Call) and item.style == "stack" else self._made(item)

    def _runs(self, call: Call) -> Iterator[list[int | Call]]:
        """The children of a chain, neighbours that differ by a count together: the same in every language."""
        labels = [f'"{name_of(self.net, item)}", ' if named(self.net, call) else "" for item in call.body]
        done = 0
        for length in lengths([self._neutral(*pair) for pair in zip(call.body, labels, strict=True)]):
            yield list(call.body[done : done + length])
            done += length

    def _neutral(self, item: int | Call, label: str) -> str:
        """A text for a block with all of its arguments, whether a language writes them or not."""
        if isinstance(item, int) or item.style == "stack":
            return f"[{name_of(self.net, item)}]"
        made = self._construct(item, _arguments(item))
        return f"({label}{made})" if label else made

    def _members(self, call: Call) -> list[Line]:
        """The constructor of a block with a method of its own."""
        lines = [Line("super().__init__()")]
        for item in call.body:
            target = f"self.{self.language.attribute(name_of(self.net, item))}"
            if isinstance(item, Call) and item.style == "stack":
                lines += self._stack(item, target)
            elif isinstance(item, Call) or not (self._form(item).function or self.net.nodes[item].owner):
                lines.append(Line(f"{target} = {self._made(item)}", _paths(self.net, item)))
        return lines

    def _method(self, call: Call) -> list[Line]:
        inputs = ["x", *(name.removesuffix("_channels") for name, _ in call.input_channels[1:])]
        lines = [Line(f"def {self.language.method(inputs, len(call.outputs) > 1)}:")]
        for text, items in statements(self.net, call, inputs, self._expression):
            lines.append(Line(text, _paths(self.net, *items)).inside())
        return [line.inside() for line in lines]

    def _expression(self, item: int | Call, arguments: list[str]) -> str:
        attribute = self.language.attribute(name_of(self.net, item))
        if isinstance(item, Call):
            return f"self.{attribute}({', '.join(arguments)})"
        node, form = self.net.nodes[item], self._form(item)
        if not form.function:
            owner = self.language.attribute((node.owner or node.path).rpartition(".")[2])
            return f"self.{owner}({', '.join(arguments)})"
        if form.steps and form.function.startswith(form.steps[-1].target):
            self.helpers.update(dict.fromkeys(form.helpers))
        called = re.fullmatch(r"[\w.]+\(.*\)", form.function)
        return form.function.format(*(text if called or _atomic(text) else f"({text})" for text in arguments))


def local(target: str) -> str:
    """A name for a local variable: the last part of what it is for."""
    name = target.rpartition(".")[2]
    return f"part{name}" if name[0].isdigit() else f"{name}_" if name in MODULES else name


def name_of(net: Net, item: int | Call) -> str:
    """The name of a node or a block inside the block around it."""
    return item.name if isinstance(item, Call) else net.nodes[item].name


def named(net: Net, call: Call) -> bool:
    """Whether the children of a chain bear names other than their numbers."""
    return [name_of(net, item) for item in call.body] != [str(number) for number in range(len(call.body))]


def _arguments(call: Call) -> list[Parameter]:
    """Everything that a block may depend on: the channels that come in and its arguments."""
    every: list[Parameter] = [(name, value, None, False) for name, value in call.input_channels]
    return every + [(a.name, a.value, a.default, a.has_default) for a in call.arguments]


def _paths(net: Net, *items: int | Call) -> tuple[str, ...]:
    return tuple(item.path if isinstance(item, Call) else net.nodes[item].path for item in items)


def _atoms(value: Any) -> set[str]:
    if isinstance(value, tuple):
        return {atom for item in value for atom in _atoms(item)}
    return value.atoms if isinstance(value, Sym) else set()


def _atomic(expression: str) -> bool:
    """Whether an expression keeps together beside an operator."""
    return isinstance(ast.parse(expression, mode="eval").body, (ast.Name, ast.Call, ast.Attribute, ast.Subscript))
