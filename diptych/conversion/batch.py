"""Many conversions at once: several processes, a summary, and a manifest by which a broken run goes on."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from ..commands.progress import progress
from ..common.dialect import OWN
from ..common.errors import DiptychError, FileError
from ..common.text import NAME, printable
from ..files import FORMATS, format_of, is_one_source, source_format
from ..files.atomic import recover
from . import cluster
from .convert import convert
from .earlier import is_done, may_replace, state
from .forms import check_names, library_name
from .interrupt import ending_in_time
from .manifest import MANIFEST, Done, Manifest
from .report import report_path
from .workers import spread

__all__ = ["MANIFEST", "Done", "convert_all", "convert_one", "files", "several"]

MAGIC = "*?["
SUFFIXES = tuple(suffix for known in FORMATS for suffix in known.endings)


class Task(NamedTuple):
    """A file to convert: `known` is the SHA-256 that an earlier run recorded of its result, `said` the settings."""

    source: Path
    target: Path
    settings: Mapping[str, Any]
    said: str
    known: str = ""

    @property
    def places(self) -> tuple[Path, Path, str]:
        """What `may_replace` asks for."""
        return self.source, self.target, self.known


def several(source: Path) -> bool:
    """Whether a path names several files: a folder that is no checkpoint itself, or a pattern that is no file."""
    if source.is_dir():
        return not is_one_source(source) and not source.name.lower().endswith(SUFFIXES)
    return not source.exists() and any(mark in str(source) for mark in MAGIC)


def files(source: Path) -> list[Path]:
    """The weights files of a folder, or those that fit a pattern, by name; raises FileError where there is none.

    What has the name of one and is none, such as a link to nothing, is among them, to be refused by name.
    """
    if source.is_dir():
        named = (path for path in sorted(source.iterdir()) if path.name.lower().endswith(SUFFIXES))
        found = [path for path in named if not path.is_dir()]
    else:
        found = [Path(path) for path in sorted(glob.glob(str(source), recursive=True))]
    if not found:
        kind = (
            "is a folder, expected a file of weights or a folder of such files" if source.is_dir() else "fits no file"
        )
        raise FileError(f"{source} {kind}; the suffixes are {', '.join(SUFFIXES)}")
    return found


def convert_all(
    sources: Sequence[Path],
    folder: Path,
    suffix: str,
    jobs: int | None,
    settings: Mapping[str, Any],
    ray: str | None = None,
    anew: bool = False,
) -> list[Done]:
    """Convert files into a folder, each to its own name with another suffix; an error of one does not stop the others.

    The manifest there names what was done from which file with which settings: that is not done again while the
    result has the digest that it says. That is held to be so where the file system says of both files what it said
    then; with `anew` both are read and hashed. A run that was broken off, at whatever point, goes on with the next
    call. `ray` is the address of a cluster that does it, which is not said in the manifest: the results are the same.

    Raises DiptychError where two results would have one name, or the suffix is that of no format to write, or such
    files have no names of the library that is asked for, or the manifest is none, or the cluster is not there.
    """
    if ray is not None:
        cluster.check(ray)
    targets = _targets(sources, folder, suffix, library_name(settings.get("to", OWN)))
    said = json.dumps(dict(settings), sort_keys=True, default=str)
    recover(folder)
    manifest = Manifest(folder)
    done: dict[str, Done] = {}
    with ending_in_time(), progress("converting", len(sources)) as advance:

        def take(item: Done) -> None:
            done[item.source] = item
            if not item.skipped:
                manifest.add(item)
            advance()

        try:
            todo = list(_todo(targets, manifest, settings, said, take, anew))
            if ray is not None and todo:
                cluster.spread(ray, WORK, todo, jobs, folder, take, _lost)
            else:
                _run(todo, jobs or 1, take)
        finally:
            recover(folder)  # what processes left that were killed
            manifest.save()
    return [done[str(source)] for source in sources]


def _todo(
    targets: Mapping[Path, Path], manifest: Manifest, settings: Mapping[str, Any], said: str, take: Any, anew: bool
) -> Iterator[Task]:
    """What is still to be done; what an earlier run did is taken as it is."""
    for source, target in targets.items():
        old = manifest.get(target)
        now = is_done(old, source, target, said, anew)
        if old is not None and now is not None:
            if now != old:  # hashed today, and not again tomorrow
                manifest.keep(now)
            take(replace(now, source=str(source), destination=str(target), skipped=True))
        else:
            yield Task(source, target, settings, said, old.result if old is not None else "")


def _run(todo: Sequence[Task], jobs: int, take: Callable[[Done], None]) -> None:
    """Do what is to be done, here or in several processes."""
    if jobs > 1 and len(todo) > 1:
        spread(WORK, todo, min(jobs, len(todo)), take, _lost)
        return
    for task in todo:
        take(convert_one(task))


def _targets(sources: Sequence[Path], folder: Path, suffix: str, library: str) -> dict[Path, Path]:
    if not suffix:
        raise DiptychError("say with --suffix which format several results have, such as .keras or .safetensors")
    if folder.exists() and not folder.is_dir():
        raise FileError(f"{folder} is a file; several results need a folder")
    found: dict[Path, Path] = {}
    for source in sources:
        target = folder / f"{_stem(source)}{suffix if suffix.startswith('.') else f'.{suffix}'}"
        check_names(library, format_of(target))
        if target in found.values():
            raise DiptychError(f"two of the files would become {target}; convert them into different folders")
        found[source] = target
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot make the folder {folder}: {error.strerror}") from None
    return found


def _stem(source: Path) -> str:
    name = source.name
    suffixes = sorted(SUFFIXES, key=len, reverse=True)
    return next((name[: -len(suffix)] for suffix in suffixes if name.lower().endswith(suffix)), name)


def convert_one(task: Task) -> Done:
    """Convert one of several files; whatever it throws is the error of this one alone."""
    from ..commands.quiet import native_stderr_kept

    try:
        source_format(task.source)
        with native_stderr_kept():
            return _converted(task)
    except DiptychError as error:
        return _failed(task, str(error))
    except BaseException as error:
        # A panic in Rust, as in the safetensors package, is no Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        why = printable(f"{type(error).__name__}: {error}", NAME)
        return _failed(task, f"{task.source}: an error in diptych itself ({why}); please report it, with the file")


def _converted(task: Task) -> Done:
    source, target, settings = task.source, task.target, task.settings
    forced = bool(settings.get("force"))
    old = os.path.lexists(target) or os.path.lexists(report_path(target))
    before = state(source)  # what is written to it from here on shows
    try:
        found = convert(source, target, **{**settings, "force": forced or (old and may_replace(*task.places))})
    except FileError:
        # Another run of the same files may have come first.
        if forced or old or not may_replace(*task.places):
            raise
        now = Manifest(target.parent).get(target)
        if now is not None and is_done(now, source, target, task.said) is not None:
            return replace(now, source=str(source), destination=str(target), skipped=True)
        found = convert(source, target, **{**settings, "force": True})
    difference = found.proof.difference if found.proof else None
    done = Done(str(source), str(target), found.network, found.matched, difference, round(found.seconds, 3),
                found.sha256, task.said, result=found.result)  # fmt: skip
    return replace(done, source_state=before, result_state=state(target))


WORK = (__name__, convert_one.__name__)
"""What processes import and run."""


def _lost(task: Task, why: str) -> Done:
    return _failed(task, printable(f"{task.source}: {why}"))


def _failed(task: Task, why: str) -> Done:
    return Done(str(task.source), str(task.target), error=why, settings=task.said, result=task.known)
