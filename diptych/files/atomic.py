"""Writing files whole or not at all: one, or several that belong together. How is in `staging`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from ..common.errors import DiptychError, FileError
from .destinations import check_destination, check_several, entry
from .staging import Stage, recover

__all__ = ["check_destination", "recover", "replacing", "transaction"]


@contextmanager
def replacing(path: Path, force: bool = False) -> Iterator[Path]:
    """A path to write to, in a hidden folder beside `path`, that becomes `path` at the end and goes on any error."""
    with transaction([path], force) as staged:
        yield staged[path]


@contextmanager
def transaction(paths: Sequence[Path], force: bool = False) -> Iterator[Mapping[Path, Path]]:
    """Path -> where to write it: at the end all come to their places, and on any error none does.

    Where the process ends in between, those of one folder still come together: the next run on it sees to that. Raises
    FileError where a path cannot be written, and for any OSError inside.
    """
    check_several(paths, force=force)
    places = {path: entry(path) for path in paths}
    staged: dict[Path, Path] = {}
    try:
        with ExitStack() as stack:
            stages: dict[str, Stage] = {}
            for folder in dict.fromkeys(folder for folder, _ in places.values()):
                recover(Path(folder))
                stages[folder] = stack.enter_context(closing(Stage(Path(folder))))
            staged |= {path: stages[folder].new / name for path, (folder, name) in places.items()}
            yield staged
            _commit(stages, list(places.values()), force)
    except OSError as error:
        raise FileError(f"cannot write {paths[0]}: {reason(error)}") from None
    except DiptychError as error:
        error.args = tuple(_of_places(part, staged) for part in error.args)
        raise


def _of_places(said: Any, staged: Mapping[Path, Path]) -> Any:
    """What is said of a file, said of the place that it was to have."""
    for path, temporary in staged.items():
        said = said.replace(str(temporary), str(path)) if isinstance(said, str) else said
    return said


def _commit(stages: Mapping[str, Stage], places: Sequence[tuple[str, str]], force: bool) -> None:
    """Bring everything to its place, or put back what had come there."""
    names = {folder: [name for place, name in places if place == folder] for folder in stages}
    for folder, stage in stages.items():
        stage.prepare(names[folder])
    try:
        for folder, stage in stages.items():
            stage.commit(names[folder], force)
    except BaseException:
        for stage in reversed(list(stages.values())):
            stage.undo()
        raise


def reason(error: OSError) -> str:
    """What the system said, also where h5py has wrapped it into several lines, or safetensors says only its number."""
    found = re.search(r"error message = '([^']+)'", str(error))
    if found:
        return found[1]
    number = re.search(r"\(os error (\d+)\)", str(error))
    return os.strerror(int(number[1])) if number else (error.strerror or str(error)).partition("\n")[0]
