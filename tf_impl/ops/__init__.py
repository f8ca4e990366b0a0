"""The Keras form of each op, one file of the op's name each."""

from __future__ import annotations

import functools
import importlib
from types import ModuleType

from ...common.errors import SpecError
from ...common.form import Form
from ...common.spec import Node


def form(node: Node) -> Form:
    """The Keras layers and functions that say this node; raises SpecError for an op without a twin here."""
    return symbolic_form(node.plain())


def symbolic_form(node: Node) -> Form:
    """The same in the terms of the block around it, with its expressions, as it holds for every instance."""
    try:
        home = _home(node.kind)
    except ModuleNotFoundError:
        raise SpecError(f"{node.path}: the op {node.kind!r} has no twin in tf_impl/ops; add a file there") from None
    answer: Form = getattr(home, node.kind)(node.op, *node.in_shapes)
    return answer


@functools.cache
def _home(kind: str) -> ModuleType:
    """The file of an op; asking the import system for each of thousands of nodes would take as long as the rest."""
    return importlib.import_module(f".{kind}", __name__)
