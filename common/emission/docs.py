"""The docstring of a class: that of the block's function, without the steps that this class has not.

And how any text stands in source, where it is one line that nothing can end.
"""

from __future__ import annotations

from collections.abc import Collection


def doc_of(text: str, names: Collection[str]) -> str:
    """The docstring without the clauses that name, in backticks, a parameter that the class lacks.

    >>> doc_of("Expand to `width` channels, gate through `squeeze`, project to `channels`.", {"width", "channels"})
    'Expand to `width` channels, project to `channels`.'
    >>> doc_of("Expand to `width` channels, gate the map.", ())
    'Gate the map.'
    """
    clauses = text.removesuffix(".").split(", ")
    kept = ", ".join(clause for clause in clauses if set(clause.split("`")[1::2]) <= {*names})
    return f"{kept[:1].upper()}{kept[1:]}." if kept else ""


def in_docstring(text: str) -> str:
    r"""A text as it stands between triple quotes: one line, which means the text itself.

    >>> print(in_docstring('a "name"'), in_docstring("C:\\new" + chr(10)))
    a \"name\" C:\\new\n
    """
    text = in_comment(text.replace("\\", "\\\\"))
    return text.replace('"', '\\"') if '"""' in text or text.endswith('"') else text


def in_comment(text: str) -> str:
    """A text as it stands after a #: what is not printable is escaped, a line break above all."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
