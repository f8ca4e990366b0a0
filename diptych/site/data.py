"""What the site's lists say of each network, family and trap: plain values, which the pages' script reads."""

from __future__ import annotations

import json
from collections import Counter
from html import escape
from typing import Any

from ..common.language import gettext
from ..common.registry import Network, canonical, networks
from ..common.registry import network as registered
from ..common.spec import Net
from ..traps.known import Entry
from .ideas import FAMILIES, IDEAS

ARXIV = "https://arxiv.org/abs/"


def row(name: str, net: Net, met: list[str]) -> dict[str, Any]:
    """What the index, the filters and the comparison say of a network."""
    item, kinds = registered(name), Counter(node.kind for node in net.nodes if node.kind != "input")
    paper = item.card.paper
    return {
        "name": name, "title": item.title, "family": item.family, "form": item.source, "year": paper.year,
        "paper": f"{paper.authors}, {paper.title}", "arxiv": paper.arxiv or "", "params": net.params, "macs": net.macs,
        "input": " x ".join(map(str, map(int, net.input_shape))), "layers": len(net.nodes) - 1, "traps": met,
        "ops": dict(sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))),
    }  # fmt: skip


def titles() -> dict[str, str]:
    """What each family is called."""
    return {name: FAMILIES.get(name, registered(first).title.partition(" (")[0]) for name, first in canonical().items()}


def families() -> list[dict[str, Any]]:
    """The families by year, each with its networks, what it took from others, and what others took from it."""
    found = [_family(name, registered(first)) for name, first in canonical().items()]
    return sorted(found, key=lambda item: (item["year"], item["title"]))


def _family(name: str, first: Network) -> dict[str, Any]:
    paper = first.card.paper
    return {
        "name": name, "title": titles()[name], "year": paper.year, "authors": paper.authors,
        "paper": paper.title, "address": paper.address, "networks": networks(name), "idea": first.card.idea,
        "from": [idea for idea in IDEAS if idea.younger == name], "to": [idea for idea in IDEAS if idea.older == name],
    }  # fmt: skip


def taken(family: str) -> str:
    """What a family took over, as HTML for the pages of its networks."""
    titles = {
        name: FAMILIES.get(name, registered(first).title.partition(" (")[0]) for name, first in canonical().items()
    }
    said = [gettext("from {family}: {idea}").format(
                family=f'<a href="../families.html#{idea.older}">{escape(titles[idea.older])}</a>',
                idea=escape(gettext(idea.what)),
            ) for idea in IDEAS if idea.younger == family]  # fmt: skip
    text = gettext("Idea {ideas}.").format(ideas=gettext("; ").join(said))
    return f'<p class="x">{text}</p>' if said else ""


def trap_row(item: Entry, nets: list[str]) -> dict[str, Any]:
    """What the catalogue says of a trap, and the networks that meet it."""
    return {
        "id": item.id, "section": item.section, "title": item.title, "torch": item.torch, "keras": item.keras,
        "rule": item.rule, "wrong": item.wrong, "right": item.right, "nets": nets,
    }  # fmt: skip


def script(rows: list[dict[str, Any]], traps: list[dict[str, Any]]) -> str:
    """The data as a script: a page that is opened from a folder may load no JSON."""
    data = {"networks": rows, "traps": traps, "kinds": kinds()}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"window.DIPTYCH = {text};\n"


def kinds() -> dict[str, str]:
    """What the ops are called in the language that is spoken; those alone that it has other names for."""
    from ..common.ops import kinds as known

    return {kind: gettext(words(kind)) for kind in known() if gettext(words(kind)) != words(kind)}


def words(kind: str) -> str:
    """The name of an op as words: batch norm."""
    return kind.replace("_", " ")
