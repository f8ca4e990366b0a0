"""The lines of one block class: what it makes in its constructor and what it computes."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..errors import SpecError
from ..expr import Sym
from ..lowering import Lowering, Make, literal, symbolic
from ..spec import Call, Net
from .language import Language
from .lists import Entry, flat, indexed, members, name_of
from .loops import comprehended, folded, lengths
from .naming import Classes
from .statements import statements

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
        used = {name for atom in self._atoms(call) for name in re.findall(r"[A-Za-z_]\w*", atom)}
        yield from (entry for entry in _arguments(call) if entry[0] in used)

    def _atoms(self, call: Call) -> set[str]:
        found: set[str] = set()
        for item in call.body:
            if isinstance(item, int):
                lowering = self._lowering(item) if not self.net.nodes[item].owner else Lowering(())
                for make in (lowering.written,) if lowering.written else lowering.steps:
                    found |= _atoms((make.args, tuple(make.kwargs.values())))
            elif item.style == "stack":
                found |= self._atoms(item)
            else:
                found |= _atoms(tuple(value for _, value, _, _ in self._parameters(item)))
        return found

    def _lowering(self, index: int) -> Lowering:
        return self.language.lower(self.net.nodes[index])

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
        lowering = self._lowering(item)
        self.helpers.update(dict.fromkeys(lowering.helpers))
        if lowering.written:
            return lowering.written.source()
        if not lowering.steps:
            raise SpecError(f"{self.net.nodes[item].path}: {self.net.nodes[item].kind} cannot be part of a chain")
        if lowering.function and lowering.steps[-1].target.islower():
            return self.language.lifted.format(lowering.function.format("x"))
        return lowering.steps[0].source() if len(lowering.steps) == 1 else self.language.joined(lowering.steps)

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
        if self._short(call, f"{target} = "):
            return [Line(f"{target} = {self._inline(call)}", _paths(self.net, call, *call.body))]
        name = local(target)
        return [*self._list(call, name), Line(f"{target} = {self.language.listed.format(name)}", (call.path,))]

    def _several(self, entries: list[Entry], target: str) -> list[Line]:
        """The statements that make a list of layers and assign it: one, or one for each of its entries."""
        paths = _paths(self.net, *flat(entries))
        if self._short(entries, f"{target} = "):
            return [Line(f"{target} = {self._inline(entries)}", paths)]
        lines = [Line(f"{target} = {self.language.several.format('')}".replace("([])", "()"), paths)]
        for number, entry in enumerate(entries):
            text, short = local(str(number), target), self._short(entry, f"{target}.append()")
            if isinstance(entry, list) and not short:
                lines += self._several(entry, text)
            elif isinstance(entry, Call) and entry.style == "stack" and not short:
                lines += self._stack(entry, text)
            else:
                text = self._inline(entry)
            lines.append(Line(f"{target}.append({text})", _paths(self.net, *flat(entry))))
        return lines

    def _inline(self, entry: Entry) -> str:
        """The expression that makes a layer, a block, a chain of blocks, or a list of these."""
        if isinstance(entry, Call) and entry.style == "stack":
            texts = [text for text, _ in self._items(entry)]
            one = len(texts) == 1 and texts[0].startswith("*")
            return self.language.listed.format(texts[0][1:]) if one else self.language.inline.format(", ".join(texts))
        if isinstance(entry, list):
            texts = comprehended(list(map(self._inline, entry)), list(map(self._longest, entry)))
            one = len(texts) == 1 and texts[0].startswith("*")
            return self.language.several.format(texts[0][2:-1] if one else ", ".join(texts))
        return "None" if entry is None else self._made(entry)

    def _short(self, entry: Entry, before: str) -> bool:
        """Whether something fits on one line in any language: blocks, chains and lists of them are written alike."""
        return len(f"{2 * INDENT}{before}{self._longest(entry)}") <= WIDTH

    def _longest(self, entry: Entry) -> str:
        """Nothing shorter than what any language writes; of layers, and chains in chains, that cannot be said."""
        if isinstance(entry, Call) and entry.style != "stack":
            return self._neutral(entry, "")
        if entry is None or isinstance(entry, int):
            return WIDTH * " " if isinstance(entry, int) else "None"
        items = entry if isinstance(entry, list) else entry.body
        texts = list(map(self._longest, items))
        made = ", ".join(comprehended(texts, texts))
        if isinstance(entry, list):
            return f"nn.ModuleList([{made}])"
        chained = any(isinstance(item, Call) and item.style == "stack" for item in items)
        return WIDTH * " " if chained else f"keras.Sequential([{made}, ])"

    def _list(self, call: Call, name: str) -> list[Line]:
        """A list of the layers of a chain, under a local name."""
        before = [line for item in call.body for line in self._nested(item, name)]
        inside = [Line(f"{text},", _paths(self.net, *items)).inside() for text, items in self._items(call, name)]
        return [*before, Line(f"{name} = ["), *inside, Line("]")]

    def _nested(self, item: int | Call, around: str) -> list[Line]:
        if isinstance(item, Call) and item.style == "stack":
            return self._stack(item, local(item.name, around))
        return []

    def _items(self, call: Call, around: str = "") -> Iterator[tuple[str, list[int | Call]]]:
        """The elements of the list of a chain, runs of blocks as comprehensions, with what each makes."""
        for items in self._runs(call):
            texts = [self._entered(item, around) for item in items]
            text, counter = folded(texts) if len(texts) > 1 else (texts[0], "")
            yield (f"*[{text} for {counter} in range({len(texts)})]" if counter else text), items

    def _entries(self, call: Call, target: str) -> Iterator[Line]:
        """The statements that give a chain its layers under their names, runs of blocks as loops."""
        for items in self._runs(call):
            yield from self._nested(items[0], target)
            texts = [self.language.entry(name_of(self.net, call, item), self._entered(item, target)) for item in items]
            text, counter = folded(texts) if len(texts) > 1 else (texts[0], "")
            if counter:
                yield Line(f"for {counter} in range({len(items)}):", _paths(self.net, *items))
            yield Line(f"{INDENT * bool(counter)}{target}.{text}", _paths(self.net, *items))

    def _entered(self, item: int | Call, around: str) -> str:
        return local(item.name, around) if isinstance(item, Call) and item.style == "stack" else self._made(item)

    def _runs(self, call: Call) -> Iterator[list[int | Call]]:
        """The children of a chain, neighbours that differ by a count together: the same in every language."""
        labels = [f'"{name_of(self.net, call, item)}", ' if named(self.net, call) else "" for item in call.body]
        done = 0
        for length in lengths([self._neutral(*pair) for pair in zip(call.body, labels, strict=True)]):
            yield list(call.body[done : done + length])
            done += length

    def _neutral(self, item: int | Call, label: str) -> str:
        """A text for a block with all of its arguments, whether a language writes them or not."""
        if isinstance(item, int) or item.style == "stack":
            return f"[{item if isinstance(item, int) else item.path}]"
        made = self._construct(item, _arguments(item))
        return f"({label}{made})" if label else made

    def _members(self, call: Call) -> list[Line]:
        """The constructor of a block with a method of its own."""
        lines = [Line("super().__init__()")]
        for name, item in members(self.net, call):
            target = f"self.{self.language.attribute(name)}"
            if isinstance(item, list):
                lines += self._several(item, target)
            elif isinstance(item, Call) and item.style == "stack":
                lines += self._stack(item, target)
            elif isinstance(item, Call) or not (self._lowering(item).function or self.net.nodes[item].owner):
                lines.append(Line(f"{target} = {self._made(item)}", _paths(self.net, item)))
        return lines

    def _method(self, call: Call) -> list[Line]:
        inputs = ["x", *(name.removesuffix("_channels") for name, _ in call.input_channels[1:])]
        lines = [Line(f"def {self.language.method(inputs, len(call.outputs) > 1)}:")]
        for text, items in statements(self.net, call, inputs, functools.partial(self._expression, call)):
            lines.append(Line(text, _paths(self.net, *items)).inside())
        return [line.inside() for line in lines]

    def _expression(self, call: Call, item: int | Call, arguments: list[str]) -> str:
        owner = self.net.nodes[item].owner if isinstance(item, int) else ""
        name, *indexes = indexed(name_of(self.net, call, item, owner))
        attribute = f"self.{self.language.attribute(name)}{''.join(indexes)}"
        layer = f"{attribute}({', '.join(arguments)})"
        lowering = Lowering(()) if isinstance(item, Call) else self._lowering(item)
        if lowering.attribute:
            return attribute
        if not lowering.function:
            return layer
        if lowering.steps and lowering.function.startswith(lowering.steps[-1].target):
            self.helpers.update(dict.fromkeys(lowering.helpers))
        called = re.fullmatch(r"[\w.]+\(.*\)", lowering.function)
        if lowering.function == "{0} + {1}" and _sum(arguments[0]):
            return f"{arguments[0]} + {arguments[1] if _atomic(arguments[1]) else f'({arguments[1]})'}"
        parts = set(re.findall(r"{(\d)}\.", lowering.function))  # those of which it takes an attribute
        alone = [_atomic(text) or (called and str(place) not in parts) for place, text in enumerate(arguments)]
        texts = (text if keeps else f"({text})" for text, keeps in zip(arguments, alone, strict=True))
        return lowering.function.format(*texts)


def local(target: str, around: str = "") -> str:
    """A name for a local variable: the last part of what it is for, behind that of what it goes into."""
    name, outer = (text.rpartition(".")[2] for text in (target, around))
    if outer not in ("", "self", "steps"):
        return f"{outer}_{name}"  # the names of other chains inside other chains must not take its place
    return f"part{name}" if name[0].isdigit() else f"{name}_" if name in MODULES else name


def named(net: Net, call: Call) -> bool:
    """Whether the children of a chain bear names other than their numbers."""
    return [name_of(net, call, item) for item in call.body] != [str(number) for number in range(len(call.body))]


def _arguments(call: Call) -> list[Parameter]:
    """Everything that a block may depend on: the channels that come in and its arguments."""
    every: list[Parameter] = [(name, value, None, False) for name, value in call.input_channels]
    return every + [(a.name, a.value, a.default, a.has_default) for a in call.arguments]


def _paths(net: Net, *items: int | Call) -> tuple[str, ...]:
    return tuple(item.path if isinstance(item, Call) else net.nodes[item].path for item in items)


def _atoms(value: Any) -> set[str]:
    if isinstance(value, tuple):
        return {atom for item in value for atom in _atoms(item)}
    if isinstance(value, Make):
        return _atoms(value.args)
    return value.atoms if isinstance(value, Sym) else set()


def _atomic(expression: str) -> bool:
    """Whether an expression keeps together beside an operator."""
    return isinstance(ast.parse(expression, mode="eval").body, (ast.Name, ast.Call, ast.Attribute, ast.Subscript))


def _sum(expression: str) -> bool:
    """Whether an expression is a sum, to which another term is added without parentheses."""
    tree = ast.parse(expression, mode="eval").body
    return isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add)
