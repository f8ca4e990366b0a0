"""The Keras form of each op, one file of the op's name each."""

from __future__ import annotations

import functools
import importlib
from types import ModuleType

from ...common.errors import SpecError
from ...common.lowering import Lowering
from ...common.spec import Node


def lower(node: Node) -> Lowering:
    """The Keras layers and functions that say this node; raises SpecError for an op without a twin here."""
    return lower_symbolic(node.plain())


def lower_symbolic(node: Node) -> Lowering:
    """The same in the terms of the block around it, with its expressions, as it holds for every instance."""
    try:
        home = _home(node.kind)
    except ModuleNotFoundError:
        raise SpecError(f"{node.path}: the op {node.kind!r} has no twin in tf_impl/ops; add a file there") from None
    answer: Lowering = getattr(home, node.kind)(node.op, *node.in_shapes)
    return answer


@functools.cache
def _home(kind: str) -> ModuleType:
    """The file of an op; asking the import system for each of thousands of nodes would take as long as the rest."""
    return importlib.import_module(f".{kind}", __name__)
