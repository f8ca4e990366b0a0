"""A package that is read when something of it is used, and not before: most plain lines never do.

importlib's own LazyLoader reads it at the second `import` of its name before Python 3.13, which asks for `__spec__`.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any


class Deferred(ModuleType):
    """A module that becomes an ordinary one, of itself, when it is asked for what it lacks."""

    def __getattr__(self, name: str) -> Any:
        spec = self.__spec__
        if spec is None or spec.loader is None:
            raise AttributeError(name)
        self.__class__ = ModuleType  # type: ignore[assignment]  # from here on no other than itself
        self.__path__ = spec.submodule_search_locations or []
        spec.loader.exec_module(self)
        return getattr(self, name)


def defer(name: str) -> None:
    """Let `import NAME` read a package on first use; nothing where it was read, or is not installed.

    For commands of one thread: another one would meet it half read.
    """
    spec = None if name in sys.modules else find_spec(name)
    if spec is None:
        return
    module = module_from_spec(spec)
    del module.__path__  # so that the import of a part of it reads it first
    module.__class__ = Deferred
    sys.modules[name] = module
