"""What the paper says of a network: its idea, its figures beside those counted here, how it was trained."""

from __future__ import annotations

from dataclasses import dataclass

from ..common import citing
from ..common.cards import Card
from ..common.errors import DiptychError
from ..common.language import gettext
from ..common.registry import Network, network, registered
from ..common.spec import Net
from .figures import count_text


@dataclass(frozen=True)
class Claim:
    """A figure of the paper, the one counted here ("" where nothing is), how far apart they are, and its source."""

    what: str
    theirs: str
    ours: str
    apart: str
    source: str


@dataclass(frozen=True)
class PaperPart:
    """What stands of the paper on the page of a network."""

    card: Card
    claims: tuple[Claim, ...]
    link: str


def registered_as(net: Net) -> Network | None:
    """The registered network that a net is, None for one of somebody's own."""
    try:
        return network(net.name, exact=True) if registered(net.name) else None
    except DiptychError:
        return None


def paper_part(net: Net, item: Network | None) -> PaperPart | None:
    """The card of a network as the page shows it; figures are compared for the network as it was published alone."""
    if item is None:
        return None
    card = item.card
    claims = () if net.options else (*_counts(net, card), *_errors(card))
    paper = card.paper
    link = f"arXiv:{paper.arxiv}" if paper.arxiv else paper.address.removeprefix("https://")
    return PaperPart(card, claims, link)


def _counts(net: Net, card: Card) -> list[Claim]:
    if card.published is None:
        return []
    said, found = card.published, list[Claim]()
    for what, theirs, ours in (
        (gettext("Parameters"), said.params, net.params),
        (gettext("MACs per image"), said.macs, net.macs),
    ):
        if theirs is not None:
            apart = "=" if theirs == ours else f"{100 * (ours / theirs - 1):+.1f} %"
            found.append(Claim(what, _short(theirs), _short(ours), apart, citing.cited(said.source)))
    if said.precision is not None:
        found.append(Claim(gettext(said.measure), f"{said.precision:g} %", "", "", citing.cited(said.source)))
    return found


def _errors(card: Card) -> list[Claim]:
    found = []
    for item in card.reported:
        for what, value in ((gettext("Top-1 error"), item.top1), (gettext("Top-5 error"), item.top5)):
            if value is not None:
                source = gettext("{source}: {what}").format(source=citing.cited(item.source), what=gettext(item.what))
                found.append(Claim(what, f"{value:g} %", "", "", source))
    return found


def _short(count: int) -> str:
    """A count in a few digits, a small one in full."""
    return f"{count:,}" if count < 100_000 else count_text(count)
