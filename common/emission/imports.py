"""The names that classes need of their framework, read off what they are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..lowering import Function, Make
from .expressions import parts
from .program import Class, Method, Parameter


def used_names(classes: Sequence[Class]) -> set[str]:
    """The first words of what classes derive from, make, call and annotate, `nn` of `nn.Conv2d`."""
    return {target.partition(".")[0] for each in classes for target in _targets(each)}


def _targets(made: Class) -> Iterator[str]:
    yield made.base
    for method in (method for method in made.methods if isinstance(method, Method)):
        yield method.returns
        for part in parts(method):
            if isinstance(part, Parameter):
                yield part.annotation
            if isinstance(part, Function | Make) and isinstance(part.target, str):
                yield part.target
