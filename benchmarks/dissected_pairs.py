"""The pairs of docs/dissected as data: two listings of a network each, and the slips of the second.

A listing with slips is the right one with some lines exchanged, so that every slip can be had alone, too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs" / "dissected"
NAMES = ("lenet5", "alexnet", "vgg11", "resnet18", "resnet34", "densenet121")


@dataclass(frozen=True)
class Slip:
    """A slip of the Keras listing: what is `right`, what is `printed` in its place, and the traps that it is.

    `blocks` says that no weights can be moved while it is there, `trains` that training alone shows it; `en` and `zh`
    say what happens.
    """

    key: str
    right: str
    printed: str
    en: str
    zh: str
    key_zh: str
    more: tuple[tuple[str, str], ...] = ()
    traps: tuple[str, ...] = ()
    blocks: bool = False
    trains: bool = False

    def put(self, text: str) -> str:
        """A listing with the slip in it; raises ValueError where its place is not found exactly once."""
        for right, printed in ((self.right, self.printed), *self.more):
            if text.count(right) != 1:
                raise ValueError(f"{self.key}: {text.count(right)} places read {right!r}, and one is expected")
            text = text.replace(right, printed)
        return text


@dataclass(frozen=True)
class Dissected:
    """Two listings of one network: `models` are what makes them, `size` that of the square images in pixels.

    `scratch` are the slips, from 1 on, with which the Keras listing is trained from scratch, too.
    """

    name: str
    title: str
    models: tuple[str, str]
    size: int
    epochs: int
    scratch: tuple[int, ...]
    en: str
    zh: str
    slips: tuple[Slip, ...]

    @property
    def torch(self) -> str:
        """The PyTorch listing."""
        return (FOLDER / f"{self.name}_torch.py").read_text(encoding="utf-8")

    @property
    def right(self) -> str:
        """The Keras listing that is the same function."""
        return (FOLDER / f"{self.name}_right.py").read_text(encoding="utf-8")

    def printed(self, slips: Sequence[Slip] | None = None) -> str:
        """The Keras listing with some slips, or with all."""
        text = self.right
        for slip in self.slips if slips is None else slips:
            text = slip.put(text)
        return text

    @property
    def command(self) -> str:
        """What holds the printed listings to each other on a command line."""
        here = f"docs/dissected/{self.name}"
        return (
            f"diptych compare {here}_torch.py:{self.models[0]} {here}_printed.py:{self.models[1]} "
            f"--example 1x1x{self.size}x{self.size} --weights transfer"
        )


def dissected(name: str) -> Dissected:
    """A pair by its name."""
    data = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    slips = tuple(
        Slip(**{**item, "more": tuple(map(tuple, item.get("more", ()))), "traps": tuple(item.get("traps", ()))})
        for item in data.pop("slips")
    )
    data |= {"models": tuple(data["models"]), "scratch": tuple(data.get("scratch", ()))}
    return Dissected(name, slips=slips, **data)
