"""What diptych writes beside weights: the network's name, its options, and torch's batch counters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..common.errors import DiptychError, FileError
from ..common.text import printable
from . import bounded_json

if TYPE_CHECKING:
    from ..common.spec import Net

VERSION = 1
NETWORK, OPTIONS, RECORD = "diptych.network", "diptych.options", "diptych.conversion"
"""The same as metadata of safetensors."""
LONGEST, VALUES = 1 << 24, 500_000
"""Characters and values of what a file says, at most."""
LARGEST, TEXT = 1_000_000, 80
MOST = {"depth": 16, "in_channels": 1 << 16, "input_size": 1 << 14, "width": 64}
"""The largest value of an option, and the longest text; each part of a network is traced, so that depth costs time."""

UNREGISTERED = "own:"
"""What stands before the name of a network of somebody's own, which may be that of a registered one."""


@dataclass(frozen=True)
class Provenance:
    """The network a file says it holds (None where it says nothing), its options, and batch counters by name.

    `record` is how a conversion came to it, as data.
    """

    network: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, int] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)


def name_of(net: Net) -> str:
    """The name that a file states: that of a registered network for this very network alone.

    >>> from diptych.common.registry import spec
    >>> name_of(spec("lenet5_modern"))
    'lenet5_modern'
    """
    from ..common.registry import registered, traced

    try:
        same = registered(net.name) and traced(net.name, dict(net.options)).nodes == net.nodes
    except (DiptychError, TypeError):
        same = False  # options of its own
    return net.name if same else f"{UNREGISTERED}{net.name}"


def of_metadata(metadata: Mapping[str, str], path: Path) -> Provenance:
    """What the texts beside the tensors of a safetensors file say; raises FileError as `loads` does."""
    if NETWORK not in metadata:
        return Provenance()
    network, options, record = json.dumps(metadata[NETWORK]), metadata.get(OPTIONS, "{}"), metadata.get(RECORD, "{}")
    said = f'"network": {network}, "options": {options}, "conversion": {record}'
    return loads(f'{{"diptych": {VERSION}, {said}}}', path)


def dumps(net: Net, extras: Mapping[str, int], record: Mapping[str, Any] | None = None) -> str:
    """The JSON text that says what a file holds, and how a conversion came to it."""
    said = {"diptych": VERSION, "network": name_of(net), "options": dict(net.options), "extras": dict(extras)}
    return json.dumps(said | ({"conversion": dict(record)} if record else {}))


def loads(text: str | bytes, path: Path) -> Provenance:
    """What a JSON text of `dumps` says; raises FileError where it says something else, or what no network has."""
    try:
        if len(text) > LONGEST:
            raise ValueError("too long")
        data = bounded_json.loads(text, VALUES)
        version, network = _whole(data["diptych"]), data["network"]
        options = {key: _option(value) for key, value in data.get("options", {}).items()}
        extras = {key: _whole(value) for key, value in data.get("extras", {}).items()}
        record = data.get("conversion", {})
        if not isinstance(network, str) or not isinstance(record, dict):
            raise TypeError("no name, or no record")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileError(f"{path}: what it says about its network is not readable ({type(error).__name__})") from None
    if version != VERSION:
        raise FileError(f"{path} was written by another diptych (format {version}, expected {VERSION}); update diptych")
    for key, value in options.items():
        _check(key, value, path)
    return Provenance(network, options, extras, record)


def _whole(value: Any) -> int:
    """A whole number of 64 bits; raises TypeError or ValueError for anything else."""
    if type(value) is not int:
        raise TypeError("no whole number")
    if not -(1 << 63) <= value < 1 << 63:
        raise ValueError("too large")
    return value


def _option(value: Any) -> Any:
    """The value of an option: a number, a text, a truth, none, or a few numbers; raises TypeError for others."""
    if isinstance(value, list):
        if len(value) > 8 or not all(type(item) in (int, float) for item in value):
            raise TypeError("no value of an option")
        return tuple(value)
    if not (value is None or isinstance(value, (bool, int, float, str))):
        raise TypeError("no value of an option")
    return value


def _longest_head() -> int:
    from ..common.head import LONGEST

    return LONGEST


def _check(key: str, value: Any, path: Path) -> None:
    """Raise FileError for an option that would make a network larger than any is, before one is traced with it."""
    most = MOST.get(key, LARGEST)
    numbers = [item for item in (value if isinstance(value, tuple) else (value,)) if type(item) in (int, float)]
    long = isinstance(value, str) and len(value) > (_longest_head() if key == "head" else TEXT)
    if long or any(not -most <= number <= most for number in numbers):
        raise FileError(
            f"{path} says its network has {printable(key, TEXT)}={printable(str(value), TEXT)}, more than any network "
            f"has (at most {most}); say with --network what it is, from a file that says nothing"
        )
