"""The gates of a check: each takes a case, two models of one network on some images, and returns a finding.

There are six, and none is trusted after the first that fails: structure (the settings of every layer), transfer (every
bit), forward in float64 (outputs and every node; NumPy's meaning is the third opinion that tells which side departs),
forward in float32, gradients, and training. Forward runs on every size with every batch. A backward pass is dear:
gradients take turns over the batches, and training, which is evaluation without batch normalisation, runs on the last
size of networks that have one.

float64 is the judge, with a relative tolerance of 1e-10; real faults measure 1e-4 to 1e-1. In float32 the tolerance is
16 times the rounding of the quieter side, each against its own float64 result: against the sum of both the gate could
never fail.

PyTorch writes the unbiased running variance and Keras's layer the biased one (trap `batch_norm_running_variance`,
https://github.com/pytorch/pytorch/issues/1410). Both are left as they are, since fine-tuning must behave as users of
the framework expect; the training gate takes the factor n / (n - 1) out and compares.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .. import backends
from ..common import reference
from ..common.backend import Backend, Step
from ..common.compare import FLOAT64_TOLERANCE, Worst, compare, difference, same_bits
from ..common.errors import WeightsError
from ..common.spec import Array, Net
from ..common.weights import checked

FLOAT32_FACTOR = 16
FLOAT32_FLOOR = 16 * float(np.finfo(np.float32).eps)
GRADIENT_FLOOR = 1e-3
"""Of the largest gradient: a bias before batch normalisation has none in training but rounding, which is no measure."""
SIDES = ("torch", "tf")


@dataclass(frozen=True)
class Finding:
    """What one gate found in one case."""

    passed: bool
    measured: float
    tolerance: float
    where: str = ""
    detail: str = ""
    compared: int = 0


@dataclass
class Case:
    """Two models of one network, the weights they were made with (None: theirs as they stand), and image batches.

    `turn` and `turns` say which of how many cases this is: the costly gates take turns over the batches.
    """

    net: Net
    torch: Any
    tf: Any
    weights: Mapping[str, Array] | None
    images: tuple[Array, ...]
    turn: int = 0
    turns: int = 1
    noise: dict[str, float] = field(default_factory=dict)
    _float64: dict[str, Any] = field(default_factory=dict)
    _outputs: dict[tuple[str, int], tuple[Array, ...]] = field(default_factory=dict)

    def outputs(self, side: str, number: int) -> tuple[Array, ...]:
        """The outputs of one side's float64 model for one of the batches."""
        if (side, number) not in self._outputs:
            model, x = self.float64(side), self.images[number]
            self._outputs[side, number] = backends.get(side).outputs(model, self.net, x)
        return self._outputs[side, number]

    @property
    def name(self) -> str:
        channels, height, width = self.net.input_shape
        return f"{channels}x{height}x{width} batch {','.join(str(len(x)) for x in self.images)}"

    def model(self, side: str) -> Any:
        return getattr(self, side)

    def float64(self, side: str) -> Any:
        """The model in float64: itself where it is, else a copy."""
        if side not in self._float64:
            model, backend = self.model(side), backends.get(side)
            wide = backend.dtype(model) == "float64"
            self._float64[side] = model if wide else backend.cast(model, self.net, "float64")
        return self._float64[side]


def structure(case: Case) -> Finding:
    """Every layer of both models has the settings of the spec."""
    found = [(side, d) for side in SIDES for d in backends.get(side).differences(case.model(side), case.net)]
    order = {node.path: index for index, node in enumerate(case.net.nodes)}
    found.sort(key=lambda item: order.get(item[1].path, order.get(item[1].path.rpartition(".")[0], len(order))))
    detail = "; ".join(f"{side} {d}" for side, d in found[:4])
    return Finding(not found, float(len(found)), 0.0, found[0][1].path if found else "", detail, len(case.net.nodes))


def transfer(case: Case) -> Finding:
    """Both models hold the same weights, bit for bit, and they survive the way there and back."""
    try:
        torch_side, keras_side = (checked(case.net, backends.get(s).read(case.model(s), case.net), s) for s in SIDES)
    except WeightsError as error:
        return Finding(False, float("inf"), 0.0, _weight_name(case.net, str(error)), str(error))
    worst = same_bits(*_alike(torch_side, keras_side))
    if not worst.first and case.weights is not None:
        worst = same_bits(*_alike(case.weights, keras_side))
    return Finding(not worst.first, worst.measured, 0.0, worst.first, worst.why, worst.compared)


def _weight_name(net: Net, message: str) -> str:
    return next((name for name in net.weights if name in message), "")


def _alike(left: Mapping[str, Array], right: Mapping[str, Array]) -> tuple[dict[str, Array], dict[str, Array]]:
    """Both sets in the narrower of their dtypes, so that a float32 and a float64 model can be held together."""
    pairs = {name: min(left[name].dtype, right[name].dtype) for name in left if name in right}
    narrow = [{n: a.astype(pairs.get(n, a.dtype), copy=False) for n, a in side.items()} for side in (left, right)]
    return narrow[0], narrow[1]


