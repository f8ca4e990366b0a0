"""The emitted pairs of ten models that diptych has never seen: `docs/imported`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import paper_modules as papers
import their_keras_models as theirs_in_keras
import their_modules as theirs
import torch

import diptych
from writers import ROOT, Written

FOLDER = ROOT / "docs" / "imported"
MODELS: dict[str, tuple[Callable[[], Any], tuple[Any, ...]]] = {
    "unet": (theirs.UNet, (theirs.double, theirs.Up, theirs.UNet)),
    "gated": (lambda: theirs.Gated(True), (theirs.Gate, theirs.Gated)),
    "shuffled": (theirs.Shuffled, (theirs.Shuffled,)),
    "siamese": (theirs.Siamese, (theirs.Trunk, theirs.Siamese)),
    "padded": (theirs.Padded, (theirs.Padded,)),
    "cbam": (papers.CBAM, (papers.Attention, papers.CBAM)),
    "convnext": (papers.ConvNeXt, (papers.Last, papers.ConvNeXt)),
    "dcgan": (papers.Generator, (papers.Generator,)),
    "keras_unet": (theirs_in_keras.unet, (theirs_in_keras.unet,)),
    "keras_transfer": (theirs_in_keras.transfer, (theirs_in_keras.backbone, theirs_in_keras.transfer)),
}
"""Of each pair: what makes the model, and what its own code consists of."""

HEAD = """\
# Ten models of others, and the pairs made of them

`diptych.read` read each of these models, and `diptych.source` wrote both files. The models' own code stands in
`parity_tests/their_modules.py`, `paper_modules.py` and `their_keras_models.py`. Lines are counted without empty ones
and comments. This folder is written by `make write ONLY=imported`.

| model | made with | its own lines | PyTorch | Keras |
|---|---|---|---|---|
"""


def lines(text: str) -> int:
    """How many lines say something."""
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in text.splitlines())


def pair(name: str) -> dict[str, str]:
    """The texts of both sides, by framework."""
    keras.utils.clear_session(free_memory=False)  # names without an own one are counted from the start
    made = MODELS[name][0]()
    example = torch.zeros(1, 3, 32, 32) if isinstance(made, torch.nn.Module) else None
    net, _ = diptych.read(made, example)
    return {side: diptych.source(net, side) for side in ("torch", "tf")}


def row(name: str, texts: dict[str, str]) -> str:
    """A line of the table."""
    own = sum(lines(inspect.getsource(part)) for part in MODELS[name][1])
    origin = "Keras" if name.startswith("keras") else "PyTorch"
    links = (f"[{lines(text)}]({name}_{side}.py)" for side, text in texts.items())
    return f"| {name} | {origin} | {own} | {' | '.join(links)} |\n"


def written() -> Written:
    """Both files of every model, and the page that lists them."""
    texts: dict[Path, str] = {}
    page = HEAD
    for name in MODELS:
        sides = pair(name)
        texts |= {FOLDER / f"{name}_{side}.py": text for side, text in sides.items()}
        page += row(name, sides)
    return Written({**texts, FOLDER / "README.md": page}, tuple(FOLDER.glob("[a-zA-Z]*.*")))
