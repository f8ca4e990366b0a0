"""What torch.export makes of a module: a graph of the functions that it calls, each with the modules it stands in."""

from __future__ import annotations

import io
import logging
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.autograd.function import _SingleLevelFunction

from ...common.errors import DiptychError
from ...common.text import first_few
from .lines import OTHERS, all_frames

Exported = torch.export.ExportedProgram
TOKENS = "argument #1 'indices' to have one of the following scalar types"
"""What an embedding says of an image."""
BRANCHES = ("data-dependent", "GuardOnDataDependent", "_local_scalar_dense", ".item()", "Tensor-likes")


def exported(model: nn.Module, images: torch.Tensor, gradients: bool = True) -> Exported:
    """The graph of a module on these images; raises DiptychError where it cannot be told.

    Where its `gradients` count, none may be of its own.
    """
    with warnings.catch_warnings(), _quiet(), all_frames(__file__), _watched() as own, torch.no_grad():
        warnings.simplefilter("ignore")
        try:
            program = torch.export.export(model, (images,), strict=False)
        except Exception as error:  # noqa: BLE001 - whatever the code of the model, or torch.export, throws
            raise DiptychError(_refusal(model, error)) from None
    if own and gradients:
        raise DiptychError(f"{type(model).__name__} has gradients of its own (torch.autograd.Function): "
                           f"{first_few(sorted(own), 6)}; no spec says what they are")  # fmt: skip
    return program


def _refusal(model: nn.Module, error: Exception) -> str:
    text = str(error).strip().partition("\n")[0]
    said = f"{type(error).__name__}{': ' if text else ''}{text}{_place(error)}"
    if any(word in f"{type(error).__name__} {error}" for word in BRANCHES):
        return (f"{type(model).__name__} decides by the numbers of an image what it does ({said}); "
                "a network here does the same for every image")  # fmt: skip
    if TOKENS in text:
        return (f"{type(model).__name__} takes whole numbers, such as tokens ({said}); a network here takes images, of "
                "floating-point numbers")  # fmt: skip
    return f"torch.export cannot follow {type(model).__name__}: {said}"


def _place(error: Exception) -> str:
    """Where in the code of the model an error was thrown, with its line."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(OTHERS)]
    frames = [frame for frame in frames if Path(frame.filename).parent != Path(traceback.__file__).parent]
    return f", in {Path(frames[-1].filename).name}:{frames[-1].lineno} ({frames[-1].line})" if frames else ""


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what torch.export logs and prints of models that it refuses."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)


@contextmanager
def _watched() -> Iterator[set[str]]:
    """The names of the classes with gradients of their own that are used meanwhile."""
    found = set[str]()
    base: Any = _SingleLevelFunction  # below `Function.apply`, which models keep under names of their own

    def apply(cls: type[torch.autograd.Function], *args: Any, **kwargs: Any) -> Any:
        if not cls.__module__.startswith("torch."):
            found.add(cls.__name__)
        return super(base, cls).apply(*args, **kwargs)

    base.apply = classmethod(apply)
    try:
        yield found
    finally:
        del base.apply
