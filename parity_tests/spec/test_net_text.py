"""No text of a net reaches source, ONNX, SVG or HTML as anything but text, whoever made the net."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from net_texts import data_of, outcome
from selection import some

import diptych
from diptych import Net, trace
from diptych.common.emission.expressions import Numbered, Progression
from diptych.common.emission.printing import printed
from diptych.common.errors import SpecError
from diptych.common.expr import Sym
from diptych.common.lowering import Attribute, Function, Name
from diptych.common.ops.conv import conv
from diptych.common.trace import Value, block
from diptych.emission import twins

FOLDER = Path("/tmp")  # noqa: S108 - what must not come to be
RAN = "diptych_text_ran"
TEXTS = (
    'x"""\n{}\n"""', 'x""";{};"""y', "x\\", 'x"', 'x""', '"', '"""', '\\"""\n{}\n\\"""', "\r{}\r", "\x0c{}", "\u2028{}",
    "\x85{}", "\x00", "{{{}}}", "{0} {x!r:{y}}", "# {}", "'''{}'''", "\u202e{}", "\x1b[31m", "\N{GRINNING FACE}", "%s",
    "\\N{BULLET}", "\\x41\\u0041", "</script><script>alert(1)</script>", "]]>", "&lt;b&gt;", "", " ", "...",
)  # fmt: skip


def filled(form: str, tag: str) -> str:
    """A text with code in it that would leave a trace if it ran."""
    return form.replace("{}", f"open('{FOLDER / RAN}_{tag}', 'w').close()")


def ran() -> list[Path]:
    return list(FOLDER.glob(f"{RAN}*"))


def calls(data: Any) -> Iterator[Any]:
    yield data
    for item in data["body"]:
        if isinstance(item, dict):
            yield from calls(item)


def with_text(where: str, text: str) -> Net:
    """A small network with a text of someone's own in it."""
    data = data_of("own")
    for holder in calls(data["root"]) if where == "doc" else [data]:
        if holder.get("style") != "stack":
            holder[where] = text
    return Net.from_json(json.dumps(data))


def documented(text: str) -> list[str]:
    """The docstrings of a file, which has no name but those of its own code."""
    tree = ast.parse(text)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "open"]
    holders = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef)]
    return [ast.get_docstring(node, clean=False) or "" for node in holders]


@pytest.mark.parametrize("where", some(["title", "paper", "doc"], "title"))
def test_a_text_of_a_net_is_text_in_source(where: str) -> None:
    for number, form in enumerate(TEXTS):
        text = filled(form, f"{where}{number}")
        net = with_text(where, text)
        sources = twins(net)
        assert len({len(source.text.splitlines()) for source in sources}) == 1
        for source in sources:
            found = documented(source.text)
            assert where != "title" or found[0].startswith(f"{text} in "), text
        diptych.build(net, "torch")
    assert not ran()


def test_an_argument_and_its_default_are_literals() -> None:
    for number, form in enumerate(TEXTS):
        text, data = filled(form, f"argument{number}"), data_of("own")
        for call in calls(data["root"]):
            for argument in call["arguments"]:
                if argument["name"] == "squeeze":
                    argument |= {"default": text, "has_default": True}
        assert outcome(data, FOLDER / f"{RAN}_argument{number}") == "net"
        for source in twins(Net.from_json(json.dumps(data))):
            defaults = [d for n in ast.walk(ast.parse(source.text)) if isinstance(n, ast.arguments) for d in n.defaults]
            assert text in [ast.literal_eval(default) for default in defaults]
    assert not ran()


def test_every_form_of_text_is_a_literal_of_itself() -> None:
    for text in (filled(form, "literal") for form in TEXTS):
        assert ast.literal_eval(printed(text)) == text
        assert ast.literal_eval(printed((text, [text], {text: text}))) == (text, [text], {text: text})
        numbered = Numbered((text, Progression(0, 1), text))
        assert eval(printed(numbered), {"i": 7}) == f"{text}7{text}"  # noqa: S307 - this is what is tested


def test_a_name_in_source_is_a_word() -> None:
    for name in ("a b", "a=1;b", "class", "a.b()", "__import__", "a\n", "", "\ufb01", "x" * 300):
        wrong = [Function(name), Function("f", (), {name: 1}), Attribute(Name("x"), name), Name(name or " ")]
        for value in wrong:
            with pytest.raises(SpecError, match="cannot stand as a name in source"):
                printed(value)
    for atom in ("f()", "a if b else c", "a.b", "(a := 2)", "[1][0]", "a[b]", "'a'", "lambda: 0", "a, b", "1e3", "a@b"):
        with pytest.raises(SpecError, match="is no expression of a block's parameters"):
            printed(Sym.atom(atom, 3))
    with pytest.raises(SpecError, match="no form in source"):
        printed(float("inf"))


@block
def quoted(x: Value) -> Value:
    'A path C:\\new, a quote and its end """.'  # noqa: D300, D301 - an awkward one
    return conv(x, 4, 1)


def unquoted(x: Value) -> Value:
    """A layer in a block."""
    return quoted(x)


def test_texts_of_a_net_made_in_python_are_escaped_too() -> None:
    net = trace(unquoted, "net", (3, 4, 4), title='Line\n"""two', paper="A \\ paper\ud800.")
    for source in twins(net):
        found = documented(source.text)
        assert found[0].startswith('Line\n"""two in ')
        assert 'A path C:\\new, a quote and its end """.' in found
        source.text.encode()
    diptych.build(net, "torch")
    for name in ("a\nb", "", "../a", "\x1b[31m"):
        with pytest.raises(SpecError, match="cannot be the name of a network"):
            trace(unquoted, name, (3, 4, 4))


@pytest.mark.parametrize("title", ["3-D net", "none", "Sequential", "x\N{SUPERSCRIPT TWO}", "---", "\ufb01"])
def test_any_title_gives_a_class_a_name(title: str) -> None:
    net = trace(unquoted, "net", (3, 4, 4), title=title)
    for source in twins(net):
        assert source.root.isidentifier()
        compile(source.text, "emitted", "exec")
    assert type(diptych.build(net, "torch")).__name__ == twins(net)[0].root


class Tags(HTMLParser):
    """The elements of a page, and the links in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found = list[tuple[str, str]]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs).get("href") or ""))
        assert not [name for name, _ in attrs if name.startswith("on")]


def test_a_title_is_text_in_onnx_svg_and_the_page(tmp_path: Path) -> None:
    import onnx

    from diptych.drawing import svg
    from diptych.page.render import study_page

    title = '</title></script><script>alert(1)</script>"><a onclick="x" href="javascript:x">&amp;\x00\n\ud800'
    net = trace(unquoted, "net", (3, 4, 4), title=title, paper=title)
    drawn = ElementTree.fromstring(svg(net))  # noqa: S314 - of our own drawing
    assert {e.tag.partition("}")[2] for e in drawn.iter()} <= {"svg", "title", "style", "text", "g", "rect", "path"}
    tags = Tags(study_page(net, *twins(net)))
    assert [tag for tag, _ in tags.found].count("script") == 2
    assert not [link for _, link in tags.found if "javascript" in link]
    weights = {name: np.zeros(weight.shape, np.float32) for name, weight in net.weights.items()}
    diptych.export(net, weights, tmp_path / "net.onnx")
    assert onnx.load(str(tmp_path / "net.onnx")).graph.doc_string.startswith("</title></script>")
