"""Public implementations of our networks, without their weights: what makes the zoo true, not only self-consistent.

Each file holds the REFERENCES of one family. How their names follow from ours stands here as functions, written from
another reading of the libraries, so that the tests share no table with the code that they test. A test compares every
rule of the dialects with them, and the libraries' own models load what the dialects write, strictly.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Library = Literal["torchvision", "timm", "pytorchcv", "libreyolo", "yolox", "effdet", "keras.applications"]
Names = tuple[tuple[str, str], ...] | Callable[[str], str]


@dataclass(frozen=True)
class Reference:
    """One model of a library, and how its names go with ours.

    For a torch library `names` leads from our weights to theirs: ordered (pattern, replacement), of which the first
    that fits the whole name counts, or a function; nothing where they are the same. For keras.applications it leads
    from the names of their layers to the paths of our nodes. `size` is the input size of a model that takes no other;
    `reparameterized` asks for timm's model as its own reparameterize_model leaves it.
    """

    network: str
    library: Library
    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    names: Names = ()
    options: dict[str, Any] = field(default_factory=dict)
    size: tuple[int, int] | None = None
    reparameterized: bool = False

    def __str__(self) -> str:
        changed = "".join(f"-{key}={value}" for key, value in self.options.items())
        return f"{self.network}{changed}-{self.library}:{self.name}"

    def named(self, name: str) -> str:
        """The name on the other side; one that no pattern fits is the same there, if any at all is given."""
        if callable(self.names):
            return self.names(name)
        for pattern, replacement in self.names:
            if re.fullmatch(pattern, name):
                return re.sub(f"^(?:{pattern})$", replacement, name)
        return name


def references(*libraries: str) -> list[Reference]:
    """The references in these libraries, of all families."""
    files = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [
        item for name in files for item in getattr(importlib.import_module(f"{__name__}.{name}"), "REFERENCES", ())
    ]
    return [item for item in found if item.library in libraries]
