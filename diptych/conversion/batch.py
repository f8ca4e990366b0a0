"""Many conversions at once: several processes, a summary, and a manifest by which a broken run goes on."""

from __future__ import annotations

import glob
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..common.dialect import OWN
from ..common.errors import DiptychError, FileError
from ..files import FORMATS, format_of, is_one_source, source_format
from ..files.atomic import replacing
from .convert import convert
from .forms import library_name
from .report import digest, report_path

MANIFEST = "manifest.json"
MAGIC = "*?["
SUFFIXES = tuple(suffix for known in FORMATS for suffix in known.endings)


@dataclass(frozen=True)
class Done:
    """One of several conversions: what came out, or the error; `skipped` says that an earlier run did it."""

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


def several(source: Path) -> bool:
    """Whether a path names several files: a folder that is no checkpoint itself, or a pattern that is no file."""
    if source.is_dir():
        return not is_one_source(source) and not source.name.lower().endswith(SUFFIXES)
    return not source.exists() and any(mark in str(source) for mark in MAGIC)


def files(source: Path) -> list[Path]:
    """The weights files of a folder, or those that fit a pattern, by name; raises FileError where there is none."""
    if source.is_dir():
        found = [path for path in sorted(source.iterdir()) if path.is_file() and path.name.lower().endswith(SUFFIXES)]
    else:
        found = [Path(path) for path in sorted(glob.glob(str(source), recursive=True))]
    if not found:
        kind = (
            "is a folder, expected a file of weights or a folder of such files" if source.is_dir() else "fits no file"
        )
        raise FileError(f"{source} {kind}; the suffixes are {', '.join(SUFFIXES)}")
    return found


def convert_all(
    sources: Sequence[Path], folder: Path, suffix: str, jobs: int, settings: Mapping[str, Any]
) -> list[Done]:
    """Convert files into a folder, each to its own name with another suffix; an error of one does not stop the others.

    The manifest there names what was done from which file with which settings: that is not done again. Raises
    DiptychError where two results would have one name, or the suffix is that of no format to write, or no library has
    the name that is asked for.
    """
    library_name(settings.get("to", OWN))
    targets = _targets(sources, folder, suffix)
    said = json.dumps(dict(settings), sort_keys=True, default=str)
    manifest = folder / MANIFEST
    before = _read(manifest)
    done: dict[str, Done] = {}
    with _progress(len(sources)) as advance:
        todo = []
        for source, target in targets.items():
            old = before.get(str(target))
            if old is not None and not old.error and _current(old, source, target, said):
                done[str(source)] = Done(**{**asdict(old), "skipped": True})
                advance()
            else:
                todo.append((source, target))
        for item in _run(todo, jobs, settings, said):
            done[item.source] = item
            _write(manifest, before, done)
            advance()
    _write(manifest, before, done)
    return [done[str(source)] for source in sources]


def _targets(sources: Sequence[Path], folder: Path, suffix: str) -> dict[Path, Path]:
    if not suffix:
        raise DiptychError("say with --suffix which format several results have, such as .keras or .safetensors")
    if folder.exists() and not folder.is_dir():
        raise FileError(f"{folder} is a file; several results need a folder")
    found: dict[Path, Path] = {}
    for source in sources:
        target = folder / f"{_stem(source)}{suffix if suffix.startswith('.') else f'.{suffix}'}"
        format_of(target)
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


def _current(old: Done, source: Path, target: Path, settings: str) -> bool:
    """Whether an entry is of this very file with these settings, and its result still there."""
    return old.settings == settings and target.is_file() and digest(source) == old.sha256


def _run(todo: Sequence[tuple[Path, Path]], jobs: int, settings: Mapping[str, Any], said: str) -> Iterator[Done]:
    if jobs == 1 or len(todo) < 2:
        yield from (_one(source, target, settings, said) for source, target in todo)
        return
    # A forked process would share the threads of a framework that is loaded already.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(todo)), mp_context=context) as pool:
        futures = {pool.submit(_one, source, target, settings, said): (source, target) for source, target in todo}
        for future in as_completed(futures):
            source, target = futures[future]
            try:
                yield future.result()
            except BrokenProcessPool:
                why = "its process was killed; with fewer --jobs there is more memory for each"
                yield Done(str(source), str(target), error=why, settings=said)


def _one(source: Path, target: Path, settings: Mapping[str, Any], said: str) -> Done:
    from ..commands.quiet import native_stderr_kept

    try:
        source_format(source)
        with native_stderr_kept():
            found = convert(source, target, **{**settings, "force": settings.get("force") or _ours(target)})
    except DiptychError as error:
        return Done(str(source), str(target), error=str(error), settings=said)
    difference = found.proof.difference if found.proof else None
    return Done(str(source), str(target), found.network, found.matched, difference, round(found.seconds, 3),
                found.sha256, said)  # fmt: skip


def _ours(target: Path) -> bool:
    """Whether writing there loses nothing of anyone else's: it is gone, or still what its report says was written."""
    if not target.exists():
        return True
    try:
        said = json.loads(report_path(target).read_text(encoding="utf-8"))["result"]["sha256"]
    except (OSError, ValueError, TypeError, KeyError):
        return False
    return bool(said == digest(target))


def _read(manifest: Path) -> dict[str, Done]:
    """The entries by destination; raises FileError for a manifest that is none."""
    if not manifest.exists():
        return {}
    try:
        entries = [Done(**item) for item in json.loads(manifest.read_text(encoding="utf-8"))["conversions"]]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise FileError(f"{manifest} is no manifest of conversions ({type(error).__name__}); move it away") from None
    return {item.destination: item for item in entries}


def _write(manifest: Path, before: Mapping[str, Done], done: Mapping[str, Done]) -> None:
    entries = dict(before) | {item.destination: Done(**{**asdict(item), "skipped": False}) for item in done.values()}
    data = {"conversions": [asdict(entries[key]) for key in sorted(entries)]}
    with replacing(manifest, True) as path:
        path.write_text(json.dumps(data, indent=1) + os.linesep, encoding="utf-8")


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    """A bar on a terminal's stderr; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    # A file of its own, since each conversion in this process turns descriptor 2 away: see `quiet`.
    own = os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding=sys.stderr.encoding)
    with own as terminal, Progress(console=Console(file=terminal)) as bar:
        task = bar.add_task("converting", total=total)
        yield lambda: bar.update(task, advance=1, refresh=True)
