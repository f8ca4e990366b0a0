"""The command line.

Exit code 0 is yes, 1 different, 2 bad input, cannot tell, or output that nobody took, 3 a fault of diptych itself, 130
Ctrl-C.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..common.errors import DiptychError
from ..common.language import gettext, local, message
from . import catalogue, checkpoints, comparison, deployment, detection, searching, site, study, training, viewing
from .border import TRACEBACK, Border
from .language import OPTION
from .options import Channels, Classes, Example, Names, OneSize, Settings, Size, asked, chosen
from .quiet import native_stderr_kept
from .reporting import (
    SCHEMA,
    Baseline,
    Fast,
    Gates,
    HtmlFile,
    JsonFile,
    JunitFile,
    Optimizer,
    Reporting,
    Steps,
    Update,
    check_optimizer,
)
from .streams import complain, prepare, say
from .words import for_typer

if TYPE_CHECKING:
    from ..checking.report import Report
    from ..common.spec import Net
    from ..opening.named import Asked

app = typer.Typer(
    cls=Border,
    help="The same convolutional network, natively in PyTorch and in TensorFlow, with proof.",
    epilog="Exit codes: 0 yes, 1 different, 2 bad input, cannot tell, or nobody took the output, 3 a fault of diptych, "
    "130 Ctrl-C.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "token_normalize_func": lambda word: word.replace("_", "-"),
    },
)


def _version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        say(f"diptych {__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("-V", "--version", callback=_version, is_eager=True, help="Print the version.")]

Traceback = Annotated[
    bool, typer.Option(TRACEBACK, help="Show where in the code an error was raised; at any place of the command.")
]


Lang = Annotated[
    str | None,
    typer.Option(OPTION, metavar="en|zh", help="The language of help and messages; at any place of the command."),
]


@app.callback()
def options(version: Version = False, traceback: Traceback = False, lang: Lang = None) -> None:
    """The same convolutional network, natively in PyTorch and in TensorFlow, with proof."""


@app.command()
@for_typer
def check(
    names: Names = None,
    every: Annotated[bool, typer.Option("--all", help="Check every registered network.")] = False,
    referee: Annotated[
        bool,
        typer.Option("--referee", help="Hold both to the spec's ONNX graph, too: two more opinions."),
    ] = False,
    gates: Gates = None,
    fast: Fast = False,
    json_file: JsonFile = None,
    junit: JunitFile = None,
    html: HtmlFile = None,
    baseline: Baseline = None,
    update: Update = False,
    num_classes: Classes = None,
    in_channels: Channels = None,
    input_size: Size = None,
    option: Settings = None,
    example: Example = None,
    one_size: OneSize = False,
    steps: Steps = None,
    optimizer: Optimizer = "sgd",
) -> None:
    """Check that both frameworks compute the same function: exit code 0 same, 1 different, 2 cannot tell.

    With a baseline it is 0 for what is as there, and 1 for any change.
    """
    from ..checking.asked import asked_gates, gates_of
    from ..checking.gates import GATES
    from ..common.registry import networks

    if bool(names) == every:
        raise DiptychError(
            message("name the networks to check, such as `diptych check resnet50`, or say --all (not both)")
        )
    _refuse_two_files(names or [])
    check_optimizer(optimizer)
    picked = asked_gates(list(GATES), gates_of(gates), fast, steps=steps)
    wanted = _named(
        networks() if every else names or [], asked(num_classes, in_channels, input_size, option, example, one_size)
    )
    reporting = Reporting("check", json_file, junit, html, baseline, update)
    reporting.prepare(list(wanted))  # before minutes of work whose result could not be written after them
    partial = fast or picked != tuple(GATES)
    how = {"referee": referee, "gates": picked, "fast": fast, "steps": steps, "optimizer": optimizer}
    with native_stderr_kept():
        found = _checked(wanted, how, partial, reporting.quiet)
    if not reporting.quiet:
        _sum_up(found)
    if code := reporting.finish(found, _data(found)):
        raise typer.Exit(code)


for group in (comparison, training, searching, checkpoints, deployment, detection, catalogue, study, viewing, site):
    for word, command in group.COMMANDS.items():
        app.command(word)(for_typer(command))


def _refuse_two_files(names: list[str]) -> None:
    """Raise DiptychError for two files: each would be checked by itself, and that is not what two files ask."""
    from ..opening.code import is_code
    from ..opening.named import is_own

    if len(names) == 2 and all(is_own(name) and not is_code(name) for name in names):
        one, other = names
        raise DiptychError(
            message(
                "check holds one network in both frameworks to each other; whether two files are one function says "
                "`{compare}`, and each by itself is checked by `{check}`",
                compare=shlex.join(["diptych", "compare", one, other]),
                check=shlex.join(["diptych", "check", one]),
            )
        )


def _named(names: list[str], wanted: Asked) -> dict[str, str | Net]:
    """What is to be checked, by name: registered networks, and those of somebody's own."""
    from ..common.registry import network
    from ..opening.specs import is_spec

    found = dict[str, "str | Net"]()
    for name in names:
        one = chosen(name, wanted)
        if one.result is not None or is_spec(name):
            found[name] = one.net
        elif wanted != asked():
            found[network(name).name] = one.net
        else:
            found[network(name).name] = network(name).name
    return found


def _checked(nets: dict[str, str | Net], how: dict[str, Any], partial: bool, quiet: bool) -> dict[str, Report | str]:
    """By name the report, printed as it comes unless quiet, or why there is none; a whole one is remembered."""
    from .. import check as run
    from ..checking.last_check import remember
    from . import output

    found = dict[str, "Report | str"]()
    for name, net in nets.items():
        try:
            with output.waiting(gettext("checking {name}").format(name=name)) as told:
                found[name] = report = run(net, progress=told, **how)
        except DiptychError as error:
            found[name] = str(error)
            complain(gettext("error: cannot check {name}: {said}").format(name=name, said=local(error)))
            continue
        if isinstance(net, str) and not partial:
            remember(report)
        say(*(() if quiet else str(report).splitlines()))
    return found


def _sum_up(found: dict[str, Report | str]) -> None:
    from . import output

    reports = [report for report in found.values() if not isinstance(report, str)]
    if len(reports) > 1:
        output.checks(reports)
    same = sum(report.passed for report in reports)
    far = gettext(", as far as was asked") if any(report.partial for report in reports) else ""
    said = gettext("{same} of {count} networks are the same function in both frameworks{far}")
    say(said.format(same=same, count=len(found), far=far))


def _data(found: dict[str, Report | str]) -> dict[str, Any]:
    """What was found, for JSON."""
    reports = [report.to_dict() for report in found.values() if not isinstance(report, str)]
    problems = {name: report for name, report in found.items() if isinstance(report, str)}
    passed = not problems and all(report["passed"] for report in reports)
    return {"schema": SCHEMA, "passed": passed, "wanted": list(found), "reports": reports, "cannot_tell": problems}


def main() -> None:
    """The entry point of the `diptych` command."""
    prepare()
    app(prog_name="diptych")
