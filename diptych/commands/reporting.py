"""Where the reports of `check` and `compare` go: as text, JSON, JUnit and HTML, and held to a baseline."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..common.errors import DiptychError
from ..common.language import message
from .streams import complain, say, write
from .words import BAD, DIFFERENT

if TYPE_CHECKING:
    from ..checking.report import Report
    from ..ci.baseline import Change, Entry

SCHEMA = 1
"""The version of the JSON; docs/ci.md says what each key is."""
STDOUT = "-"
CODES = {"same": 0, "different": DIFFERENT, "cannot tell": BAD}
JsonFile = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write the report as JSON; - is standard output.")
]
JunitFile = Annotated[
    Path | None,
    typer.Option("--junit", metavar="FILE", help="Write the gates as tests, in JUnit's XML; - is standard output."),
]
HtmlFile = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write the report as a page; - is standard output.")
]
Baseline = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Hold the report to a kept one: exit code 0 as there, 1 for any change."),
]
Update = Annotated[bool, typer.Option("--update", help="Write what is found into the --baseline.")]
Gates = Annotated[
    str | None, typer.Option(metavar="NAME,NAME", help="Only these gates; a wrong name is told all there are.")
]
Steps = Annotated[
    int | None,
    typer.Option(help="Train both for so many steps, too, and hold each: the gate training_steps.", min=1),
]
Optimizer = Annotated[str, typer.Option(help="The optimiser of --steps: sgd, adam, rmsprop.tf1 ...")]
Fast = Annotated[bool, typer.Option("--fast", help="At one size, with few images, and without training.")]


def check_optimizer(name: str) -> None:
    """Raise DiptychError for a name that is no optimiser's, before minutes of work."""
    from ..common.training.named import optimiser

    optimiser(name)


@dataclass(frozen=True)
class Reporting:
    """What is asked for, checked by `prepare` before the work and written by `finish` after it."""

    command: str
    json: Path | None = None
    junit: Path | None = None
    html: Path | None = None
    baseline: Path | None = None
    update: bool = False

    @property
    def quiet(self) -> bool:
        """Whether one of the files is standard output, which then has nothing else."""
        return STDOUT in map(str, (self.json, self.junit, self.html))

    def prepare(self, names: Sequence[str]) -> None:
        """Raise DiptychError for what could not be written after the work, or held to what there is not."""
        from ..files.destinations import check_several

        given = {"--json": self.json, "--junit": self.junit, "--html": self.html}
        printed = [option for option, path in given.items() if str(path) == STDOUT]
        if len(printed) > 1:
            raise DiptychError(
                message(
                    "only one of {printed} can be standard output; give the others files", printed=" and ".join(printed)
                )
            )
        if self.html is not None and len(names) > 1:
            raise DiptychError(message("--html is the page of one network, and {names} are named", names=len(names)))
        if self.update and self.baseline is None:
            raise DiptychError(message("--update writes a baseline; say which with --baseline FILE"))
        if str(self.baseline) == STDOUT:
            raise DiptychError(message("a baseline is a file, not standard output; say --baseline FILE"))
        check_several(self._files(), force=True)
        kept = self._kept()
        if not self.update and self.baseline is not None:
            from ..ci.baseline import kept_of

            for name in names:
                kept_of(self.baseline, kept, name)

    def finish(self, found: Mapping[str, Report | str], data: Mapping[str, Any]) -> int:
        """Write all files, or none; say what is not as in the baseline; return the exit code.

        `found` are reports by name, or why there is none; `data` is the JSON.
        """
        from ..files.atomic import transaction

        changes = self._changes(found)
        told = {name: [vars(change) for change in items] for name, items in (changes or {}).items()}
        if changes is not None:
            data = {**data, "baseline": {"file": str(self.baseline), "changes": told}}
        texts = dict(self._texts(found, data, changes))
        with transaction(self._files(), force=True) as staged:
            for path, place in staged.items():
                place.write_text(texts[path], encoding="utf-8")
        if Path(STDOUT) in texts:
            write(texts[Path(STDOUT)])
        if self.baseline is not None:
            self._say(found, changes)
        return self._code(found, changes)

    def _files(self) -> list[Path]:
        written = self.baseline if self.update else None
        paths = (self.json, self.junit, self.html, written)
        return [path for path in paths if path is not None and str(path) != STDOUT]

    def _texts(
        self, found: Mapping[str, Report | str], data: Mapping[str, Any], changes: Mapping[str, Sequence[Change]] | None
    ) -> Iterator[tuple[Path, str]]:
        """Every text that is asked for, by its file."""
        if self.json is not None:
            yield self.json, json.dumps(data, indent=2) + "\n"
        if self.junit is not None:
            from ..ci.junit import junit

            yield self.junit, junit(self.command, found, changes)
        if self.html is not None:
            from ..comparing.html import page

            (report,) = found.values()
            if isinstance(report, str):
                raise DiptychError(message("there is no report to show: {report}", report=report))
            yield self.html, page(report)
        if self.update and self.baseline is not None:
            from ..ci.baseline import entry, written

            yield self.baseline, written(self._kept() | {name: entry(report) for name, report in found.items()})

    def _kept(self) -> dict[str, Entry]:
        """The reports of the baseline, none where one is yet to be written."""
        if self.baseline is None or (self.update and not self.baseline.exists()):
            return {}
        from ..ci.baseline import read

        return read(self.baseline)

    def _changes(self, found: Mapping[str, Report | str]) -> dict[str, list[Change]] | None:
        """By name, what is not as in the baseline; None without one, or where it is written anew."""
        if self.baseline is None or self.update:
            return None
        from ..ci.baseline import changes, entry

        kept = self._kept()
        return {name: changes(kept[name], entry(report)) for name, report in found.items()}

    def _say(self, found: Mapping[str, Report | str], changes: Mapping[str, Sequence[Change]] | None) -> None:
        tell = complain if self.quiet else say
        for name, report in found.items():
            verdict = "cannot tell" if isinstance(report, str) else report.verdict
            if changes is None:
                tell(f"{name}: kept in the baseline {self.baseline}: {verdict}")
            elif changes[name]:
                tell(f"{name}: not as in the baseline {self.baseline}")
                tell(*(f"  {change}" for change in changes[name]), "  keep this as it is now with --update")
            else:
                tell(f"{name}: as in the baseline {self.baseline}: {verdict}")

    def _code(self, found: Mapping[str, Report | str], changes: Mapping[str, Sequence[Change]] | None) -> int:
        """1 for what differs, or changed where there is a baseline; else 2 for what cannot be told; else 0."""
        verdicts = {"cannot tell" if isinstance(report, str) else report.verdict for report in found.values()}
        differs = "different" in verdicts and self.baseline is None
        if differs or any((changes or {}).values()):
            return DIFFERENT
        return BAD if "cannot tell" in verdicts else 0
