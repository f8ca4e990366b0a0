"""Write a network as an ONNX model, from its spec and without a framework, and run what was written."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..checking.images import random_images
from ..checking.proof import TOLERANCE
from ..common import reference
from ..common.compare import difference, same_bits
from ..common.errors import DiptychError, SpecError
from ..common.onnx_graph import Graph
from ..common.registry import network, registered, spec
from ..common.spec import Array, Net
from ..common.text import printable
from ..common.weights import checked
from ..files import onnx_file
from ..files.atomic import check_destination, replacing
from ..files.provenance import name_of
from ..onnx_impl import build
from ..onnx_impl.runtimes import evaluate, run
from ..onnx_impl.tail import Tail
from ..stored import stored
from .detection import KEY, Inside, inside
from .detection_check import Measured, check_model


@dataclass(frozen=True)
class Export:
    """An ONNX model that was written: its input is (batch, C, H, W), of any height and width where `dynamic`.

    `difference` is the largest relative one of an output to the NumPy meaning, in `runner`; None where not asked for.
    `inside` says what stands behind the raw maps of a detector, and `measured` how near to NumPy it is.
    """

    path: Path
    network: str
    dtype: str
    opset: int
    dynamic: bool
    operators: int
    runner: str = ""
    difference: float | None = None
    notes: tuple[str, ...] = ()
    inside: Inside | None = None
    measured: Measured | None = None

    def __str__(self) -> str:
        free = "batch, height and width" if self.dynamic else "batch"
        graph = f"{self.network} in {self.dtype}, {self.operators} operators of opset {self.opset}"
        lines = [f"{printable(str(self.path))}: {graph}, any {free}"]
        if self.difference is not None:
            lines.append(f"  {self.runner} differs from the NumPy meaning in float64 by {self.difference:.1e}")
        if self.inside and self.inside.behind:
            lines.append(f"  {self.inside.onnx_text}")
        if self.measured:
            lines.append(f"  {self.measured}")
        return "\n".join([*lines, *(printable(f"  note: {note}") for note in self.notes)])


def export(
    net: Net | str,
    weights: Mapping[str, Any] | str | os.PathLike[str],
    path: str | Path,
    *,
    dtype: Literal["float32", "float64"] = "float32",
    opset: int | None = None,
    check: bool = True,
    force: bool = False,
    record: Mapping[str, Any] | None = None,
    with_decode: bool = False,
    with_nms: bool = False,
    score: float | None = None,
    iou: float | None = None,
    max_boxes: int | None = None,
    plain_iou: bool = False,
    labels: Sequence[str] | None = None,
) -> Export:
    """Write a network with canonical weights as an ONNX model (NCHW), its initialisers named as the weights are.

    Weights may also be the path of a file, as in `build`.

    It needs the onnx package and no framework. The model is held to onnx's checker and its inference of shapes, read
    back bit by bit, and unless `check` is off run: by ONNX Runtime where that is installed and has the kernels, else
    by onnx's reference evaluator. Raises DiptychError, and leaves nothing behind, where anything differs.

    A detector answers with its raw maps; the metadata has the rules to decode them, and the `labels` of its classes.
    `with_decode` it answers with boxes (N, M, 4), corners in pixels of the input, and scores (N, M, classes).
    `with_nms` it answers with what suppression leaves: boxes (N, max_boxes, 4), scores and classes (N, max_boxes),
    best first, padded with 0 and -1, and count (N,); see `onnx_impl.nms`. The rules are the detector's own, with
    `score`, `iou` and `max_boxes` instead where given. Darknet's DIoU is a Loop of basic operators, for ONNX's
    NonMaxSuppression knows IoU alone; `plain_iou` takes IoU and that operator. All equal `common.detection.nms`.
    """
    if isinstance(weights, str | os.PathLike):
        net, weights = stored(net, weights, {})
    net, destination = spec(net) if isinstance(net, str) else net, Path(path)
    if destination.suffix.lower() != ".onnx":
        raise DiptychError(f"{destination} does not end in .onnx")
    check_destination(destination, force=force)
    arrays = checked(net, weights)
    settings: dict[str, Any] = {"score": score, "iou": iou, "max_boxes": max_boxes, "plain_iou": plain_iou}
    within = inside(net, decoded=with_decode, nms=with_nms, labels=labels, record=record, **settings)
    plan = _planned(net, dtype, within, opset)
    done = Export(destination, net.name, dtype, plan.opset, plan.free, plan.operators, inside=within)
    with replacing(destination, force) as temporary:
        _write(temporary, net, plan, arrays, within, record, opset)
        _read_back(temporary, net, arrays, dtype, destination)
        if check:
            done = _run_and_compare(temporary, net, plan, arrays, done)
    return done


def write_model(
    net: Net, weights: Mapping[str, Array], path: Path, within: Inside, record: Mapping[str, Any] | None
) -> None:
    """Write a detector in float32 with what is to stand behind its maps, read back but not run."""
    _write(path, net, _planned(net, "float32", within, None), weights, within, record)
    _read_back(path, net, weights, "float32", path)


@dataclass(frozen=True)
class _Plan:
    """A graph, what stands behind it, whether it is free in its size, and its model without weights, with shapes."""

    graph: Graph
    tail: Tail | None
    free: bool
    inferred: Any

    @property
    def opset(self) -> int:
        version: int = self.inferred.opset_import[0].version
        return version

    @property
    def operators(self) -> int:
        return len(self.graph.operators) + (len(self.tail.operators) if self.tail else 0)


def _planned(net: Net, dtype: str, within: Inside | None, opset: int | None) -> _Plan:
    """Raises DiptychError where onnx's checker, or the shapes that it infers, say otherwise than the spec."""
    try:
        graph = Graph(net, dtype)
        tail = Tail(graph, within.detector, within.suppression) if within and within.behind else None
        free = tail is None and dynamic(net, dtype)
        skeleton = build.model(graph, None, dynamic=free, opset=opset, tail=tail)
    except ModuleNotFoundError as error:
        raise DiptychError(f"{error.name} is not installed; install it with `pip install 'diptych[onnx]'`") from None
    inferred = build.infer_shapes(skeleton, net.name)
    build.check_shapes(net, graph, build.shapes(inferred), free)
    return _Plan(graph, tail, free, inferred)