def forward_float64(case: Case) -> Finding:
    """Both models agree in float64: at the outputs on every batch, and on the first at every node.

    There every node is also held against its NumPy meaning. Where the outputs of a later batch differ, its nodes are
    compared too, to name the first that does.
    """
    total, count = Worst(0.0), 0
    for number, x in enumerate(case.images):
        outputs = {side: _named(case.net, case.outputs(side, number)) for side in SIDES}
        dead = [name for name, value in outputs["torch"].items() if not np.any(value)]
        if dead:
            return Finding(False, float("nan"), FLOAT64_TOLERANCE, dead[0], "all zero: this proves nothing")
        worst = compare(outputs["torch"], outputs["tf"], list(outputs["torch"]), FLOAT64_TOLERANCE)
        inside = _node_by_node(case, x, first=number == 0) if number == 0 or worst.first else Worst(0.0)
        chosen = inside if inside.first else worst
        count += worst.compared + inside.compared
        if chosen.first:
            return Finding(False, chosen.measured, FLOAT64_TOLERANCE, chosen.first, chosen.why, count)
        total = max((total, worst, inside), key=lambda each: each.measured)
    skipped = len(case.net.nodes) - 1 - (count - len(case.images) * len(case.net.outputs))
    detail = f"not observable: {skipped} of {len(case.net.nodes)} nodes" if skipped else ""
    return Finding(True, total.measured, FLOAT64_TOLERANCE, total.where, detail, count)


def _node_by_node(case: Case, x: Array, first: bool) -> Worst:
    """The nodes that both models show, torch against Keras and on the first batch against NumPy."""
    seen = {side: backends.get(side).nodes(case.float64(side), case.net, x) for side in SIDES}
    both = [node.path for node in case.net.nodes[1:] if all(node.path in seen[side] for side in SIDES)]
    if not both:
        return Worst(0.0)
    weights = backends.get("torch").read(case.float64("torch"), case.net)
    worst = compare(seen["torch"], seen["tf"], both, FLOAT64_TOLERANCE)
    if first and not worst.first:
        meant = compare(seen["torch"], reference.run(case.net, weights, x), both, FLOAT64_TOLERANCE)
        worst = meant if meant.measured > worst.measured or meant.first else worst
    if worst.first:
        why = f"{worst.why}; {_blame(case.net, weights, seen, worst.first)}".strip("; ")
        worst = replace(worst, why=why)
    return worst


def _named(net: Net, results: Sequence[Array]) -> dict[str, Array]:
    return {_output_name(net, index): value for index, value in enumerate(results)}


def _output_name(net: Net, index: int) -> str:
    return f"output {index} ({net.shown_outputs[index]})" if index < len(net.outputs) else f"output {index}"


def _blame(net: Net, weights: Mapping[str, Array], seen: Mapping[str, Mapping[str, Array]], path: str) -> str:
    """Which side departs from the meaning of the node, given what that side fed into it."""
    node = next((node for node in net.nodes if node.path == path), None)
    sources = [net.nodes[index].path for index in node.inputs] if node else []
    words = []
    for side in SIDES:
        if node is None or any(source not in seen[side] for source in sources):
            continue
        meant = reference.step(node, weights, *(seen[side][source] for source in sources))
        gap, why = difference(seen[side][path], meant)
        verdict = "keeps to" if gap <= FLOAT64_TOLERANCE else f"departs by {gap:.1e} from"
        words.append(f"{side} {verdict} the meaning of {node.kind}{f' ({why})' if why else ''}")
    return ", ".join(words)


def forward_float32(case: Case) -> Finding:
    """In float32 the models differ by no more than the rounding that each shows against its own float64 result.

    The tolerance is a multiple of the quieter side's rounding, so that one side computing in less precision fails.
    """
    worst = Finding(True, 0.0, 0.0, compared=0)
    low = {side: backends.get(side).cast(case.float64(side), case.net, "float32") for side in SIDES}
    for number, x in enumerate(case.images):
        single = {side: backends.get(side).outputs(low[side], case.net, x) for side in SIDES}
        double = {side: case.outputs(side, number) for side in SIDES}
        for index in range(len(case.net.outputs)):
            noise = {side: difference(single[side][index], double[side][index])[0] for side in SIDES}
            case.noise.update({side: max(case.noise.get(side, 0.0), noise[side]) for side in SIDES})
            gap, why = difference(single["torch"][index], single["tf"][index])
            tolerance = FLOAT32_FACTOR * min(noise.values()) + FLOAT32_FLOOR
            where = _output_name(case.net, index)
            detail = why or f"noise torch {noise['torch']:.1e}, tf {noise['tf']:.1e}"
            found = Finding(bool(gap <= tolerance), gap, tolerance, where, detail, worst.compared + 1)
            if not found.passed:
                return found
            worst = found if gap >= worst.measured else Finding(**{**vars(worst), "compared": found.compared})
    return worst


