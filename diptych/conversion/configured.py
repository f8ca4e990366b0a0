"""What a `.cfg` of Darknet's says of a checkpoint: its network and its options, and whether that is so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..common.errors import DiptychError, WeightsError
from ..common.registry import network, traced
from ..common.spec import Net
from ..files.boxes import KEY, carried
from ..files.checkpoint import Checkpoint
from ..files.darknet import Configured, read_cfg


def asked(
    cfg: str | Path | None, name: str | None, options: Mapping[str, Any]
) -> tuple[str | None, dict[str, Any], Configured | None]:
    """(network, options, what the file says) where a caller names a `.cfg`, a network or both.

    Raises DiptychError where the file says another network, or another number of classes or channels.
    """
    if cfg is None:
        return name, dict(options), None
    if not isinstance(cfg, (str, Path)):
        raise DiptychError(f"cfg is the path of a .cfg file, not {cfg!r}")
    said = read_cfg(Path(cfg))
    if name and network(name).name != said.network:
        raise DiptychError(f"{cfg} is {said.network}, not {network(name).name}; name one of the two")
    own = {"num_classes": network(said.network).num_classes, "in_channels": network(said.network).in_channels}
    for key, standard in own.items():
        if options.get(key) not in (None, said.options.get(key, standard)):
            raise DiptychError(f"{cfg} says {key}={said.options.get(key, standard)}, not {options[key]}")
    given = {key: value for key, value in options.items() if value is not None}
    return said.network, {**said.options, **given}, said


def with_boxes(checkpoint: Checkpoint, said: Configured | None) -> Checkpoint:
    """The checkpoint with the anchors that a `.cfg` says, where one is named, in place of those it carries."""
    if said is None:
        return checkpoint
    stated = checkpoint.stated
    before = stated.record.get("carried")
    kept = {key: value for key, value in before.items() if key != KEY} if isinstance(before, dict) else {}
    return replace(checkpoint, stated=replace(stated, record={**stated.record, "carried": kept | carried(said)}))


def check_configured(said: Configured | None, net: Net, path: Path) -> tuple[str, ...]:
    """What is to be noted of a `.cfg`; raises WeightsError where the checkpoint is its network with other options."""
    if said is None:
        return ()
    wanted = traced(said.network, dict(said.options))
    if net.weights != wanted.weights:
        options = [", ".join(f"{key}={value}" for key, value in item.options) for item in (net, wanted)]
        found, expected = (text or "its own options" for text in options)
        raise WeightsError(f"{path} is {net.name} with {found}, but {said.path} says it with {expected}")
    return (str(said),)
