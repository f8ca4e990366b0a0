"""A third and a fourth opinion on a network: its ONNX graph in onnx's reference evaluator and in ONNX Runtime.

The reference evaluator judges in float64. ONNX Runtime judges in float32 only, since it has no convolution in float64
(https://github.com/microsoft/onnxruntime/issues/7546).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import backends
from ..common.backend import Backend
from ..common.compare import FLOAT64_TOLERANCE, difference
from ..common.errors import DiptychError, WeightsError
from ..common.language import message
from ..common.onnx_graph import Graph
from ..common.spec import Array, Net
from ..common.weights import checked
from ..onnx_impl import build
from ..onnx_impl.runtimes import evaluate, open_session, run
from .case import SIDES, Case, Finding
from .gates import FLOAT32_FACTOR, FLOAT32_FLOOR
from .proof import TOLERANCE

FLOAT32_TOLERANCE = TOLERANCE["float32"]
"""Of ONNX Runtime where the rounding of the sides is not known, as when an earlier gate failed."""


def onnx(case: Case) -> Finding:
    """The ONNX graph of the spec is the same function as both models, on the first batch of images.

    onnx's reference evaluator is held to both in float64. ONNX Runtime is held to them in float32, by a multiple of
    the rounding that they show themselves; where it has kernels for float64, in that, too.
    """
    require()
    x, weights = case.images[0], backends.get("torch").read(case.float64("torch"), case.net)
    theirs = {side: case.outputs(side, 0) for side in SIDES}
    wide = _Graph(case.net, weights, "float64")
    gap, side, where, why = _worst(case.net, wide.evaluate(x), theirs)
    count = len(SIDES) * len(case.net.outputs)
    if not gap <= FLOAT64_TOLERANCE:
        detail = f"onnx's reference evaluator differs from {side}{f': {why}' if why else ''}; {verdict(case)}"
        return Finding(False, gap, FLOAT64_TOLERANCE, where, detail, count)
    narrow = _Graph(case.net, weights, "float32").run(x)
    if isinstance(narrow, str):
        raise DiptychError(f"{case.net.name}: {narrow}")
    low, side, place, why = _worst(case.net, narrow, theirs)
    tolerance = FLOAT32_FACTOR * min(case.noise.values(), default=FLOAT32_TOLERANCE) + FLOAT32_FLOOR
    if not low <= tolerance:
        detail = f"ONNX Runtime in float32 differs from {side}{f': {why}' if why else ''}; {verdict(case)}"
        return Finding(False, low, tolerance, place, detail, 2 * count)
    said = f"ONNX Runtime {low:.1e} in float32 (tolerance {tolerance:.1e})"
    answer = wide.missing() or wide.run(x)
    if isinstance(answer, str):
        return Finding(True, gap, FLOAT64_TOLERANCE, where, f"{said}; {answer}", 2 * count)
    high, side, place, why = _worst(case.net, answer, theirs)
    if not high <= FLOAT64_TOLERANCE:
        detail = f"ONNX Runtime in float64 differs from {side}{f': {why}' if why else ''}; {verdict(case)}"
        return Finding(False, high, FLOAT64_TOLERANCE, place, detail, 3 * count)
    return Finding(True, max(gap, high), FLOAT64_TOLERANCE, where, f"{said}, {high:.1e} in float64", 3 * count)


def require() -> None:
    """Raise DiptychError unless both opinions are installed."""
    for module in ("onnx", "onnxruntime"):
        try:
            __import__(module)
        except ModuleNotFoundError:
            raise DiptychError(
                message("the referee needs {name}; install it with `pip install 'diptych[onnx]'`", name=module)
            ) from None


def verdict(case: Case) -> str:
    """Which of the models the two opinions agree with, each model by its own weights, and where the other departs."""
    return ", ".join(_opinion(case, side) for side in SIDES)


def _opinion(case: Case, side: str) -> str:
    backend: Backend = backends.get(side)
    try:
        weights = checked(case.net, backend.read(case.float64(side), case.net), side)
        x, outputs = case.images[0], case.outputs(side, 0)
    except WeightsError:
        return f"{side} has other weights than the spec"
    except Exception as error:  # noqa: BLE001  a faulty model may not run, and each framework has errors of its own
        return f"{side} does not run ({type(error).__name__})"
    graph = _Graph(case.net, weights, "float64", observed=True)
    values = dict(zip(graph.names, graph.evaluate(x), strict=True))
    gap = _difference([values[name] for name in graph.graph.outputs], outputs)
    narrow = _Graph(case.net, weights, "float32").run(x)
    low = float("nan") if isinstance(narrow, str) else _difference(narrow, outputs)
    measured = f"reference evaluator {gap:.1e}, ONNX Runtime {low:.1e}"
    if gap <= FLOAT64_TOLERANCE and not low > FLOAT32_TOLERANCE:
        return f"ONNX agrees with {side} ({measured})"
    seen = backend.nodes(case.float64(side), case.net, x)
    shown = [path for path in (node.path for node in case.net.nodes[1:]) if path in seen]
    apart = (path for path in shown if difference(seen[path], values[graph.value(path)])[0] > FLOAT64_TOLERANCE)
    first = next(apart, "")
    return f"ONNX does not agree with {side} ({measured}{f'; from {first} on' if first else ''})"


def _difference(ours: list[Array], theirs: tuple[Array, ...]) -> float:
    return max(difference(np.asarray(a, np.float64), b)[0] for a, b in zip(ours, theirs, strict=True))


class _Graph:
    """The ONNX graph of a network with weights, in one dtype; `names` are those of its outputs."""

    def __init__(self, net: Net, weights: Mapping[str, Array], dtype: str, observed: bool = False) -> None:
        self.graph = Graph(net, dtype)
        self.observed = observed
        skeleton = build.infer_shapes(self._model(None), net.name)
        build.check_shapes(net, self.graph, build.shapes(skeleton))
        self.model = self._model(weights)
        self.names = [value.name for value in self.model.graph.output]

    def _model(self, weights: Mapping[str, Array] | None) -> Any:
        return build.model(self.graph, weights, observed=self.observed)

    def value(self, path: str) -> str:
        """The name of the value of a node."""
        return dict(zip((node.path for node in self.graph.net.nodes), self.graph.values, strict=True))[path]

    def evaluate(self, x: Array) -> list[Array]:
        """All outputs, by the reference evaluator."""
        return evaluate(self.model, self.names, x.astype(self.graph.dtype))

    def run(self, x: Array) -> list[Array] | str:
        """All outputs by ONNX Runtime, or why there are none."""
        return run(self.model, self.names, x.astype(self.graph.dtype))

    def missing(self) -> str:
        """What ONNX Runtime has no kernel of; "" where it can run the graph. No weights are moved to find out."""
        session = open_session(self._model(None))
        return session if isinstance(session, str) else ""


def _worst(net: Net, ours: list[Array], theirs: Mapping[str, tuple[Array, ...]]) -> tuple[float, str, str, str]:
    """(largest difference of an output, the side, the output, why) between the ONNX graph and both models."""
    found = []
    for side, outputs in theirs.items():
        for index, (a, b) in zip(net.outputs, zip(ours, outputs, strict=True), strict=True):
            gap, why = difference(np.asarray(a, np.float64), b)
            found.append((gap, side, f"output {net.nodes[index].path}", why))
    return max(found, key=lambda item: item[0])
