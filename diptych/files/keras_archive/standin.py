"""The helpers of tf_impl, run with what stands for Keras: one text says what a layer is, whoever runs it."""

from __future__ import annotations

import builtins
from functools import cache
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

from ...common.lowering import Lowering, Make
from . import layers, operations, windows
from .symbols import Unwritten

HOME = f"{__package__.rpartition('.files')[0]}.tf_impl"


class _Ops:
    """keras.ops, as far as it is known."""

    def __getattr__(self, name: str) -> Any:
        for home in (operations, windows):
            found = vars(home).get(name)
            if found is not None and getattr(found, "__module__", "") == home.__name__:
                return found
        raise Unwritten(f"ops.{name}")


class _Helpers:
    """The folder of helpers, each run when it is asked for."""

    def __getattr__(self, name: str) -> Any:
        return run(f"helpers/{name}.py")


KERAS = SimpleNamespace(layers=layers, ops=_Ops())


@cache
def run(path: str) -> Any:
    """The names that a file of tf_impl makes when Keras is what stands for it."""
    text = files(HOME).joinpath(path).read_text("utf-8")
    home = f"{HOME}.helpers" if path.startswith("helpers/") else HOME
    names = {
        "__name__": f"{home}.{path}",
        "__package__": home,
        "__builtins__": {**vars(builtins), "__import__": _import},
    }
    exec(compile(text, path, "exec"), names)  # noqa: S102 - a file of ours, not of a user
    return SimpleNamespace(**{name: value for name, value in names.items() if not name.startswith("__")})


def _import(name: str, names: Any = None, inner: Any = None, wanted: Any = (), level: int = 0) -> Any:
    """Import for such a file: Keras is what stands for it, and the other helpers are run in the same way."""
    if name.partition(".")[0] == "keras" and not level:
        return KERAS
    if level == 1:
        return _Helpers() if name == "helpers" else run(f"helpers/{name}.py")
    return builtins.__import__(name, names, inner, wanted, level)


def resolve(step: Make, lowering: Lowering) -> Any:
    """What a step is made with, as `tf_impl.resolve` finds it in Keras; raises Unwritten for what is not known."""
    head, _, attribute = step.target.rpartition(".")
    if head in ("layers", "ops"):
        return getattr(layers if head == "layers" else KERAS.ops, attribute)
    homes = (run(f"helpers/{name}.py") for name in lowering.helpers)
    for home in (*homes, run("parts.py")):
        if hasattr(home, step.target):
            return getattr(home, step.target)
    raise Unwritten(step.target)
