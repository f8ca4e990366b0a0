"""Check that the PyTorch and the Keras model of a network are the same function, gate by gate.

Models need not be built by diptych: `check(net, models=(torch_model, keras_model))` takes them as they stand, and goes
the way of `compare`, with the network as a third opinion; see `comparing.spec`.
"""

from __future__ import annotations

import gc
import itertools
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .. import backends
from ..common.errors import DiptychError
from ..common.registry import meant_by, network, registered
from ..common.spec import Array, Net
from ..common.weights import scrambled
from ..reading import read
from ..training.gate import with_training
from ..waiting import shows_progress
from .asked import asked_gates, left_out
from .case import Case, Finding
from .gates import GATES, forward_float32
from .images import random_images
from .referee import onnx, require, verdict
from .report import Gate, Report

Progress = Callable[[str], None]


@shows_progress("checking")
def check(
    net: Net | str,
    models: Sequence[Any] | None = None,
    *,
    sizes: Sequence[tuple[int, int]] | None = None,
    batches: Sequence[int] = (1, 3),
    seed: int = 0,
    referee: bool = False,
    gates: Sequence[str] | None = None,
    fast: bool = False,
    steps: int | None = None,
    optimizer: Any = "sgd",
    progress: Progress | None = None,
) -> Report:
    """Run the gates on a network, or on a (torch, Keras) pair of its models as they stand, and return the Report.

    The gates are structure, transfer, forward in float64, forward in float32, gradients and training in float64; the
    first that fails ends the check. A registered network is checked at small non-square sizes, even and odd, with
    scrambled weights. Given `models` have the gates of `compare`, whose Comparison is returned: each is held to the
    network, with their own weights and at several sizes, so that a fault of both is found, and `side` says who departs.
    With `referee` the gate "onnx" holds both to the ONNX graph of the spec, run by others; a check that fails before
    then says which side ONNX agrees with. `gates` are those to run, all where none is named; with `fast` they run at
    one size with one batch, without those that train. With `steps` the last gate, training_steps, trains both for so
    many with `optimizer` and holds each, as `train_check` does. `progress` is told what is at work; without it a
    terminal is.
    Raises DiptychError where nothing can be compared.
    """
    net = _net(net)
    if not batches or any(batch < 1 for batch in batches) or (sizes is not None and not sizes):
        raise DiptychError(f"a check needs at least one size and one batch, got sizes={sizes} and batches={batches}")
    if models is not None:
        if sizes is not None:
            raise DiptychError("given models are checked at sizes that they take; leave out `sizes`")
        return _given(net, models, batches, referee, gates, fast, steps, optimizer, progress or (lambda text: None))
    asked = asked_gates(list(GATES), gates, fast, steps=steps)
    wanted = {name: GATES[name] for name in asked if name in GATES}
    if referee:
        require()
        wanted["onnx"] = onnx
    left = left_out(list(GATES), asked, fast)
    report = Report(net.name, (), (), notes=left, partial=bool(left))
    cases = itertools.islice(_cases(net, sizes, batches[-1:] if fast else batches, seed), 1 if fast else None)
    if wanted:
        report = _held(report, cases, wanted, referee, progress or (lambda text: None))
    return with_training(report, asked, next(_at_sizes(net, sizes)), steps, optimizer, progress)


def _net(net: Any) -> Net:
    """The network of a name, a file or a Net; raises DiptychError for a model, which `compare` takes."""
    if isinstance(net, Net):
        return net
    if backends.is_model(net):
        raise DiptychError(
            "check takes the name of a network or a Net; two models are held to each other by diptych.compare(one, "
            "other), and to a network by diptych.check(net, models=(torch_model, keras_model))"
        )
    if isinstance(net, os.PathLike) or (isinstance(net, str) and meant_by(net) is None and os.path.isfile(net)):
        found: Net = read(net).net
        return found
    return network(net).trace()


