"""The files that say an op in a framework, found by the name of the op."""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass
from types import ModuleType

from .errors import SpecError
from .lowering import Lowering
from .spec import Node


@dataclass(frozen=True)
class Twins:
    """The ops of one framework: `package` is the folder of their files, as a module."""

    package: str

    def lower(self, node: Node) -> Lowering:
        """The layers and functions that say this node; raises SpecError for an op without a twin here."""
        return self.lower_symbolic(node.plain())

    def lower_symbolic(self, node: Node) -> Lowering:
        """The same in the terms of the block around it, with its expressions, as it holds for every instance."""
        if node.op.foreign:
            raise SpecError(
                f"{node.path}: {node.kind} runs as it is in the model that was read, and no op says it; this "
                "network is for a comparison alone"
            )
        try:
            home = file_of(self.package, node.kind)
        except ModuleNotFoundError as error:
            if error.name != f"{self.package}.{node.kind}":
                raise
            folder = self.package.partition(".")[2].replace(".", "/")
            raise SpecError(f"{node.path}: the op {node.kind!r} has no twin in {folder}; add a file there") from None
        answer: Lowering = getattr(home, node.kind)(node.op, *node.in_shapes)
        return answer


@functools.cache
def file_of(package: str, kind: str) -> ModuleType:
    """The file of an op; asking the import system for each of thousands of nodes would take as long as the rest."""
    return importlib.import_module(f"{package}.{kind}")
