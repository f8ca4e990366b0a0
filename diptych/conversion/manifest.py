"""What several conversions into one folder have done, as its manifest says it: data that is held to a schema."""

from __future__ import annotations

import json
import math
import os
import re
import stat
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path, PurePath
from typing import Any

from ..common.errors import FileError
from ..files.atomic import replacing
from ..files.kinds import KINDS, read_small
from ..files.locks import folder_locked

MANIFEST = "manifest.json"
MOST = 1 << 26
"""Bytes of a manifest, at a kilobyte or less for each conversion."""
SHORT, SHARE = 0.2, 5
"""A manifest that takes more seconds to write is written only after so many times that long."""


@dataclass(frozen=True)
class Done:
    """One of several conversions: what came out, or the error; `skipped` says that an earlier run did it.

    `sha256` is that of the source, `result` that of what was written; `source_state` and `result_state` are what the
    file system said of both, as `earlier.state` has it.
    """

    source: str
    destination: str
    network: str = ""
    matched: int = 0
    difference: float | None = None
    seconds: float = 0.0
    sha256: str = ""
    settings: str = ""
    error: str = ""
    skipped: bool = False
    result: str = ""
    source_state: str = ""
    result_state: str = ""


class Manifest:
    """The manifest of a folder: what it says, and what this run adds to it.

    Another run may add to it meanwhile: nothing that it says is lost.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / MANIFEST
        self._added: dict[str, Done] = {}
        self._due = 0.0
        self._texts: dict[Done, str] = {}
        self._known, self._entries = _state(self.path), read(self.path)

    def get(self, target: Path) -> Done | None:
        """What is said of a result, by its name in the folder."""
        return self._added.get(target.name) or self._entries.get(target.name)

    def add(self, done: Done) -> None:
        """Say of a conversion what came of it; on the disk at once, or a little later where that takes long."""
        self._added[PurePath(done.destination).name] = replace(done, skipped=False)
        if time.monotonic() >= self._due:
            self.save()

    def keep(self, done: Done) -> None:
        """Say of a conversion what was found of it today, when the manifest is next written."""
        self._added[PurePath(done.destination).name] = done

    def save(self) -> None:
        """Write what was added, beside what others have added since; raises FileError where that is not readable."""
        if not self._added:
            return
        start = time.monotonic()
        with folder_locked(self.folder):
            self.refresh()
            self._entries |= self._added
            ordered = sorted(self._entries.values(), key=lambda item: item.destination)
            with replacing(self.path, force=True) as temporary:
                temporary.write_text(self._text(ordered), encoding="utf-8")
            self._added, self._known = {}, _state(self.path)
        end = time.monotonic()
        self._due = end + SHARE * (end - start) if end - start > SHORT else 0.0

    def _text(self, ordered: Sequence[Done]) -> str:
        """The manifest as JSON; the text of each entry is made once, since all are written after each conversion."""
        for item in ordered:
            if item not in self._texts:
                lines = json.dumps(asdict(item), indent=1).splitlines()
                self._texts[item] = "\n".join(f"  {line}" for line in lines)
        inside = ",\n".join(self._texts[item] for item in ordered)
        return f'{{\n "conversions": [\n{inside}\n ]\n}}\n'

    def refresh(self) -> None:
        """Read again what others have written since."""
        if _state(self.path) != self._known:
            self._known, self._entries = _state(self.path), read(self.path)


def read(path: Path) -> dict[str, Done]:
    """The entries of a manifest by the names of the results, {} where there is none yet.

    Raises FileError for anything that is no manifest, which is not opened unless it is a short file.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from None
    if not stat.S_ISREG(mode):
        kind = "a link" if stat.S_ISLNK(mode) else KINDS.get(stat.S_IFMT(mode), "no regular file")
        raise _refused(path, f"it is {kind}")
    text = read_small(path, MOST, "a manifest")
    try:
        data = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise _refused(path, f"no JSON, {type(error).__name__}") from None
    if not isinstance(data, dict) or set(data) != {"conversions"} or not isinstance(data["conversions"], list):
        raise _refused(path, 'expected {"conversions": [...]}')
    entries = [_entry(item, index, path) for index, item in enumerate(data["conversions"])]
    return {PurePath(item.destination).name: item for item in entries}


def _entry(item: Any, index: int, path: Path) -> Done:
    """One entry; raises FileError where a field is missing, unknown or of another kind."""
    if not isinstance(item, dict) or not {"source", "destination"} <= set(item):
        raise _refused(path, f"entry {index} has no source and destination")
    for key, value in item.items():
        kind = SCHEMA.get(key)
        if kind is None:
            raise _refused(path, f"entry {index} has a field {key!r} that is not known")
        if not kind(value):
            raise _refused(path, f"{key} of entry {index} cannot be {value!r:.80}")
    return Done(**item)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < math.inf and value >= 0


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"([0-9a-f]{64})?", value) is not None


SCHEMA = {field.name: _is_text for field in fields(Done)} | {
    "destination": lambda value: isinstance(value, str) and PurePath(value).name != "",
    "matched": lambda value: isinstance(value, int) and _is_number(value),
    "difference": lambda value: value is None or _is_number(value),
    "seconds": _is_number,
    "sha256": _is_digest,
    "result": _is_digest,
    "skipped": lambda value: isinstance(value, bool),
}
"""Field of an entry -> whether a value may be its."""


def _refused(path: Path, why: str) -> FileError:
    return FileError(f"{path} is no manifest of conversions ({why}); move it away, and what is done is done again")


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _state(path: Path) -> Mapping[str, int] | None:
    """What tells one version of a file from the next; None where there is none."""
    if not os.path.lexists(path):
        return None
    found = path.lstat()
    return {"inode": found.st_ino, "size": found.st_size, "time": found.st_mtime_ns}
