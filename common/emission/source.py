"""Source text of a network: one class per distinct block, written line for line the same way in either framework.

What decides about lines (which blocks share a class, which neighbours become a loop, which calls are nested) does not
know the framework, so that line n of one file is the twin of line n of the other. What only one framework has to write
out stands in `<framework>_impl/helpers` and has a twin of as many lines in the other: a comment that explains the
difference. Helpers come after the classes, since a comment right under the imports would break the import style of one
of the two files. Constructors bear no types; PyTorch files annotate `forward` and Keras files do not annotate `call`,
as people write them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..spec import Net
from .blocks import block
from .context import Context
from .docs import in_docstring
from .helpers import helper_lines, helper_names, needed
from .imports import used_names
from .language import Language
from .naming import Classes, classes_of
from .program import Class
from .writing import Line, class_lines

WIDTH = 116


@dataclass(frozen=True)
class Source:
    """Emitted source.

    `root` is the name of the network's class and `instances` the paths of the blocks that are instances of each class.
    `origins` has for each line the paths of the nodes, blocks and stacks that it makes or runs, in the first instance
    of its class. `helpers` names what stands after the classes because the framework has no layer for it.
    """

    text: str
    root: str
    instances: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    origins: tuple[tuple[str, ...], ...] = ()
    helpers: tuple[str, ...] = ()
    draft: Draft | None = field(default=None, repr=False, compare=False)

    def beside(self, helpers: Iterable[str]) -> Source:
        """The same file with these helpers too, which only its twin needs."""
        return self if self.draft is None else self.draft.finished(helpers)

    @property
    def blocks(self) -> frozenset[str]:
        """The names of all block classes."""
        return frozenset(self.instances)


def emit(net: Net, language: Language, also: Iterable[str] = ()) -> Source:
    """The network as one self-contained file of classes; `also` names helpers that only its twin needs."""
    classes = classes_of(net)
    context = Context(net, language, classes)
    calls = [call for call in net.root.walk() if call.style != "stack"]
    first, notes = {classes[call]: call for call in reversed(calls)}, classes.notes()
    made = [block(context, call, notes.get(name, "")) for name, call in first.items()]
    used = used_names(made)
    known = {name for index in range(1, len(net.nodes)) for name in context.lowering(index).helpers}
    return Draft(net, language, classes, made, used, needed(language.helpers, known, used)).finished(also)


@dataclass(frozen=True)
class Draft:
    """The classes of a network in one language, as yet without helpers; `names` are those that they need."""

    net: Net
    language: Language
    classes: Classes
    made: list[Class]
    used: set[str]
    names: Iterable[str]

    def finished(self, also: Iterable[str] = ()) -> Source:
        """The whole file, with the helpers that it needs and `also` these."""
        helpers = tuple(sorted({*also, *self.names}))
        folder, classes = self.language.helpers, self.classes
        # Helpers stand last: what a reader is here for comes first, and imports take no comment for their neighbour.
        body = [list(class_lines(each)) for each in self.made]
        body += [list(map(Line, helper_lines(folder, name))) for name in helpers]
        used = self.used.union(*(helper_names(folder, name) for name in helpers))
        head = _head(self.net, self.language, used)
        lines = [*head, *(line for part in body for line in (Line(""), Line(""), *part))]
        text, paths = "".join(f"{line.text}\n" for line in lines), tuple(line.paths for line in lines)
        return Source(text, classes[self.net.root], classes.instances(), paths, helpers, self)


def _head(net: Net, language: Language, used: set[str]) -> list[Line]:
    """The docstring of the file, which names the paper, and its imports."""
    title = f'"""{in_docstring(net.title)} in {language.title}, line for line the twin of its {language.twin} file.'
    paper = ["", *map(in_docstring, textwrap.wrap(f"{net.paper.rstrip('.')}.", WIDTH)), '"""'] if net.paper else []
    needed = [(line, [name for name in names if name in used]) for line, names in language.imports]
    imports = [line.format(", ".join(names)) for line, names in needed if names]
    # As many lines as in the other language, also for a network so small that it needs less of its framework.
    imports[:0] = [f"# All that this file needs of {language.title}:"] * (len(language.imports) - len(imports))
    doc = [title, *paper] if paper else [f'{title}"""']
    return [Line(text) for text in (*doc, "", *imports)]
