"""A model of somebody's own code, named FILE.py:NAME or PACKAGE.MODULE:NAME; here alone that code is run."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

from .. import backends
from ..common.errors import DiptychError
from ..common.language import message
from ..common.spec import near
from ..common.text import NAME, first_few, printable
from .noted import noted

WORDS = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
FORM = re.compile(rf"(?P<home>.+\.py|{WORDS}):(?P<name>{WORDS})", re.DOTALL)


def is_code(text: str) -> bool:
    """Whether a text names a function of somebody's code.

    >>> is_code("my_models.py:make_net"), is_code("package.module:Net"), is_code("resnet50"), is_code("model.keras")
    (True, True, False, False)
    """
    return FORM.fullmatch(text) is not None


def home_of(text: str) -> Path | None:
    """The file that a name of code begins with, None for a module."""
    found = FORM.fullmatch(text)
    return Path(found["home"]) if found and found["home"].endswith(".py") else None


def model_of(text: str) -> Any:
    """The model that a function gives, or a class without required arguments; a model that stands in a file is taken.

    What the code prints goes to stderr. Raises DiptychError where there is no such function, where the code fails, or
    where it gives no PyTorch module and no Keras model.
    """
    found = FORM.fullmatch(text)
    if found is None:
        raise DiptychError(
            message("{text} names no code; expected FILE.py:FUNCTION or PACKAGE.MODULE:FUNCTION", text=text)
        )
    home, file = found["home"], home_of(text)
    if file is not None and not file.is_file():
        raise DiptychError(message("{text}: there is no file {file}", text=text, file=file))
    with _beside(file.parent if file else Path()), redirect_stdout(sys.stderr):
        with noted():
            module = _run(text, lambda: _module(home, file))
        value = _attribute(text, module, found["name"])
        return value if is_model(value) else made_by(text, value)


def made_by(text: str, maker: Any) -> Any:
    """The model that a function without required arguments gives, or a class; raises DiptychError for anything else.

    Where it calls the layers of Keras is noted, so that a report can say it.
    """
    _check_callable(text, maker)
    with noted(maker):
        value = _run(text, maker)
    if not is_model(value):
        raise DiptychError(
            message(
                "{text} gives a value of type {kind}, expected a torch.nn.Module or a keras.Model",
                text=text,
                kind=type(value).__name__,
            )
        )
    return value


def _module(home: str, file: Path | None) -> ModuleType:
    """The module of a file, under a name that no other has, or one by its name."""
    if file is None:
        return importlib.import_module(home)
    name = f"own_{file.stem}"
    found = importlib.util.spec_from_file_location(name, file)
    if found is None or found.loader is None:
        raise ImportError(message("no module can be made of {file}", file=file))
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module  # where torch.export and inspect look for it
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # somebody's folder stays as it is
    try:
        found.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


@contextmanager
def _beside(folder: Path) -> Iterator[None]:
    """Let the code import what lies beside it, as Python does for the file that it is started with."""
    sys.path.insert(0, str(folder.resolve()))
    try:
        yield
    finally:
        sys.path.remove(str(folder.resolve()))


def _run(text: str, code: Callable[[], Any]) -> Any:
    """What code gives; raises DiptychError for whatever it raises, with the place."""
    try:
        return code()
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever somebody's code raises
        raise _failed(text, error) from None


def _failed(text: str, error: BaseException) -> DiptychError:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename[:1] != "<"]
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    said = printable(f"{type(error).__name__}: {error}".removesuffix(": "), 400)
    return DiptychError(f"{text} failed: {said}{place}")


def _attribute(text: str, module: ModuleType, name: str) -> Any:
    value: Any = module
    for part in name.split("."):
        if not hasattr(value, part):
            names = [word for word, item in vars(value).items() if callable(item) and word[0] != "_"]
            raise DiptychError(
                message(
                    "{text}: there is no {part}; {near}",
                    text=text,
                    part=part,
                    near=near(part, names) if names else "there is nothing",
                )
            )
        value = getattr(value, part)
    return value


def _check_callable(text: str, value: Any) -> None:
    """Raise DiptychError for what is no function, or one that wants arguments."""
    if not callable(value):
        raise DiptychError(
            message(
                "{text} is of type {kind}, expected a function that returns a model",
                text=text,
                kind=type(value).__name__,
            )
        )
    try:
        wanted = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):  # of C
        return
    open_ = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    needed = [item.name for item in wanted if item.default is item.empty and item.kind not in open_]
    if needed:
        raise DiptychError(
            message(
                "{text} needs {needed}; name a function without required arguments that calls it",
                text=text,
                needed=first_few(needed, 8),
            )
        )


def is_model(value: Any) -> bool:
    """Whether a value is a model of either framework, and no class of models."""
    try:
        return not isinstance(value, type) and bool(backends.framework_of(value))
    except DiptychError:
        return False


def shown(text: str) -> str:
    """A name as it is printed."""
    return printable(text, NAME)
