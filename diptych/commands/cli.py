"""The command line. Exit code 0 is yes, 1 is different, 2 is bad input or cannot tell."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ..common.errors import DiptychError
from . import catalogue, checkpoints, deployment, study
from .quiet import native_stderr_kept

DIFFERENT, BAD, INTERRUPTED = 1, 2, 130


class Commands(TyperGroup):
    """The commands, with every error of diptych as one line on stderr."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except DiptychError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(BAD) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    cls=Commands,
    help="The same convolutional network, natively in PyTorch and in TensorFlow, with proof.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"diptych {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")]


@app.callback()
def options(version: Version = False) -> None:
    """The same convolutional network, natively in PyTorch and in TensorFlow, with proof."""


@app.command()
def check(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME...", help="Registered networks or aliases.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Check every registered network.")] = False,
    referee: Annotated[
        bool,
        typer.Option("--referee", help="Hold both to the spec's ONNX graph, too: two more opinions."),
    ] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the reports to this file, as JSON.")] = None,
) -> None:
    """Check that both frameworks compute the same function: exit code 0 same, 1 different, 2 cannot tell."""
    from ..common.registry import network, networks
    from ..files.atomic import check_destination, replacing
    from . import output

    if bool(names) == every:
        raise DiptychError("name the networks to check, or say --all (not both)")
    wanted = networks() if every else list(dict.fromkeys(network(name).name for name in names or []))
    if json_file is not None:
        # Before minutes of work whose result could not be written after them.
        check_destination(json_file, force=True)
    with native_stderr_kept():
        reports, problems = _checked(wanted, referee)
    if json_file is not None:
        data = {"passed": len(reports) == len(wanted) and all(r.passed for r in reports), "wanted": wanted}
        data |= {"reports": [report.to_dict() for report in reports], "cannot_tell": problems}
        with replacing(json_file, force=True) as path:
            path.write_text(json.dumps(data, indent=2) + "\n")
    if len(reports) > 1:
        output.checks(reports)
    same = sum(report.passed for report in reports)
    typer.echo(f"{same} of {len(wanted)} networks are the same function in both frameworks")
    if same < len(reports):
        raise typer.Exit(DIFFERENT)
    if same < len(wanted):
        raise typer.Exit(BAD)


for word, command in (checkpoints.COMMANDS | deployment.COMMANDS | catalogue.COMMANDS | study.COMMANDS).items():
    app.command(word)(command)


def _checked(names: list[str], referee: bool) -> tuple[list[Any], dict[str, str]]:
    """The reports of the networks that could be checked, printed as they come, and why the others could not."""
    from .. import check as run
    from ..checking.last_check import remember
    from . import output

    reports, problems = [], {}
    for name in names:
        try:
            with output.waiting(f"checking {name}") as update:
                reports.append(run(name, referee=referee, progress=update))
            remember(reports[-1])
            typer.echo(str(reports[-1]))
        except DiptychError as error:
            problems[name] = str(error)
            typer.echo(f"error: cannot check {name}: {error}", err=True)
    return reports, problems


def main() -> None:
    """The entry point of the `diptych` command."""
    try:
        app(prog_name="diptych")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
