"""Write a detector with its boxes inside as an ONNX model, a SavedModel or a LiteRT model, and hold it to NumPy."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import backends
from ..common.compare import difference
from ..common.detection.decode import decode
from ..common.errors import DiptychError
from ..common.spec import Array, Net
from ..common.weights import Weights
from ..onnx_impl.tail import Tail
from .detection import KEY, Inside
from .detection_check import LARGE, Measured, check_model, corner_gaps, drawn, held, until_sure

KINDS = (".onnx", ".tflite", "")
"""The suffixes of programs that can have boxes inside."""
Question = tuple[Array, Sequence[Array]]
"""Images in float64, and the raw maps of the original network for them."""


def require_kind(path: Path, within: Inside | None) -> None:
    """Raises DiptychError for boxes inside of a kind of file that cannot have them."""
    suffix = path.suffix.lower()
    if within is None:
        return
    if within.labels and not within.behind:
        raise DiptychError("labels are put beside boxes: ask for them too (--with-decode), or use `diptych export`")
    if not within.behind:
        return
    if suffix not in KINDS:
        raise DiptychError(f"{path} cannot have boxes or labels inside: .onnx, .tflite and a SavedModel's folder can")
    if within.suppression and suffix == ".tflite":
        raise DiptychError(
            f"{path} cannot have non-maximum suppression inside: LiteRT's own is none of ours; take --with-decode, and "
            "suppress the boxes outside, or .onnx or a SavedModel (no suffix)"
        )
    if within.labels and suffix == ".tflite":
        raise DiptychError(f"{path} cannot have labels inside; .onnx and a SavedModel's folder can")


def written(
    path: Path,
    net: Net,
    weights: Weights,
    record: Mapping[str, Any] | None,
    within: Inside,
    asked: Question,
    where: str,
) -> tuple[float, Measured]:
    """Write a program; the answer is its largest relative difference to the original, and how near to NumPy it is."""
    if path.suffix.lower() == ".onnx":
        return _onnx(path, net, weights, record, within, asked, where)
    model = backends.get("tf").build(net, weights, "float32")
    program = importlib.import_module(f"..{backends.NAMES['tf']}.detector_artifact", __package__)
    chosen, said = within.suppression, {f"{KEY}.json": within.metadata(net)}
    program.save(model, net, path, within.detector, chosen, said)
    if chosen is None:
        return _boxes(program.run(path, _narrow(asked)), within, asked)
    image = np.moveaxis(_narrow(asked), 1, -1)
    found, measured = _boxes(program.call(path, "decoded", image), within, asked)
    _served(program.run(path, _narrow(asked)), program.call(path, "decoded", image), program, path, where)

    def attempt(seed: int) -> Measured:
        maps = drawn([raw.shape[1:] for raw in asked[1]], within.detector, chosen.score, seed)
        decoded = [part.astype(np.float32) for part in decode(maps, within.detector)]
        answer = program.call(path, "suppressed", *decoded)
        return held(maps, decoded, [answer[key] for key in ANSWER], within.detector, chosen, where)

    sure = until_sure(attempt, where)
    return found, replace(measured, left=sure.left, candidates=sure.candidates)


ANSWER = ("boxes", "scores", "classes", "count")


def _narrow(asked: Question) -> Array:
    return asked[0].astype(np.float32)


def _onnx(
    path: Path,
    net: Net,
    weights: Weights,
    record: Mapping[str, Any] | None,
    within: Inside,
    asked: Question,
    where: str,
) -> tuple[float, Measured]:
    from ..common.onnx_graph import Graph
    from .export import write_model

    write_model(net, weights, path, within, record)
    tail = Tail(Graph(net, "float32"), within.detector, within.suppression)
    maps, measured = check_model(path, tail, within, _narrow(asked), where)
    gaps = (difference(got.astype(np.float64), want)[0] for got, want in zip(maps, asked[1], strict=True))
    return max(gaps), measured


def _boxes(found: Mapping[str, Array], within: Inside, asked: Question) -> tuple[float, Measured]:
    """How far boxes and scores are from those of the original's maps: the share that its maps may have changed by.

    A step in a raw map changes a box by that share of its size, or of its stride: so gaps are shares of the box, of the
    image at least, and of the largest number in the maps.
    """
    images, maps = asked
    boxes, scores = decode(list(maps), within.detector)
    if (found["boxes"].shape, found["scores"].shape) != (boxes.shape, scores.shape):
        return float("inf"), Measured(float("inf"), float("inf"))
    gaps, size = corner_gaps(found["boxes"], boxes)
    apart = float(np.abs(found["scores"] - scores).max())
    share = float((gaps / np.maximum(size, max(images.shape[2:]))).max())
    pixels = float(np.where(size <= LARGE, gaps, 0).max())
    largest = max(1.0, *(float(np.abs(raw).max()) for raw in maps))
    return max(share, apart) / largest, Measured(pixels, apart, basis="of the same images")


def _served(answer: Mapping[str, Array], decoded: Mapping[str, Array], program: Any, path: Path, where: str) -> None:
    """Raise DiptychError unless `serve` answers what its two parts do: they are checked by themselves."""
    wanted = program.call(path, "suppressed", decoded["boxes"], decoded["scores"])
    same = np.array_equal(answer["count"], wanted["count"])
    if not same or not np.allclose(answer["scores"], wanted["scores"], rtol=0, atol=1e-5):
        raise DiptychError(f"{where}: `serve` leaves other boxes than `suppressed` of `decoded`; please report it")
