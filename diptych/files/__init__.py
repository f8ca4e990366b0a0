"""Weights files: which format a path has, what is in it, and how canonical weights are written into one.

A format is one file, `<name>_file.py`, that declares a FORMAT; it is found here by itself.
Checkpoints are data: they are read as arrays and text, and nothing in a file is run. What a path is, is asked before
it is opened, and whatever a reader throws becomes one FileError: see `kinds` and `border`.
"""

from __future__ import annotations

import functools
import importlib
import os
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.errors import FileError
from ..common.language import message
from ..common.text import NAME, printable
from .head import HEAD
from .kinds import check_regular
from .strangers import misplaced, stranger

if TYPE_CHECKING:
    from ..common.spec import Array, Net
    from .checkpoint import Checkpoint
    from .content import Content
    from .format import Format

FORMATS: tuple[Format, ...]
"""Every format; their files are read when it is first asked for."""

FOLDER = "{} is a folder, expected a file of weights, or a SavedModel (a folder with saved_model.pb in it)"


@functools.cache
def _formats() -> tuple[Format, ...]:
    names = sorted(item.name for item in pkgutil.iter_modules(__path__) if item.name.endswith("_file"))
    return tuple(importlib.import_module(f".{name}", __name__).FORMAT for name in names)


def __getattr__(name: str) -> Any:
    if name != "FORMATS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _formats()


def format_of(path: Path) -> Format:
    """The format to write that a path's suffix names; raises FileError listing those there are."""
    known = _by_suffix(path)
    suffixes = ", ".join(suffix for format_ in _formats() for suffix in format_.suffixes)
    if known is None:
        raise FileError(
            message(
                "{path} has no known suffix; the formats to write are {suffixes}{elsewhere}",
                path=path,
                suffixes=suffixes,
                elsewhere=_elsewhere(path),
            )
        )
    if not path.name.lower().endswith(known.suffixes):
        suffix = next(suffix for suffix in known.only_read if path.name.lower().endswith(suffix))
        raise FileError(
            message(
                "{path}: diptych reads {suffix} but does not write it; the formats to write are {suffixes}{elsewhere}",
                path=path,
                suffix=suffix,
                suffixes=suffixes,
                elsewhere=_elsewhere(path),
            )
        )
    return known


def _elsewhere(path: Path) -> str:
    """What else writes a file of such a name: a whole network to run, not its weights alone."""
    kinds = {".onnx": ("export", "ONNX"), ".tflite": ("deploy", "TFLite"), ".pt2": ("deploy", "torch.export's")}
    kinds |= {"": ("deploy", "a SavedModel"), ".pb": ("deploy", "a SavedModel, without a suffix,")}
    verb, what = kinds.get(path.suffix.lower(), ("", ""))
    place = path.with_suffix("") if path.suffix.lower() == ".pb" else path
    return f"; `diptych {verb} NETWORK WEIGHTS {place}` writes {what}" if verb else ""


def read(path: Path) -> Checkpoint:
    """The checkpoint in a file; raises FileError where it is missing, empty, cut short, or not what its suffix says.

    A TensorFlow checkpoint may also be named by its prefix, and a SavedModel by its folder.
    """
    from .border import border

    known = source_format(path)
    with border(path, known.name):
        found = known.read(path)
    _check_names(found)
    return found


def _check_names(found: Checkpoint) -> None:
    """Raise FileError where a name is no text of Unicode, which is written to no file."""
    said = found.stated
    for name in (*found.names, *found.place_labels(), *found.extras, said.network or ""):
        try:
            name.encode()
        except UnicodeEncodeError:
            advice = "rename it where it was made"
            raise FileError(
                message(
                    "{path}: the name '{name}' is no Unicode text; {advice}",
                    path=found.path,
                    name=printable(name, NAME),
                    advice=advice,
                )
            ) from None


def source_format(path: Path) -> Format:
    """The format to read a path in; raises FileError where its suffix, its place or its content is none of a format."""
    from .border import border

    known, place = _by_place(path) or (_by_suffix(path), path)
    if os.path.isdir(place):
        raise FileError(FOLDER.format(path))
    if known is None:
        _refuse_network(path)
        if said := stranger(path):
            raise FileError(said)
        suffixes = ", ".join(suffix for format_ in _formats() for suffix in format_.endings)
        raise FileError(message("{path} has no known suffix; the formats are {suffixes}", path=path, suffixes=suffixes))
    head = _head(place, known)
    if said := misplaced(path, head):
        raise FileError(said)
    with border(path, known.name):
        content = content_of(place, head)
    if content not in ("", known.content):
        raise FileError(
            message(
                "{path} holds {content} content, not what its suffix says; give the file its right suffix",
                path=path,
                content=content,
            )
        )
    return known


def _refuse_network(path: Path) -> None:
    """Raise FileError for the name of a network, where there is no such file."""
    from ..common.registry import meant_by

    name = None if os.path.lexists(path) else meant_by(str(path))
    if name is not None:
        raise FileError(
            message(
                "{path} is no file, but the name of a network; name a file of its weights, such as "
                "{name}.pth (`diptych card {name}` says what is known of it, `diptych source {name} "
                "--keras` writes its code)",
                path=path,
                name=name,
            )
        )


def write(path: Path, net: Net, arrays: Mapping[str, Array], extras: Mapping[str, int], **more: Any) -> None:
    """Write canonical weights and torch's batch counters, and what else `Content` takes, as the suffix says."""
    from .content import Content

    write_content(path, Content(net, arrays, extras, **more))


def write_content(path: Path, content: Content) -> None:
    """Write a weights file as its suffix says; not whole or not at all: see `atomic`."""
    writer = format_of(path).write
    if writer is None:
        raise TypeError(f"{path.name} is in a format without a writer")
    try:
        writer(path, content)
    except ModuleNotFoundError as error:
        raise FileError(
            message("writing {path} needs {name}: pip install 'diptych[all]'", path=path.name, name=error.name)
        ) from None


def is_one_source(folder: Path) -> bool:
    """Whether a folder is a checkpoint itself, not a folder of several."""
    return _by_place(folder) is not None


def content_of(path: Path, head: bytes) -> str:
    """What a file with this beginning holds, as the formats call it; "" where that is not plain."""
    tar = "tar" if head[257:262] == b"ustar" else ""
    return next((known.content for known in _formats() if known.fits(path, head)), tar)


def _by_suffix(path: Path) -> Format | None:
    """The format whose suffix a path has: the longest one, since .weights.h5 is also a .h5."""
    found = [(len(end), known) for known in _formats() for end in known.endings if path.name.lower().endswith(end)]
    return max(found, key=lambda pair: pair[0], default=(0, None))[1]


def _by_place(path: Path) -> tuple[Format, Path] | None:
    """The format that knows a path by another thing than its suffix, and the file to look at."""
    places = ((known, known.place(path)) for known in _formats())
    return next(((known, place) for known, place in places if place is not None), None)


def _head(path: Path, known: Format) -> bytes:
    """The first bytes of a regular file; raises FileError where it is none, missing or empty."""
    check_regular(path)
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise FileError(message("cannot read {path}: {why}", path=path, why=error.strerror or error)) from None
    if not head:
        raise FileError(message("{path} is empty, expected weights in {name} format", path=path, name=known.name))
    return head
