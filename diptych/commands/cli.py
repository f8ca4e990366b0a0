"""The command line.

Exit code 0 is yes, 1 different, 2 bad input, cannot tell, or output that nobody took, 3 a fault of diptych itself, 130
Ctrl-C.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ..common.errors import DiptychError
from ..common.spec import Net
from . import catalogue, checkpoints, comparison, deployment, detection, study
from .border import BAD, DIFFERENT, TRACEBACK, Border
from .options import NAMES, Example, Size, asked, chosen
from .quiet import native_stderr_kept
from .streams import complain, prepare, say

app = typer.Typer(
    cls=Border,
    help="The same convolutional network, natively in PyTorch and in TensorFlow, with proof.",
    epilog="Exit codes: 0 yes, 1 different, 2 bad input, cannot tell, or nobody took the output, 3 a fault of diptych, "
    "130 Ctrl-C.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        say(f"diptych {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")]

Traceback = Annotated[
    bool, typer.Option(TRACEBACK, help="Show where in the code an error was raised; at any place of the command.")
]


@app.callback()
def options(version: Version = False, traceback: Traceback = False) -> None:
    """The same convolutional network, natively in PyTorch and in TensorFlow, with proof."""


@app.command()
def check(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help=NAMES)] = None,
    every: Annotated[bool, typer.Option("--all", help="Check every registered network.")] = False,
    referee: Annotated[
        bool,
        typer.Option("--referee", help="Hold both to the spec's ONNX graph, too: two more opinions."),
    ] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the reports to this file, as JSON.")] = None,
    input_size: Size = None,
    example: Example = None,
) -> None:
    """Check that both frameworks compute the same function: exit code 0 same, 1 different, 2 cannot tell."""
    from ..common.registry import networks
    from ..files.atomic import check_destination, replacing
    from . import output

    if bool(names) == every:
        raise DiptychError("name the networks to check, or say --all (not both)")
    wanted = _named(networks() if every else names or [], input_size, example)
    if json_file is not None:
        # Before minutes of work whose result could not be written after them.
        check_destination(json_file, force=True)
    with native_stderr_kept():
        reports, problems = _checked(wanted, referee)
    if json_file is not None:
        data = {"passed": len(reports) == len(wanted) and all(r.passed for r in reports), "wanted": list(wanted)}
        data |= {"reports": [report.to_dict() for report in reports], "cannot_tell": problems}
        with replacing(json_file, force=True) as path:
            path.write_text(json.dumps(data, indent=2) + "\n")
    if len(reports) > 1:
        output.checks(reports)
    same = sum(report.passed for report in reports)
    say(f"{same} of {len(wanted)} networks are the same function in both frameworks")
    if same < len(reports):
        raise typer.Exit(DIFFERENT)
    if same < len(wanted):
        raise typer.Exit(BAD)


for group in (comparison, checkpoints, deployment, detection, catalogue, study):
    for word, command in group.COMMANDS.items():
        app.command(word)(command)


def _named(names: list[str], input_size: str | None, example: str | None) -> dict[str, str | Net]:
    """What is to be checked, by name: registered networks, and those of somebody's own."""
    from ..common.registry import network

    wanted = asked(input_size=input_size, example=example)
    found: dict[str, str | Net] = {}
    for name in names:
        one = chosen(name, wanted)
        if one.result is not None:
            found[name] = one.net
        elif wanted.size is not None:
            raise DiptychError(f"{name} is checked at sizes of its own; --input-size is for models of your own")
        else:
            found[network(name).name] = network(name).name
    return found


def _checked(nets: dict[str, str | Net], referee: bool) -> tuple[list[Any], dict[str, str]]:
    """The reports of the networks that could be checked, printed as they come, and why the others could not."""
    from .. import check as run
    from ..checking.last_check import remember
    from . import output

    reports, problems = [], {}
    for name, net in nets.items():
        try:
            with output.waiting(f"checking {name}") as update:
                reports.append(run(net, referee=referee, progress=update))
        except DiptychError as error:
            problems[name] = str(error)
            complain(f"error: cannot check {name}: {error}")
            continue
        if isinstance(net, str):
            remember(reports[-1])
        say(*str(reports[-1]).splitlines())
    return reports, problems


def main() -> None:
    """The entry point of the `diptych` command."""
    prepare()
    app(prog_name="diptych")
