"""Write a network as an ONNX model, from its spec and without a framework, and run what was written."""

from __future__ import annotations

from collections.abc import Mapping
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
from ..onnx_impl import build
from ..onnx_impl.runtimes import evaluate, run


@dataclass(frozen=True)
class Export:
    """An ONNX model that was written: its input is (batch, C, H, W), of any height and width where `dynamic`.

    `difference` is the largest relative one of an output to the NumPy meaning, in `runner`; None where not asked for.
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

    def __str__(self) -> str:
        free = "batch, height and width" if self.dynamic else "batch"
        graph = f"{self.network} in {self.dtype}, {self.operators} operators of opset {self.opset}"
        lines = [f"{printable(str(self.path))}: {graph}, any {free}"]
        if self.difference is not None:
            lines.append(f"  {self.runner} differs from the NumPy meaning in float64 by {self.difference:.1e}")
        return "\n".join([*lines, *(printable(f"  note: {note}") for note in self.notes)])


def export(
    net: Net | str,
    weights: Mapping[str, Any],
    path: str | Path,
    *,
    dtype: Literal["float32", "float64"] = "float32",
    opset: int | None = None,
    check: bool = True,
    force: bool = False,
    record: Mapping[str, Any] | None = None,
) -> Export:
    """Write a network with canonical weights as an ONNX model (NCHW), its initialisers named as the weights are.

    It needs the onnx package and no framework. The model is held to onnx's checker and its inference of shapes, read
    back bit by bit, and unless `check` is off run: by ONNX Runtime where that is installed and has the kernels, else
    by onnx's reference evaluator. Raises DiptychError, and leaves nothing behind, where anything differs.
    """
    net, destination = spec(net) if isinstance(net, str) else net, Path(path)
    if destination.suffix.lower() != ".onnx":
        raise DiptychError(f"{destination} does not end in .onnx")
    check_destination(destination, force=force)
    arrays = checked(net, weights)
    try:
        free, graph = dynamic(net, dtype), Graph(net, dtype)
        skeleton = build.model(graph, None, dynamic=free, opset=opset)
    except ModuleNotFoundError as error:
        raise DiptychError(f"{error.name} is not installed; install it with `pip install 'diptych[onnx]'`") from None
    inferred = build.infer_shapes(skeleton, net.name)
    build.check_shapes(net, graph, build.shapes(inferred), free)
    done = Export(destination, net.name, dtype, skeleton.opset_import[0].version, free, len(graph.operators))
    with replacing(destination, force) as temporary:
        made = build.model(graph, arrays, dynamic=free, opset=opset, record=record)
        build.write(temporary, made, inferred)
        del made
        _read_back(temporary, net, arrays, dtype, destination)
        if check:
            done = _run_and_compare(temporary, net, graph, arrays, done)
    return done


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
    if worst.first or back.stated.network != net.name:
        why = f"{worst.first} differs ({worst.why})" if worst.first else "it names another network"
        raise DiptychError(f"{destination} was not written: read back, {why}; please report it")


def _run_and_compare(path: Path, net: Net, graph: Graph, arrays: Mapping[str, Array], done: Export) -> Export:
    """Run the file, and hold its outputs to the meaning of the network in NumPy; at a small size where it has one."""
    small = net
    if done.dynamic:
        options = {key: value for key, value in net.options if key != "input_size"}
        small = network(net.name).trace(**options, input_size=network(net.name).check_sizes[0])
    x = random_images(small, 2, np.random.default_rng(0))
    values = reference.run(small, arrays, x)
    wanted = [values[net.nodes[index].path] for index in net.outputs]
    answer = run(path, graph.outputs, x.astype(done.dtype))
    runner, notes = "ONNX Runtime", tuple[str, ...]()
    if isinstance(answer, str):
        runner, notes = "onnx's reference evaluator", (answer,)
        answer = evaluate(path, graph.outputs, x.astype(done.dtype))
    gaps = [difference(np.asarray(got, np.float64), want) for got, want in zip(answer, wanted, strict=True)]
    worst, why = max(gaps, key=lambda gap: gap[0])
    tolerance = TOLERANCE["float64" if done.dtype == "float64" else "float32"]
    if not worst <= tolerance:
        raise DiptychError(
            f"{done.path} was not written: {runner} differs from the NumPy meaning of {net.name} by {worst:.1e}, "
            f"allowed is {tolerance:.0e}{f' ({why})' if why else ''}; please report it"
        )
    return replace(done, runner=runner, difference=worst, notes=notes)
