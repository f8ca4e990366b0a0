"""All inputs, or a part of them by kind and share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence

from hostile import Input, archives, damage, darknet, documents, graphs, headers, pickles, trees
from hostile.good import FORMATS

MAKERS: Mapping[str, Callable[[], Iterator[Input]]] = {
    **{form: functools.partial(damage.inputs, form) for form in FORMATS},
    "pickles": pickles.inputs,
    "archives": archives.inputs,
    "headers": headers.inputs,
    "HDF5": trees.inputs,
    "graphs": graphs.inputs,
    "darknet": darknet.inputs,
    "reports": documents.reports,
    "manifests": documents.manifests,
    "nets": documents.nets,
}
KINDS = tuple(MAKERS)


def inputs(kinds: Sequence[str] = KINDS, each: int = 1) -> Iterator[Input]:
    """The inputs of these kinds, every `each`-th of a kind; of one name there is one."""
    for kind in kinds:
        seen: set[str] = set()
        for number, item in enumerate(MAKERS[kind]()):
            if number % each == 0 and item.name not in seen:
                seen.add(item.name)
                yield item
