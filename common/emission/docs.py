"""The docstring of a class: that of the block's function, without the steps that this class has not."""

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
