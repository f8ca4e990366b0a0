"""Write a network for deployment: normalisation folded into the layers before it, and every file run once written.

What deploys is checked by running the file, by the loader that its users have, against the original network in
float64. The wrappers are no thicker than that: quantisation, operator sets and devices belong to the tools.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import backends
from ..checking.images import random_images
from ..checking.proof import TOLERANCE, at_check_size
from ..common import reference
from ..common.compare import FLOAT64_TOLERANCE, difference
from ..common.errors import DiptychError, FileError
from ..common.registry import spec
from ..common.rewriting.reparameterize import fold
from ..common.spec import Array, Net
from ..common.text import printable
from ..common.weights import Weights, checked
from ..files import FORMATS, format_of, read, write
from ..files.atomic import check_destination, replacing
from ..stored import stored
from .detection import Inside, inside
from .detection_check import Measured
from .detector_program import require_kind, written

PROGRAMS = {".onnx": "", ".pt2": "torch", ".tflite": "tf", "": "tf"}
"""Suffix of a program -> the framework that makes it; a name without one is the folder of a SavedModel."""
KINDS = {".onnx": "ONNX model", ".pt2": "torch.export program", ".tflite": "LiteRT model", "": "SavedModel"}
BATCH = 2


@dataclass(frozen=True)
class Deployment:
    """What was written, and how it compares with the network that went in.

    `folded` counts the normalisations that are gone. `exact` is the largest relative difference that folding makes in
    float64, `difference` that of the written file in float32, both to the original in float64.
    """

    path: Path
    network: str
    kind: str
    folded: int
    exact: float
    difference: float
    bytes: int
    inside: Inside | None = None
    measured: Measured | None = None

    def __str__(self) -> str:
        gone = f"{self.folded} normalisations folded, {self.exact:.1e} in float64" if self.folded else "nothing to fold"
        lines = [
            f"{printable(str(self.path))}: {self.network} as {self.kind}, {self.bytes / 1e6:.1f} MB ({gone})",
            f"  read back and run, it differs from the original in float64 by {self.difference:.1e}",
        ]
        if self.inside and self.measured:
            inside = self.inside.onnx_text if self.kind == KINDS[".onnx"] else self.inside
            lines += [f"  {inside}", f"  {self.measured}"]
        return "\n".join(lines)


def deploy(
    net: Net | str,
    weights: Mapping[str, Any] | str | os.PathLike[str],
    path: str | Path,
    *,
    force: bool = False,
    record: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] | None = None,
    with_decode: bool = False,
    with_nms: bool = False,
    score: float | None = None,
    iou: float | None = None,
    max_boxes: int | None = None,
    plain_iou: bool = False,
    labels: Sequence[str] | None = None,
) -> Deployment:
    """Fold a network (see `fold`) and write it in float32 as the suffix says: .onnx, .pt2, .tflite, or a weights file.

    Weights may also be the path of a file, as in `build`.

    A path without a suffix is the folder of a SavedModel. Programs take batches of any length. What is written is
    loaded again by what made it, run, and held to the original network in float64. Raises DiptychError, and leaves
    nothing behind, where folding or the file differs.

    A detector answers with its raw maps; `with_decode` with boxes (N, M, 4), corners in pixels of the input, and scores
    (N, M, classes): as .onnx, .tflite or a SavedModel; `with_nms`, as .onnx or a SavedModel, with what suppression
    leaves. Settings and answers are those of `export`. A SavedModel has the rules and the `labels` as JSON in
    assets.extra; with a suppression it has the functions `decoded` and `suppressed` beside `serve`.
    """
    if isinstance(weights, str | os.PathLike):
        net, weights = stored(net, weights, {})
    net, destination, say = spec(net) if isinstance(net, str) else net, Path(path), progress or (lambda text: None)
    settings: dict[str, Any] = {"score": score, "iou": iou, "max_boxes": max_boxes, "plain_iou": plain_iou}
    make = _maker(destination)
    within = inside(net, decoded=with_decode, nms=with_nms, labels=labels, record=record, **settings)
    require_kind(destination, within)
    _check_free(destination, force)
    arrays = checked(net, weights)
    say("folding")
    original = _Original(net, arrays)
    target, wide = fold(net, {name: array.astype(np.float64) for name, array in arrays.items()})
    exact = original.difference(target, wide)
    if not exact <= FLOAT64_TOLERANCE:
        raise DiptychError(f"folding {net.name} changes it by {exact:.1e} in float64; please report it")
    narrow = {name: array.astype(np.float32) for name, array in wide.items()}
    with replacing(destination, force and bool(destination.suffix)) as temporary:
        say(f"writing {destination}")
        measured = None
        if within and within.behind:
            found, measured = written(temporary, target, narrow, record, within, original.question(), str(destination))
        else:
            run = make(temporary, target, narrow, record)
            say(f"running {destination}")
            found = original.run_difference(run)
        if not found <= TOLERANCE["float32"]:
            raise DiptychError(f"{destination} was not written: run, it differs from {net.name} by {found:.1e}")
        size = sum(file.stat().st_size for file in _files(temporary))
    count = sum(node.op.normalises for node in net.nodes) - sum(n.op.normalises for n in target.nodes)
    kind = KINDS.get(destination.suffix.lower(), f"weights in {destination.suffix}")
    return Deployment(destination, target.name, kind, count, exact, found, size, within, measured)


Run = Callable[[Array], tuple[Array, ...]]
Maker = Callable[[Path, Net, Weights, Mapping[str, Any] | None], Run]


class _Original:
    """The network that went in: its outputs in float64 for random images of its own size, each made once."""

    def __init__(self, net: Net, weights: Weights) -> None:
        self.net, self.weights = net, weights
        self.small = at_check_size(net)

    def difference(self, target: Net, weights: Weights) -> float:
        """How far another network is from it in float64: in NumPy, at a small size where that is the same network."""
        if target is self.net:
            return 0.0
        x = random_images(self.small, 1, np.random.default_rng(0))
        other = at_check_size(target)
        one, two = reference.run(self.small, self.weights, x), reference.run(other, weights, x)
        pairs = zip(self.small.outputs, other.outputs, strict=True)
        return max(difference(two[other.nodes[j].path], one[self.small.nodes[i].path])[0] for i, j in pairs)

    def run_difference(self, run: Run) -> float:
        """How far what was written is from it."""
        x, wanted = self.question()
        found = run(x.astype(np.float32))
        return max(difference(np.asarray(a, np.float64), b)[0] for a, b in zip(found, wanted, strict=True))

    def question(self) -> tuple[Array, list[Array]]:
        """Random images, and its outputs for them in float64."""
        x = random_images(self.net, BATCH, np.random.default_rng(1))
        values = reference.run(self.net, self.weights, x)
        return x, [values[self.net.nodes[index].path] for index in self.net.outputs]


def _maker(path: Path) -> Maker:
    """What writes a path; raises FileError, listing what there is, for an unknown suffix."""
    suffix = path.suffix.lower()
    written = [known for form in FORMATS for known in form.suffixes]
    if path.name.lower().endswith(tuple(written)):
        return _weights_file
    if suffix not in PROGRAMS:
        known = ", ".join([*(s for s in PROGRAMS if s), *written])
        raise FileError(f"{path} has no known suffix; there are {known}, and no suffix for the folder of a SavedModel")
    return _onnx if suffix == ".onnx" else _program


def _onnx(path: Path, net: Net, weights: Weights, record: Mapping[str, Any] | None) -> Run:
    from ..onnx_impl.runtimes import evaluate, run
    from .export import export

    export(net, weights, path, check=False, record=record)
    names = net.shown_outputs

    def outputs(x: Array) -> tuple[Array, ...]:
        found = run(path, names, x)
        return tuple(evaluate(path, names, x) if isinstance(found, str) else found)

    return outputs


def _program(path: Path, net: Net, weights: Weights, record: Mapping[str, Any] | None) -> Run:
    framework = PROGRAMS[path.suffix.lower()]
    model = backends.get(framework).build(net, weights, "float32")
    artifact = importlib.import_module(f"..{backends.NAMES[framework]}.artifact", __package__)
    artifact.save(model, net, path)
    return lambda x: artifact.run(path, net, x)


def _weights_file(path: Path, net: Net, weights: Weights, record: Mapping[str, Any] | None) -> Run:
    write(path, net, weights, {}, record=record or {})
    back = checked(net, read(path).named(net), str(path))
    backend = backends.get(format_of(path).framework)
    return lambda x: backend.outputs(backend.build(net, back, "float32"), net, x)


def _check_free(path: Path, force: bool) -> None:
    if not path.suffix and os.path.lexists(path):
        raise FileError(f"{path} exists already; a SavedModel takes a folder of its own: name another, or remove it")
    check_destination(path, force=force)


def _files(path: Path) -> list[Path]:
    return [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
