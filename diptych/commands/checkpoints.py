"""The commands about checkpoints: identify, convert, verify."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ..common.errors import DiptychError
from ..common.text import first_few
from .border import BAD, DIFFERENT
from .options import Channels, Classes, Example, Force, Json, Size, asked, size_of
from .quiet import native_stderr_kept
from .streams import say

READ = "A .safetensors, .pth, .keras, .h5, .npz, .weights, .onnx or .pb file, a SavedModel or a checkpoint"
CONVERTED = (
    f"{READ}; a folder or a quoted pattern converts all of its files; or FILE.py:FUNCTION or PACKAGE.MODULE:FUNCTION, "
    "whose code is run to make a model."
)
Source = Annotated[Path, typer.Argument(help=f"{READ}.")]
To = Annotated[
    str,
    typer.Option(
        metavar="LIBRARY", help="Whose names to write: diptych, torchvision, timm, keras, pytorchcv, emitted."
    ),
]

Cfg = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The .cfg of Darknet's that says which network a .weights file is.")
]


def identify(file: Source, as_json: Json = False, cfg: Cfg = None) -> None:
    """Say what a checkpoint is, from its names and shapes: network, names, options, what is missing or too many."""
    from ..conversion.identify import identify as run
    from . import output

    with native_stderr_kept(), output.waiting(f"reading {file}"):
        found = run(file, cfg)
    if as_json:
        output.data(_identification(found))
        raise typer.Exit(0 if found.matches else 1)
    for match in found.matches:
        say(f"{file}: {_line(match)}")
    if len(found.matches) > 1:
        say("  these networks have the same names and shapes; --network NAME says which one to convert")
    if not found.matches:
        say(f"{file}: no network fits exactly; the nearest:")
    for match in found.runners_up[: 1 if found.matches else 3]:
        say(f"  {'runner-up: ' if found.matches else ''}{_line(match)}", *_misfits(match))
    say(*(f"  note: {note}" for note in found.notes))
    if not found.matches:
        raise typer.Exit(1)


def convert(
    src: Annotated[Path, typer.Argument(help=CONVERTED)],
    dst: Annotated[Path, typer.Argument(help="Where to write; the suffix names the format. A folder, for several.")],
    network: Annotated[str | None, typer.Option(help="The network, where the file does not tell.")] = None,
    to: To = "diptych",
    form: Annotated[
        str | None, typer.Option(metavar="NETWORK", help="Another form of the network, if weights can say it exactly.")
    ] = None,
    check: Annotated[bool, typer.Option(help="Run the source's and the result's network against each other.")] = True,
    fast: Annotated[bool, typer.Option("--fast", help="Check in float32, not in float64.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page, too.")] = None,
    suffix: Annotated[str | None, typer.Option(help="The format of several results, such as .keras.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that convert several files.")] = 1,
    force: Force = False,
    num_classes: Classes = None,
    in_channels: Channels = None,
    input_size: Size = None,
    cfg: Cfg = None,
    weights: Annotated[Path | None, typer.Option(help="Of code: a file of weights by the model's own names.")] = None,
    example: Example = None,
    emit: Annotated[
        Path | None,
        typer.Option(help="Of a model of your own: where its source for the other framework goes, if not beside DST."),
    ] = None,
    gradients: Annotated[
        bool, typer.Option("--gradients", help="Of a model of your own: compare gradients, too.")
    ] = False,
) -> None:
    """Convert weights between frameworks, formats and libraries' names; read back bit by bit, and run to compare.

    A model of your own, by a file of it or by code that makes it, is read into a network; its source for the other
    framework is written, too.
    """
    from .. import convert as run
    from ..conversion import batch
    from ..opening.code import is_code
    from . import output

    size = size_of(input_size)
    wanted: dict[str, Any] = {"network": network, "to": to, "form": form, "force": force, "num_classes": num_classes}
    wanted |= {"in_channels": in_channels, "input_size": size}
    wanted |= {"cfg": str(cfg)} if cfg is not None else {}
    wanted["check"] = ("float32" if fast else "float64") if check else None
    own: dict[str, Any] = {"emit": emit, "gradients": gradients}
    if is_code(str(src)):
        batch_only = {"suffix": suffix, "jobs": None if jobs == 1 else jobs, "html": html}
        say(*str(_of_code(str(src), dst, (weights, example), wanted | own, batch_only)).splitlines())
        return
    if weights is not None:
        raise DiptychError("--weights is for code, FILE.py:FUNCTION; a file has its own")
    if example is not None:
        from ..opening.named import example_of

        own["example"] = example_of(asked(example=example), "tf")
    if batch.several(src):
        if any(value is not None and value is not False for value in own.values()):
            raise DiptychError("--emit, --gradients and --example are for one model of your own")
        if html is not None:
            raise DiptychError("--html takes one conversion; of several, each has its own report beside it")
        done = batch.convert_all(batch.files(src), dst, suffix or "", jobs, wanted)
        output.conversions(done)
        if any(item.error for item in done):
            raise typer.Exit(BAD)
        return
    if suffix is not None or jobs > 1:
        raise DiptychError(f"--suffix and --jobs are for several files; {src} is one, and {dst} names its format")
    with native_stderr_kept(), output.waiting(f"converting {src}") as update:
        one = run(src, dst, html=html, progress=update, **wanted, **own)
    say(*str(one).splitlines())


def _of_code(
    name: str, dst: Path, given: tuple[Path | None, str | None], wanted: dict[str, Any], more: dict[str, Any]
) -> Any:
    """The conversion of a model that somebody's code makes, with the weights of a file where one is given."""
    from ..conversion.own import Request, convert_own, of_model
    from ..files.destinations import check_several
    from ..opening.code import home_of, model_of
    from ..opening.named import example_for
    from ..opening.weights import put
    from . import output

    weights, example = given
    places = tuple(path for path in (home_of(name), weights) if path is not None)
    with native_stderr_kept(), output.waiting(f"reading {name}") as update:
        request = Request(
            dst, wanted["emit"], wanted["check"], wanted["force"], wanted["gradients"], False, wanted["to"], update
        )
        request.refuse({key: wanted.get(key) for key in ("network", "form", "num_classes", "cfg")} | more)
        for place in places or (None,):
            check_several([dst, request.source], place, wanted["force"])
        model = model_of(name)
        if weights is not None:
            put(model, weights, name)
        size = asked(in_channels=wanted["in_channels"], example=example)
        batch = example_for(name, model, replace(size, input_size=wanted["input_size"]))
        return convert_own(of_model(model, batch, name=name, places=places), request)


