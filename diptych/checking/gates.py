"""The gates of a check: each takes a case, two models of one network on some images, and returns a finding.

There are six, and none is trusted after the first that fails: structure (the settings of every layer), transfer (every
bit), forward in float64 (outputs and every node; NumPy's meaning is the third opinion that tells which side departs),
forward in float32, gradients, and training. Forward runs on every size with every batch.

float64 is the judge, with a relative tolerance of 1e-10; real faults measure 1e-4 to 1e-1. In float32 the tolerance is
16 times the rounding of the quieter side, each against its own float64 result: against the sum of both the gate could
never fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from .. import backends
from ..common import reference
from ..common.compare import FLOAT64_TOLERANCE, Worst, compare, difference, same_bits
from ..common.errors import WeightsError
from ..common.spec import Array, Net
from ..common.text import first_few
from ..common.weights import checked
from .backward import gradients_float64, training_float64
from .case import SIDES, Case, Finding, by_output_name, output_name

FLOAT32_FACTOR = 16
FLOAT32_FLOOR = 16 * float(np.finfo(np.float32).eps)
NEARBY = 8
"""At how many images a rounding away the noise is asked for again, before a difference in float32 is called one."""


def structure(case: Case) -> Finding:
    """Every layer of both models has the settings of the spec."""
    found = [(side, d) for side in SIDES for d in backends.get(side).differences(case.model(side), case.net)]
    order = {node.path: index for index, node in enumerate(case.net.nodes)}
    found.sort(key=lambda item: order.get(item[1].path, order.get(item[1].path.rpartition(".")[0], len(order))))
    detail = first_few([f"{side} {d}" for side, d in found], 4, "; ", "; and ")
    return Finding(not found, float(len(found)), 0.0, found[0][1].path if found else "", detail, len(case.net.nodes))


def transfer(case: Case) -> Finding:
    """Both models hold the same weights, bit for bit, and they survive the way there and back."""
    try:
        torch_side, keras_side = (checked(case.net, backends.get(s).read(case.model(s), case.net), s) for s in SIDES)
    except WeightsError as error:
        return Finding(False, float("inf"), 0.0, _weight_name(case.net, str(error)), str(error))
    worst = same_bits(*_to_one_dtype(torch_side, keras_side))
    if not worst.first and case.weights is not None:
        worst = same_bits(*_to_one_dtype(case.weights, keras_side))
    return Finding(not worst.first, worst.measured, 0.0, worst.first, worst.why, worst.compared)


def _weight_name(net: Net, message: str) -> str:
    return next((name for name in net.weights if name in message), "")


def _to_one_dtype(left: Mapping[str, Array], right: Mapping[str, Array]) -> tuple[dict[str, Array], dict[str, Array]]:
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
        outputs = {side: by_output_name(case.net, case.outputs(side, number)) for side in SIDES}
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


def _blame(net: Net, weights: Mapping[str, Array], seen: Mapping[str, Mapping[str, Array]], path: str) -> str:
    """Which side departs from the meaning of the node, given what that side fed into it."""
    node = next((node for node in net.nodes if node.path == path), None)
    sources = [net.nodes[index].path for index in node.inputs] if node else []
    words = []
    for side in SIDES:
        if node is None or any(source not in seen[side] for source in sources):
            continue
        meant = reference.step(node, weights, *(seen[side][source] for source in sources))
        if len(meant) == 1:
            meant = np.broadcast_to(meant, seen[side][path].shape)  # what depends on no image has a batch of 1
        gap, why = difference(seen[side][path], meant)
        verdict = "keeps to" if gap <= FLOAT64_TOLERANCE else f"departs by {gap:.1e} from"
        words.append(f"{side} {verdict} the meaning of {node.kind}{f' ({why})' if why else ''}")
    return ", ".join(words)


def nearby(images: Array, dtype: str = "float32") -> Iterator[Array]:
    """Images that differ from these by a rounding of float32, or of another dtype, in each number.

    One image may be rounded kindly: GhostNet's noise was 3e-5 at one and 5e-3 at those beside it. The largest counts.
    """
    random = np.random.default_rng(0)
    for _ in range(NEARBY):
        turned = images * (1 + np.finfo(dtype).eps / 2 * random.standard_normal(images.shape))
        yield turned.astype(dtype).astype(images.dtype)


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
            if tolerance < gap < np.inf:
                noise = {side: max(noise[side], _noise_nearby(case, side, low[side], x, index)) for side in SIDES}
                tolerance = FLOAT32_FACTOR * min(noise.values()) + FLOAT32_FLOOR
            where = output_name(case.net, index)
            detail = why or f"noise torch {noise['torch']:.1e}, tf {noise['tf']:.1e}"
            found = Finding(bool(gap <= tolerance), gap, tolerance, where, detail, worst.compared + 1)
            if not found.passed:
                return found
            worst = found if gap >= worst.measured else Finding(**{**vars(worst), "compared": found.compared})
    return worst


def _noise_nearby(case: Case, side: str, low: Any, x: Array, index: int) -> float:
    """The largest rounding that a side shows at images beside these."""
    run, wide, worst = backends.get(side).outputs, case.float64(side), 0.0
    for near in nearby(x):
        worst = max(worst, difference(run(low, case.net, near)[index], run(wide, case.net, near)[index])[0])
    return worst


GATES: dict[str, Callable[[Case], Finding]] = {
    gate.__name__: gate
    for gate in (structure, transfer, forward_float64, forward_float32, gradients_float64, training_float64)
}
