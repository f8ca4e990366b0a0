"""Which networks there are, without their functions: names, aliases, families and titles, which a list shows.

`zoo.json` has them, so that a name is found without reading every file of `zoo`. `make write` writes it, and a test
holds it. Beside each family stands a checksum of its file: one that was edited, or is new, is read itself.
"""

from __future__ import annotations

import fnmatch
import functools
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .cards import Card, card
from .errors import DiptychError, SpecError
from .kept import checksum, kept
from .language import message
from .spoken import heard, refusal, suggested
from .text import NAME, printable

FILE = Path(__file__).with_name("zoo.json")
KEYS = ("name", "title", "source", "aliases", "options", "num_classes", "in_channels", "input_size", "alias_sizes")
"""What the file has of a network."""


@dataclass(frozen=True)
class Entry:
    """What a list says of one network; the fields are those of `registry.Network`."""

    name: str
    title: str
    family: str
    source: str
    aliases: tuple[str, ...]
    options: tuple[str, ...]
    num_classes: int | None
    in_channels: int
    input_size: tuple[int, int]
    alias_sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def card(self) -> Card:
        """Paper, reference, counts, preprocessing and quirks."""
        return card(self.family, self.name)


@dataclass(frozen=True)
class Family:
    """One file of `zoo`: its networks in order, and the one whose emitted source is committed."""

    canonical: str
    networks: tuple[Entry, ...]


def family_file(name: str) -> Any:
    """The module of a family."""
    return importlib.import_module(f".zoo.{name}", __package__)


@functools.cache
def families() -> dict[str, Family]:
    """Every family by its name, from the file where that knows it as it stands."""
    from . import zoo

    known = kept(FILE)
    found = {}
    for name in sorted(module.name for module in pkgutil.iter_modules(zoo.__path__)):
        data = known.get(name)
        if data is None or data["checksum"] != checksum(Path(zoo.__path__[0], f"{name}.py")):
            data = described(name)
        found[name] = Family(data["canonical"], tuple(_entry(name, *values) for values in data["networks"]))
    return found


def described(name: str) -> dict[str, Any]:
    """What the file should hold of a family, whose module is read."""
    module = family_file(name)
    networks = [[getattr(network, key) for key in KEYS] for network in module.NETWORKS]
    return {"checksum": checksum(Path(module.__file__)), "canonical": module.CANONICAL, "networks": networks}


def _entry(family: str, *values: Any) -> Entry:
    """An entry from values in the order of KEYS, in which JSON has lists for tuples."""
    read = dict(zip(KEYS, values, strict=True))
    plain: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in read.items()}
    sizes = {alias: (size[0], size[1]) for alias, size in plain.pop("alias_sizes").items()}
    return Entry(family=family, alias_sizes=sizes, **plain)


@functools.cache
def known_networks() -> tuple[dict[str, Entry], dict[str, str]]:
    """Every network by its name, and alias -> name; raises SpecError where two have one name."""
    networks: dict[str, Entry] = {}
    aliases: dict[str, str] = {}
    for family, listed in families().items():
        for network in listed.networks:
            for name in (network.name, *network.aliases):
                if name in networks or name in aliases:
                    raise SpecError(
                        message("the name {name!r} in zoo/{family}.py is registered already", name=name, family=family)
                    )
                aliases[name] = network.name
            del aliases[network.name]
            networks[network.name] = network
    return networks, aliases


def networks(family: str | None = None) -> list[str]:
    """The names of all registered networks, of one family, or of a pattern such as "*resnet*".

    Raises DiptychError for an unknown family.
    """
    everything = known_networks()[0].values()
    if family is not None and any(sign in family for sign in "*?["):
        return [item.name for item in everything if fnmatch.fnmatchcase(item.name, family.lower())]
    known = sorted(families())
    if family is not None and family not in known:
        plain, close = family.lower().replace("-", "_"), suggested(family, known)
        if plain in known:
            return networks(plain)
        advice = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
        raise DiptychError(
            message(
                "there is no family {family!r}; {advice}the families are {known}",
                family=family,
                advice=advice,
                known=", ".join(known),
            )
        )
    return [network.name for network in everything if family in (None, network.family)]


@functools.cache
def canonical() -> dict[str, str]:
    """Family -> the network whose emitted source stands in `torch_impl/models` and `tf_impl/models`.

    >>> canonical()["resnet"]
    'resnet50'
    """
    return {name: family.canonical for name, family in families().items()}


def spelled_name(name: str, exact: bool = False) -> str:
    """The registered name or alias that a text is, or unless `exact` means; raises DiptychError naming near matches."""
    if not isinstance(name, str):
        raise DiptychError(
            message(
                "the name of a network is text such as 'resnet50', not {name}; a model of your own is "
                "read by diptych.read(model, example)",
                name=printable(repr(name), NAME),
            )
        )
    known, aliases = known_networks()
    if name in known or name in aliases:
        return name
    found = None if exact else heard(name, _spelled())
    if not found:
        raise DiptychError(refusal(name, [*known, *aliases], {item.name: item.family for item in known.values()}))
    return found


def entry(name: str) -> Entry:
    """The entry of the network that a text means; raises DiptychError as `spelled_name` does."""
    known, aliases = known_networks()
    found = spelled_name(name)
    return known[aliases.get(found, found)]


@functools.cache
def _spelled() -> dict[str, str]:
    """Every name and alias -> what `network` takes: an alias of a size stays, since it says more than the name."""
    known, aliases = known_networks()
    return {name: name for name in known} | {
        alias: alias if alias in known[name].alias_sizes else name for alias, name in aliases.items()
    }