def _held(
    report: Report,
    cases: Iterator[Case],
    wanted: Mapping[str, Callable[[Case], Finding]],
    referee: bool,
    progress: Progress,
) -> Report:
    """The report of the gates that are wanted on all cases, up to the first that fails."""
    start, names, noise = time.monotonic(), list[str](), dict[str, float]()
    found = {name: Gate(name) for name in wanted}
    said = ""
    for case in cases:
        names.append(case.name)
        for name, gate in wanted.items():
            progress(f"{report.network} {case.name}: {name}")
            found[name] = _merge(found[name], name, gate(case), case)
            if not found[name].passed:
                break
        if any(gate.passed is not True for gate in found.values()):
            said = verdict(case) if referee and found["onnx"].passed is None else ""
            break
        noise = {side: max(noise.get(side, 0.0), value) for side, value in case.noise.items()}
        # Two models of VGG-16 in float64 and their gradients are gigabytes, and Keras models are cyclic garbage.
        del case
        gc.collect()
    seconds = time.monotonic() - start
    return replace(report, gates=tuple(found.values()), cases=tuple(names), noise=noise, referee=said, seconds=seconds)


def _merge(gate: Gate, name: str, found: Finding, case: Case) -> Gate:
    """Add one case's finding to a gate: the worst measure stays, a failure says in which case."""
    passed = found.passed
    place = f"{found.where} [{case.name}]" if found.where else ""
    compared = gate.compared + found.compared
    if passed and gate.measured is not None and gate.measured >= found.measured:
        return replace(gate, compared=compared, detail=gate.detail or found.detail)
    where = place if passed else found.where
    return Gate(name, passed, found.measured, found.tolerance, where, found.detail, compared)


def _given(
    net: Net,
    models: Any,
    batches: Sequence[int],
    referee: bool,
    gates: Sequence[str] | None,
    fast: bool,
    steps: int | None,
    optimizer: Any,
    progress: Progress,
) -> Report:
    """Two models as they stand, held to the network and to each other."""
    if not isinstance(models, (tuple, list)) or len(models) != 2:
        raise DiptychError("models is a pair: (torch module, Keras model)")
    from ..comparing.spec import held_to_spec

    report = held_to_spec(net, models, batches, gates, fast, steps, optimizer, progress)
    return _refereed(report, net, models, batches) if referee else report


def _refereed(report: Report, net: Net, models: Any, batches: Sequence[int]) -> Report:
    """The report with the gate "onnx", which holds both models to the ONNX graph of the network."""
    require()
    images = random_images(net, max(batches), np.random.default_rng(0))
    case = Case(net, models[0], models[1], None, (images,))
    if not report.passed:
        return replace(report, gates=(*report.gates, Gate("onnx")), referee=verdict(case))
    forward_float32(case)  # for the rounding that the models show, which is the measure of others' in float32
    return replace(report, gates=(*report.gates, Gate("onnx", **vars(onnx(case)))))


def _cases(net: Net, sizes: Sequence[tuple[int, int]] | None, batches: Sequence[int], seed: int) -> Iterator[Case]:
    rng = np.random.default_rng(seed)
    nets = list(_at_sizes(net, sizes))
    for turn, sized in enumerate(nets):
        yield _scrambled_case(
            sized, tuple(random_images(sized, batch, rng) for batch in batches), seed, turn, len(nets)
        )


def _scrambled_case(net: Net, images: tuple[Array, ...], seed: int, turn: int, turns: int) -> Case:
    weights = scrambled(net, seed)
    torch_model, keras_model = (backends.get(name).build(net, weights, "float64") for name in ("torch", "tf"))
    return Case(net, torch_model, keras_model, weights, images, turn, turns)


def _at_sizes(net: Net, sizes: Sequence[tuple[int, int]] | None) -> Iterator[Net]:
    """The network at the sizes of the check: the given ones, else its own if it was asked for, else the registered."""
    options = dict(net.options)
    known = registered(net.name) and network(net.name).trace(**options).nodes == net.nodes
    if sizes is not None and not known:
        raise DiptychError(f"{net.name} is no registered network: it can be checked at its own input size only")
    if not known or (sizes is None and "input_size" in options):
        yield net
        return
    for size in sizes or network(net.name).check_sizes:
        yield network(net.name).trace(**(options | {"input_size": size}))
