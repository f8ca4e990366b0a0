"""What diptych writes beside weights: the network's name, its options, and torch's batch counters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..common.errors import FileError
from ..common.spec import Net

VERSION = 1


@dataclass(frozen=True)
class Provenance:
    """The network a file says it holds (None where it says nothing), its options, and batch counters by name.

    `record` is how a conversion came to it, as data.
    """

    network: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, int] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)


def dumps(net: Net, extras: Mapping[str, int], record: Mapping[str, Any] | None = None) -> str:
    """The JSON text that says what a file holds, and how a conversion came to it."""
    said = {"diptych": VERSION, "network": net.name, "options": dict(net.options), "extras": dict(extras)}
    return json.dumps(said | ({"conversion": dict(record)} if record else {}))


def loads(text: str | bytes, path: Path) -> Provenance:
    """What a JSON text of `dumps` says; raises FileError where it says something else."""
    try:
        data = json.loads(text)
        version, network = int(data["diptych"]), str(data["network"])
        options = {str(key): _option(value) for key, value in data.get("options", {}).items()}
        extras = {str(key): int(value) for key, value in data.get("extras", {}).items()}
        record = dict(data.get("conversion", {}))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FileError(f"{path}: what it says about its network is not readable ({type(error).__name__})") from None
    if version != VERSION:
        raise FileError(f"{path} was written by another diptych (format {version}, expected {VERSION}); update diptych")
    return Provenance(network, options, extras, record)


def _option(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