def verify(
    file: Annotated[Path, typer.Argument(help="A file that diptych converted.")],
    fast: Annotated[bool, typer.Option("--fast", help="Check in float32, not in float64.")] = False,
    result_only: Annotated[
        bool, typer.Option("--result-only", help="Ask for no source: hold the file against its report, and run it.")
    ] = False,
) -> None:
    """Repeat the proof of a conversion: 0 the source's weights and function, 1 not so, 2 there is no such source."""
    from ..conversion.verify import verify as run
    from . import output

    with native_stderr_kept(), output.waiting(f"verifying {file}"):
        found = run(file, "float32" if fast else "float64", result_only)
    say(*str(found).splitlines())
    if not found.passed:
        raise typer.Exit(BAD if found.unknown else DIFFERENT)


def _line(match: Any) -> str:
    from ..conversion.identify import libraries

    options = "".join(f", {key}={value}" for key, value in match.net.options)
    also = f" (the same function as {', '.join(match.also)})" if match.also else ""
    share = f"{match.confidence:.1%}" if match.confidence < 1 else "100 %"
    names = "the order" if match.checkpoint.nameless else "the names"
    whose = "Darknet" if match.checkpoint.nameless else ", ".join(libraries(match))
    return f"{match.net.name}{options} in {names} of {whose}; {share} of the weights fit{also}"


def _misfits(match: Any) -> list[str]:
    parts = {"missing": match.missing, "extra": match.extra, "of another shape": match.misfits}
    parts["in its layers"] = match.wires or ()
    return [f"    {len(names)} {what}: {first_few(names, 4)}" for what, names in parts.items() if names]


def _identification(found: Any) -> dict[str, Any]:
    from ..conversion.identify import libraries

    def described(match: Any) -> dict[str, Any]:
        return {
            "network": match.net.name,
            "also": list(match.also),
            "names": libraries(match),
            "options": dict(match.net.options),
            "confidence": match.confidence,
            "missing": list(match.missing),
            "extra": list(match.extra),
            "misfits": list(match.misfits),
            "layers": list(match.wires or ()),
        }

    return {
        "path": str(found.path),
        "exact": [described(match) for match in found.matches],
        "runners_up": [described(match) for match in found.runners_up],
        "notes": list(found.notes),
    }


COMMANDS: dict[str, Callable[..., None]] = {"convert": convert, "identify": identify, "verify": verify}
