"""The names that classes need of their framework, read off what they are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..lowering import Function, Make, Name
from .expressions import parts
from .program import Class


def used_names(classes: Sequence[Class]) -> set[str]:
    """The first words of what classes derive from, make, call and annotate, `nn` of `nn.Conv2d`."""
    return {target.partition(".")[0] for each in classes for target in _targets(each)}


def _targets(made: Class) -> Iterator[str]:
    yield made.base
    for method in made.methods:
        for part in parts(method):
            if isinstance(part, Name):
                yield part.name
            if isinstance(part, Function | Make) and isinstance(part.target, str):
                yield part.target
