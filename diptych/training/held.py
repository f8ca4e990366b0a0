"""Functions that hold the model itself: a copy is trained, so what they read would be another model's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import Any

from ..common.errors import DiptychError
from .given import Given


def refuse_held(given: Sequence[Given], models: Sequence[Any]) -> None:
    """Raise DiptychError for a loss or a hook of an optimizer that holds a model or weights of it."""
    own = {id(item) for model in models for item in _parts(model)}
    for one in given:
        hooks = getattr(one.natives.optimiser, "_optimizer_step_pre_hooks", {})
        posts = getattr(one.natives.optimiser, "_optimizer_step_post_hooks", {})
        for word, function in (("loss", one.natives.loss), *(("hook", h) for h in (*hooks.values(), *posts.values()))):
            if any(id(item) in own for item in held_by(function)):
                name = getattr(function, "__name__", type(function).__name__)
                raise DiptychError(
                    f"the {word} {name} holds the model itself, and a copy is trained here: let it take outputs and "
                    "targets alone, or the optimizer that a hook is given, and give a penalty as weight decay"
                )


def held_by(function: Any) -> Iterator[Any]:
    """What a function reads besides its arguments, also inside of lists."""
    if isinstance(function, partial):
        for item in (*function.args, *function.keywords.values()):
            yield from _inside(item)
        yield from held_by(function.func)
    elif isinstance(function, MethodType):
        yield function.__self__
    elif isinstance(function, FunctionType):
        cells = [cell.cell_contents for cell in function.__closure__ or () if _filled(cell)]
        names = [function.__globals__[name] for name in _names(function.__code__) if name in function.__globals__]
        for item in (*cells, *names, *(function.__defaults__ or ())):
            yield from _inside(item)
        for inner in cells:
            if isinstance(inner, (FunctionType, partial)):
                yield from held_by(inner)


def _inside(item: Any) -> Iterator[Any]:
    yield item
    if isinstance(item, (list, tuple)):
        yield from item


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # a name that has no value yet
        return False


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def _parts(model: Any) -> Iterator[Any]:
    if hasattr(model, "named_modules"):
        yield from (*model.modules(), *model.parameters())
    elif hasattr(model, "_flatten_layers"):
        yield from (*model._flatten_layers(), *model.weights)