def gradients_float64(case: Case) -> Finding:
    """The gradients of a scalar loss with respect to the input and every weight agree in evaluation mode.

    With several cases they take turns over the batches (the first has the first, and so on), since a backward pass is
    the dearest part of a check.
    """
    images = case.images if case.turns == 1 else case.images[case.turn % len(case.images) :][:1]
    return _stepped(case, images, training=False)


def training_float64(case: Case) -> Finding:
    """In training mode (dropout off) outputs, gradients and the running statistics left behind agree.

    PyTorch writes the unbiased variance to its statistics and Keras the biased one: the factor is taken out here.
    Run in the last case, on its largest batch.
    """
    if case.turn < case.turns - 1:
        return Finding(True, 0.0, FLOAT64_TOLERANCE)
    if not case.net.statistics:
        detail = "without batch normalisation, training with dropout off is evaluation: see the gate before"
        return Finding(True, 0.0, FLOAT64_TOLERANCE, "", detail)
    return _stepped(case, [max(case.images, key=len)], training=True)


def _stepped(case: Case, images: Sequence[Array], training: bool) -> Finding:
    total, count, tolerance = Worst(0.0), 0, _gradient_tolerance(case)
    rng = np.random.default_rng(1)
    for x in images:
        cotangents = [rng.standard_normal((len(x), *case.net.nodes[index].shape)) for index in case.net.outputs]
        steps = {}
        for side in SIDES:
            backend: Backend = backends.get(side)
            steps[side] = backend.step(case.float64(side), case.net, x, cotangents, training)
        worst = _step_difference(case, steps["torch"], steps["tf"], len(x), training)
        count += worst.compared
        if worst.first:
            return Finding(False, worst.measured, tolerance, worst.first, worst.why, count)
        total = worst if worst.measured > total.measured else total
    return Finding(True, total.measured, tolerance, total.where, "", count)


def _gradient_tolerance(case: Case) -> float:
    if case.weights is not None:
        return FLOAT64_TOLERANCE
    return max(FLOAT64_TOLERANCE, *(node.op.rounded_gradient for node in case.net.nodes))


def _step_difference(case: Case, left: Step, right: Step, batch: int, training: bool) -> Worst:
    """Outputs, statistics, then gradients from the last weight to the first: the order in which a fault spreads."""
    trained = [name for name, weight in case.net.weights.items() if weight.kind == "trainable"][::-1]
    scale = max((float(np.abs(value).max()) for value in right.weight_gradients.values()), default=0.0)
    ours, theirs = _named(case.net, left.outputs), _named(case.net, right.outputs)
    parts = [_part("output of", ours, theirs, list(ours))]
    if training:
        old = backends.get("torch").read(case.float64("torch"), case.net)
        statistics = [name for name, weight in case.net.weights.items() if weight.kind == "statistic"]
        parts.append(_part("statistic", _biased(case.net, left.statistics, old, batch), right.statistics, statistics))
    floor, tolerance = GRADIENT_FLOOR * scale, _gradient_tolerance(case)
    parts.append(_part("gradient of", left.weight_gradients, right.weight_gradients, trained, floor, tolerance))
    inputs = {"input": left.input_gradient}, {"input": right.input_gradient}
    parts.append(_part("gradient of", *inputs, ["input"], tolerance=tolerance))
    chosen = next((part for part in parts if part.first), max(parts, key=lambda part: part.measured))
    return replace(chosen, compared=sum(part.compared for part in parts))


def _part(
    word: str,
    left: Mapping[str, Array],
    right: Mapping[str, Array],
    names: Sequence[str],
    floor: float = 0.0,
    tolerance: float = FLOAT64_TOLERANCE,
) -> Worst:
    worst = compare(left, right, names, tolerance, floor)
    return replace(worst, where=f"{word} {worst.where}", first=worst.first and f"{word} {worst.first}")


def _biased(net: Net, statistics: Mapping[str, Array], old: Mapping[str, Array], batch: int) -> dict[str, Array]:
    """torch's running statistics with the factor n / (n - 1) taken out of the variance it added."""
    answer = dict(statistics)
    for node in net.nodes:
        name = f"{node.path}.running_var"
        if not node.op.normalises or name not in answer:
            continue
        values = batch * math.prod(node.in_shapes[0][1:])
        kept = (1 - vars(node.op)["momentum"]) * old[name]
        answer[name] = kept + (answer[name] - kept) * (values - 1) / values
    return answer


GATES: dict[str, Callable[[Case], Finding]] = {
    gate.__name__: gate
    for gate in (structure, transfer, forward_float64, forward_float32, gradients_float64, training_float64)
}
