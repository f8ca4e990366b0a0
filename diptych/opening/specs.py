"""The spec of a network in a file: the JSON that `Net.to_json` gives."""

from __future__ import annotations

from pathlib import Path

from ..common.errors import DiptychError, FileError
from ..common.spec import Net
from ..common.text import NAME, printable
from ..common.validation.text import LONGEST

SUFFIX = ".json"


def is_spec(text: str) -> bool:
    """Whether a text names such a file.

    >>> is_spec("found.json"), is_spec("resnet50")
    (True, False)
    """
    return text.lower().endswith(SUFFIX)


def net_of(text: str) -> Net:
    """The network in a file; raises DiptychError where it is missing, or holds no trace of a network."""
    shown, path = printable(text, NAME), Path(text)
    try:
        if path.stat().st_size > 4 * LONGEST:
            raise FileError(f"{shown} is too large for the spec of a network")
        said = path.read_text(encoding="utf-8")
    except OSError as error:
        raise FileError(f"cannot read {shown}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise FileError(f"{shown} is no text in UTF-8, which the spec of a network is") from None
    try:
        return Net.from_json(said)
    except DiptychError as error:
        raise type(error)(f"{shown}: {error}") from None