def _write(
    path: Path,
    net: Net,
    plan: _Plan,
    arrays: Mapping[str, Array],
    within: Inside | None,
    record: Mapping[str, Any] | None,
    opset: int | None = None,
) -> None:
    said = {KEY: within.metadata(net)} if within else {}
    made = build.model(plan.graph, arrays, dynamic=plan.free, opset=opset, record=record, tail=plan.tail, said=said)
    build.write(path, made, plan.inferred)


def dynamic(net: Net, dtype: str = "float32") -> bool:
    """Whether one graph is the network at every input size: here, at its usual one, and at those of its check."""
    options = {key: value for key, value in net.options if key != "input_size"}
    if not registered(net.name):
        return False
    # All of them: at 36 x 32 and at 33 x 37, the sizes of its check, LeNet-5 has the same weights, and at others not.
    sizes = {network(net.name).input_size, *network(net.name).check_sizes} - {tuple(map(int, net.input_shape[1:]))}
    try:
        others = [network(net.name).trace(**options, input_size=size) for size in sorted(sizes)]
    except SpecError:
        return False
    wanted = _shapes(net), Graph(net, dtype).key()
    return all((_shapes(other), Graph(other, dtype).key()) == wanted for other in others)


def _shapes(net: Net) -> dict[str, tuple[int, ...]]:
    return {name: tuple(map(int, weight.shape)) for name, weight in net.weights.items()}


def _read_back(path: Path, net: Net, arrays: Mapping[str, Array], dtype: str, destination: Path) -> None:
    """Raise DiptychError unless the initialisers are these weights, bit for bit."""
    back = onnx_file.read(path)
    worst = same_bits({name: np.asarray(array, dtype) for name, array in arrays.items()}, back.arrays)
    if worst.first or back.stated.network != name_of(net):
        why = f"{worst.first} differs ({worst.why})" if worst.first else "it names another network"
        raise DiptychError(f"{destination} was not written: read back, {why}; please report it")


def _run_and_compare(path: Path, net: Net, plan: _Plan, arrays: Mapping[str, Array], done: Export) -> Export:
    """Run the file, and hold its outputs to the meaning of the network in NumPy; at a small size where it has one."""
    small = net
    if done.dynamic:
        options = {key: value for key, value in net.options if key != "input_size"}
        small = network(net.name).trace(**options, input_size=network(net.name).check_sizes[0])
    x = random_images(small, 2, np.random.default_rng(0))
    if plan.tail and done.inside:
        answer, measured = check_model(path, plan.tail, done.inside, x.astype(done.dtype), str(done.path))
        done = replace(done, runner="ONNX Runtime", measured=measured)
    else:
        answer, done = _answer(path, plan.graph.outputs, x.astype(done.dtype), done)
    values = reference.run(small, arrays, x)
    wanted = [values[net.nodes[index].path] for index in net.outputs]
    gaps = [difference(np.asarray(got, np.float64), want) for got, want in zip(answer, wanted, strict=True)]
    worst, why = max(gaps, key=lambda gap: gap[0])
    tolerance = TOLERANCE["float64" if done.dtype == "float64" else "float32"]
    if not worst <= tolerance:
        raise DiptychError(
            f"{done.path} was not written: {done.runner} differs from the NumPy meaning of {net.name} by {worst:.1e}, "
            f"allowed is {tolerance:.0e}{f' ({why})' if why else ''}; please report it"
        )
    return replace(done, difference=worst)


def _answer(path: Path, names: Sequence[str], x: Array, done: Export) -> tuple[list[Array], Export]:
    """What ONNX Runtime, or else onnx's reference evaluator answers, and which of them it was."""
    answer = run(path, names, x)
    if not isinstance(answer, str):
        return answer, replace(done, runner="ONNX Runtime")
    found = evaluate(path, names, x)
    return found, replace(done, runner="onnx's reference evaluator", notes=(answer,))
