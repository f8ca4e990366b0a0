"""The commands of study: source, show, draw, traps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ..common.errors import DiptychError
from ..common.language import gettext, message
from ..waiting import waiting
from . import completion
from .options import Channels, Classes, Example, Force, Json, Name, OneSize, Settings, Size, asked, chosen
from .words import arg, opt

if TYPE_CHECKING:
    from markupsafe import Markup

    from ..opening.named import Asked, Named


def source(
    name: Name,
    torch: Annotated[bool, opt("--torch", "--pytorch", help="The PyTorch file.")] = False,
    tf: Annotated[bool, opt("--tf", "--keras", "--tensorflow", help="The Keras file.")] = False,
    output: Annotated[Path | None, opt("-o", "--output", help="Write to this file.")] = None,
    force: Force = False,
    num_classes: Classes = None,
    in_channels: Channels = None,
    input_size: Size = None,
    option: Settings = None,
    example: Example = None,
    one_size: OneSize = False,
) -> None:
    """Write a network as one standalone file of PyTorch or of Keras, line for line the twin of the other."""
    from ..emission import source as emitted
    from .streams import write

    if torch == tf:
        raise DiptychError(
            message(
                "source writes one file: say --torch for PyTorch, or --tf (the same as --keras) for "
                "Keras, as in `diptych source {name} --keras`; `diptych show {name}` prints both",
                name=name,
            )
        )
    net = chosen(name, asked(num_classes, in_channels, input_size, option, example, one_size)).net
    with waiting(gettext("writing {name} out").format(name=net.name)):
        text = emitted(net, "torch" if torch else "tf")
    if output is None:
        write(text)
        return
    from ..files.atomic import replacing

    with replacing(output, force=force) as path:
        path.write_text(text, encoding="utf-8")


def show(
    name: Name,
    html: Annotated[Path | None, opt("--html", help="Write a page of HTML to this file.")] = None,
    check: Annotated[
        Path | None, opt("--check", help="Take the page's measured differences from a `diptych check --json`.")
    ] = None,
    photo: Annotated[
        Path | None, opt("--photo", metavar="IMAGE", help="Show on the page the feature maps of this photograph.")
    ] = None,
    weights: Annotated[
        Path | None, opt("--weights", metavar="FILE", help="The weights of the feature maps; without, seeded ones.")
    ] = None,
    force: Force = False,
    num_classes: Classes = None,
    in_channels: Channels = None,
    input_size: Size = None,
    option: Settings = None,
    example: Example = None,
    one_size: OneSize = False,
) -> None:
    """Show the PyTorch and the Keras source of a network side by side, on the terminal or as a page."""
    from ..emission import twins

    if check is not None and html is None:
        raise DiptychError(message("--check gives the page its measured differences; say --html FILE too"))
    if (photo is not None and html is None) or (weights is not None and photo is None):
        raise DiptychError(message("feature maps are of a page and of a photograph; say --html FILE --photo IMAGE too"))
    wanted = asked(num_classes, in_channels, input_size, option, example, one_size)
    one = chosen(name, wanted, weights)
    net = one.net
    if html is None:
        from ..page.terminal import print_sources

        with waiting(gettext("writing {name} out").format(name=net.name)):
            torch, keras = twins(net)
        print_sources(net, (torch.text, keras.text))
        return
    from ..checking.last_check import read_check, recall
    from ..files.atomic import check_destination, replacing
    from ..page.render import study_page

    check_destination(html, check, force)
    with waiting(gettext("making the page of {name}").format(name=net.name)):
        recorded = recall(net) if check is None else read_check(check, net)
        maps = None if photo is None else _maps(one, wanted, photo, weights)
        text = study_page(net, *twins(net), recorded, maps=maps)
    with replacing(html, force=force) as path:
        path.write_text(text, encoding="utf-8")


def _maps(one: Named, wanted: Asked, photo: Path, weights: Path | None) -> Markup:
    """The part of a page that shows what both frameworks make of a photograph."""
    from ..detecting.images import read
    from ..viewing.opened import see, with_weights
    from ..viewing.page import part
    from .quiet import native_stderr_kept

    pixels = read(photo)
    with native_stderr_kept():
        return part(see(with_weights(one, wanted, weights), pixels, [], None, "float64"))


def draw(
    name: Name,
    file: Annotated[Path | None, arg(metavar="[FILE]", help="Write to this file, a .svg or a .png.")] = None,
    output: Annotated[Path | None, opt("-o", "--output", help="The same.")] = None,
    force: Force = False,
    num_classes: Classes = None,
    in_channels: Channels = None,
    input_size: Size = None,
    option: Settings = None,
    example: Example = None,
    one_size: OneSize = False,
) -> None:
    """Draw the architecture of a network on one page: blocks as units, what is inside them, shapes on the edges."""
    from ..drawing import draw as run

    if (file is None) == (output is None):
        raise DiptychError(message("say once where to draw it: `diptych draw {name} -o {name}.svg`", name=name))
    net = chosen(name, asked(num_classes, in_channels, input_size, option, example, one_size)).net
    with waiting(gettext("drawing {name}").format(name=net.name)):
        run(net, output or file or Path(), force=force)


def traps(
    words: Annotated[
        list[str] | None,
        arg(
            metavar="[WORD...]",
            help="An id, words to search for, or a network; without any, all traps.",
            autocompletion=completion.traps,
        ),
    ] = None,
    run: Annotated[bool, opt("--run", help="Run the code and show what it measures here.")] = False,
    as_json: Json = False,
) -> None:
    """Show where the frameworks differ: both definitions, measured numbers, and code that shows it."""
    from . import output, traps
    from .quiet import native_stderr_kept

    with native_stderr_kept():
        found = traps.asked_for(words or [])
        if not as_json:
            traps.shown(found, run)
            return
        with output.waiting(gettext("reading the networks that meet them")):
            one = traps.placed(found.traps[0], run) if found.one else None
            records = one or [traps.record(each, run) for each in found.traps]
        output.data(records)


COMMANDS: dict[str, Callable[..., None]] = {"source": source, "show": show, "draw": draw, "traps": traps}
