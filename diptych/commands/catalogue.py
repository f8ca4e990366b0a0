"""The commands of the catalogue: list, card, table, plot."""

from __future__ import annotations

import fnmatch
import shlex
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ..common.cards import Card
from ..common.errors import DiptychError
from ..common.language import gettext, marked, message
from ..common.listed import Entry, entry, known_networks, networks
from ..common.spoken import squeezed, suggested
from ..waiting import waiting
from . import completion
from .options import (
    NAMES,
    Channels,
    Classes,
    Example,
    Family,
    Force,
    Json,
    OneSize,
    Registered,
    Settings,
    Size,
    asked,
    chosen,
    within,
)
from .words import arg, opt

if TYPE_CHECKING:
    from ..common.registry import Network

Years = Annotated[str | None, opt(metavar="RANGE", help="Published in 2015, or in 2015..2018.")]
Params = Annotated[str | None, opt(metavar="RANGE", help="Trainable numbers: ..5M, or 20M..30M.")]
Macs = Annotated[str | None, opt(metavar="RANGE", help="Multiply-accumulates per image: ..600M, or 1G..")]
FIGURES: dict[str, Callable[[Card], int]] = {
    "--year": lambda card: card.paper.year,
    "--params": lambda card: card.counts.params,
    "--macs": lambda card: card.counts.macs,
}


Words = Annotated[
    list[str] | None,
    arg(
        metavar="[WORD...]",
        help="Only those with these words in name, family or title: resnet, '*_v2*'.",
        autocompletion=completion.networks,
    ),
]


def list_networks(
    words: Words = None,
    family: Family = None,
    year: Years = None,
    params: Params = None,
    macs: Macs = None,
    as_json: Json = False,
) -> None:
    """List the registered networks: all, or those with a word in their names, of a family, of some years or size."""
    from . import output

    known, _ = known_networks()
    found = [known[name] for name in networks(family)]
    for word in words or ():
        meant = _meant(word)
        found = [item for item in found if item.name == meant or _has(item, word)]
        if not found:
            raise DiptychError(_nothing(word, words or ()))
    for (option, figure), text in zip(FIGURES.items(), (year, params, macs), strict=True):
        low, high = within(option, text)
        found = [item for item in found if low <= figure(item.card) <= high]
    if as_json:
        output.data([record(item) for item in found])
        return
    header = (
        marked("name"), marked("aliases"), marked("family"), marked("form of"), marked("title"), marked("year"),
        marked("parameters"), marked("MACs"),
    )  # fmt: skip
    output.grid(header, map(_row, found), 5, ("aliases", "title", "form of", "family", "MACs", "year"))


def _meant(word: str) -> str | None:
    """The name of the network that a word means by itself."""
    try:
        return None if any(sign in word for sign in "*?[") else entry(word).name
    except DiptychError:
        return None


def _has(item: Entry, word: str) -> bool:
    """Whether a word is a part of a network's name, family or title, or their pattern."""
    texts = (item.name, *item.aliases, item.family, item.title, item.source)
    if any(sign in word for sign in "*?["):
        return any(fnmatch.fnmatchcase(text.lower(), word.lower()) for text in texts)
    return any(squeezed(word) in squeezed(text) for text in texts)


def _nothing(word: str, words: Sequence[str]) -> str:
    near = suggested(word, [name for each, item in known_networks()[0].items() for name in (each, *item.aliases)])
    advice = message("did you mean {names}?", names=" or ".join(map(repr, near)))
    before = " ".join(map(repr, words[: words.index(word)]))
    return message(
        "no network has {word!r} in its name, family or title{beside}; {advice}",
        word=word,
        beside=message(" beside {words}", words=before) if before else "",
        advice=advice if near else message("`diptych list` shows all"),
    )


def record(item: Entry | Network) -> dict[str, Any]:
    """A network as JSON values, with its card."""
    keys = ("name", "title", "family", "source", "num_classes", "in_channels", "input_size", "aliases", "options")
    return {key: getattr(item, key) for key in keys} | {"card": asdict(item.card)}


