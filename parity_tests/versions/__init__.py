"""Virtual environments of the oldest and the newest versions that `pyproject.toml` declares, for `make versions`.

The lowest bounds are read there, so that what is declared is what is tried. torch is had in the one version that a
wheel without CUDA exists for on this machine; what cannot be had is named in what the target prints.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXTRAS = ("torch", "tf", "onnx")
TORCH = "2.13.0"
"""The one version that is installed: others bring gigabytes of CUDA packages on Linux."""

OVERLAID = ("keras", "numpy", "onnx", "onnxruntime", "h5py", "safetensors")
"""What the short form lays over `.venv`: each alone, without what it needs."""


@dataclass(frozen=True)
class Environment:
    """Versions to try together; `pins` are exact ones, and pip takes the newest of what is not pinned.

    With `over` a few packages lie over those of `.venv`, which takes seconds where a whole environment takes minutes.
    """

    name: str
    python: str
    pins: Mapping[str, str] = field(default_factory=dict)
    torch: bool = True
    over: bool = False


def lowest(*extras: str) -> dict[str, str]:
    """Package -> its declared lower bound, of what diptych needs and of these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = [*project["dependencies"], *(line for one in extras for line in project["optional-dependencies"][one])]
    return dict(re.fullmatch(r"([A-Za-z0-9_-]+)>=([0-9.]+)", line).groups() for line in declared)  # type: ignore[union-attr,misc]


def environments() -> dict[str, Environment]:
    """All of them, by name; "overlay" is the short form that CI runs."""
    old = lowest(*EXTRAS) | {"torch": TORCH}
    over = {name: old[name] for name in OVERLAID} | {"numpy": "1.26.4"}  # the lowest that the SciPy of .venv takes
    torch = {"torch": TORCH}
    found = (
        Environment("overlay", "3.11", over, over=True),
        Environment("oldest", "3.11", old),
        Environment("keras-3.10", "3.11", {**torch, "keras": "3.10.0", "tensorflow": "2.19.1"}),
        Environment("keras-3.12", "3.11", {**torch, "keras": "3.12.0", "tensorflow": "2.20.0"}),
        Environment("newest", "3.11", torch),
        Environment("python-3.12", "3.12", torch=False),
        Environment("python-3.13", "3.13", torch=False),
    )
    return {one.name: one for one in found}


ABSENT = (
    f"torch 2.5 to 2.12: their wheels for Linux bring CUDA; {TORCH} alone lies on this machine without it",
    f"torch {TORCH} without CUDA on Python 3.12 and 3.13: its one wheel is for 3.11; what needs no torch is run there",
)
"""What the declared ranges have and no environment here."""
