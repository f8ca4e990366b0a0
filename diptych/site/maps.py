"""Feature maps on the pages of the networks that somebody has weights of: one photograph, and a folder of files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..common.errors import DiptychError
from ..common.language import message
from ..common.registry import networks
from ..common.spec import Net

if TYPE_CHECKING:
    from ..viewing.features import Features


@dataclass(frozen=True)
class Photo:
    """A photograph, and the weights that each network sees it with, by the network's name."""

    image: Path
    weights: Mapping[str, Path]

    def stamp(self, name: str) -> str:
        """A number of what a network's maps are made of, "" where it has none."""
        if name not in self.weights:
            return ""
        made = hashlib.sha256()
        for path in (self.image, self.weights[name]):
            for part in sorted(path.rglob("*")) if path.is_dir() else [path]:
                if part.is_file():
                    with part.open("rb") as file:
                        made.update(hashlib.file_digest(file, "sha256").digest())
        return made.hexdigest()[:16]


def photo(image: Path, folder: Path) -> Photo:
    """The photograph with the files of a folder, each named as its network: `resnet50.pth`, `vgg16.weights.h5`.

    Raises DiptychError for what is no photograph, no folder, or a file that is named as no network or as another is.
    """
    from ..detecting.images import read

    if not folder.is_dir():
        raise DiptychError(
            message("{folder} is no folder; --weights takes one of files such as resnet50.pth", folder=folder)
        )
    read(image)
    found = dict[str, Path]()
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.samefile(image):
            continue
        name = max((name for name in networks() if path.name.startswith(f"{name}.")), key=len, default=None)
        if name is None:
            raise DiptychError(
                message(
                    "{path} is named as no network; a file of --weights is called as its network, such as resnet50.pth",
                    path=path,
                )
            )
        if name in found:
            raise DiptychError(message("{path} and {other} are both of {name}; keep one", path=path, other=found[name],
                                       name=name))  # fmt: skip
        found[name] = path
    if not found:
        raise DiptychError(message("{folder} holds no weights", folder=folder))
    return Photo(image, found)


def seen(net: Net, image: Path, weights: Path | None) -> Features:
    """What both frameworks make of a photograph at the ends of a network's stages; seeded weights without a file."""
    from ..detecting.images import read
    from ..viewing.opened import of_network, see

    return see(of_network(net, weights), read(image), [], None, "float64")