def _row(item: Entry) -> tuple[str, ...]:
    words = (item.name, ", ".join(item.aliases), item.family, item.source, item.title)
    year, *counts = (figure(item.card) for figure in FIGURES.values())
    return (*words, str(year), *(f"{count:,}" for count in counts))


def card(name: Registered, as_json: Json = False) -> None:
    """Show what is known of a network: paper, public reference, counts, preprocessing, quirks, reported errors."""
    from . import output

    item = _carded(name)
    if as_json:
        output.data(record(item))
        return
    output.card(item)
    output.listed(gettext("other forms"), [f"{each} ({entry(each).source})" for each in forms_of(item.name)])
    told = {
        "table": gettext("layers, shapes and costs"),
        "show": gettext("both sources side by side"),
        "check": gettext("the proof"),
    }
    more = [f"diptych {word} {item.name}: {what}" for word, what in told.items()]
    built = gettext("diptych.build({name!r}, 'torch') in Python, or 'keras': the model").format(name=item.name)
    output.listed(gettext("what to type next"), [*more, built, gettext(CONVERTED)])


def _carded(name: str) -> Entry | Network:
    """What is known of a name; a folded network is asked for with its file."""
    if not name.endswith(".folded"):
        return entry(name)
    from ..common.registry import network

    return network(name)


CONVERTED = marked("diptych convert FILE out.keras: from a file of its weights (.pth, .safetensors, .keras, ...)")


def forms_of(name: str) -> list[str]:
    """The registered networks that are other functions of the same name: resnet50.keras for resnet50."""
    return [each for each in networks() if each != name and each.partition(".")[0] == name.partition(".")[0]]


def table(
    names: Annotated[list[str], arg(metavar="NAME...", help=NAMES, autocompletion=completion.networks)],
    compare: Annotated[bool, opt("--compare", help="Put several networks side by side, by their sums.")] = False,
    num_classes: Classes = None,
    in_channels: Channels = None,
    input_size: Size = None,
    option: Settings = None,
    example: Example = None,
    one_size: OneSize = False,
    as_json: Json = False,
) -> None:
    """Show every layer of a network: shapes, parameters, MACs, receptive field and memory, with totals."""
    if len(names) > 1 and not compare:
        raise DiptychError(
            message(
                "table shows the layers of one network; to put several side by side, say `{command}`",
                command=shlex.join(["diptych", "table", "--compare", *names]),
            )
        )
    wanted = asked(num_classes, in_channels, input_size, option, example, one_size)
    from ..common import analysis
    from . import output, tables

    with waiting(gettext("reading {name}").format(name=names[0])):
        nets = [chosen(name, wanted).net for name in names]
    if compare:
        from ..common.side_by_side import compared

        rows = compared(nets)
        if as_json:
            output.data({net.name: dict(row) for net, row in zip(nets, rows, strict=True)})
        else:
            output.side_by_side(nets, rows)
        return
    (net,) = nets
    layers = analysis.table(net)
    if not as_json:
        tables.table(net, layers)
        return
    head = {"network": net.name, "title": net.title, "paper": net.paper, "options": dict(net.options)}
    body = {"rows": [row.to_dict() for row in layers], "totals": analysis.totals(layers), "rule": analysis.RULE}
    output.data(head | {"input": list(net.input_shape)} | body)


def plot(
    output: Annotated[Path, opt("-o", "--output", help="Write to this file, a .svg, .png or .pdf.")],
    names: Annotated[
        list[str] | None,
        arg(metavar="[NAME...]", help="Only these networks.", autocompletion=completion.networks),
    ] = None,
    family: Family = None,
    force: Force = False,
) -> None:
    """Plot parameters against MACs, and the errors that papers report, each with its source."""
    from ..common.registry import network
    from ..drawing.plot import write_plot

    if names and family:
        raise DiptychError(message("name the networks to plot, or their --family (not both)"))
    wanted = list(dict.fromkeys(network(name).name for name in names)) if names else networks(family)
    with waiting(gettext("plotting {count} networks").format(count=len(wanted))):
        write_plot([network(name) for name in wanted], output, force=force)


COMMANDS: dict[str, Callable[..., None]] = {"list": list_networks, "card": card, "table": table, "plot": plot}
