"""Emitted files run on their own and equal the built models, for every registered network."""

from __future__ import annotations

import functools
import gc
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emitted_runner import LARGE, array, image, outputs
from op_cases import CASES, ODD, chained
from own_detector import detector_net
from own_network import nested_network, own_network
from own_parts import PARTS
from selection import GATED

from diptych import build, networks, spec
from diptych.common.emission.lists import name_parts, path_of
from diptych.common.registry import network
from diptych.common.spec import Array, Call, Net, Node
from diptych.common.trace import trace
from diptych.common.weights import summed
from diptych.emission import twins
from diptych.tf_impl.ops import lower
from diptych.tf_impl.source import LANGUAGE
from diptych.torch_impl.ops import lower as torch_form

RUNNER = Path(__file__).parents[1] / "emitted_runner.py"
FAMILIES = sorted({network(name).family for name in networks()})
TOLERANCE = 1e-10
OWN = {"own": own_network, "nested": nested_network, "detector": detector_net} | PARTS
OWN |= {
    "dilated_d": lambda: replace(spec("resnet18d", output_stride=8, input_size=(33, 40)), name="dilated_d"),
    "dilated_v3": lambda: replace(spec("mobilenet_v3_small", output_stride=16, input_size=(33, 40)), name="dilated_v3"),
    "dilated_v1": lambda: replace(
        spec("mobilenet_v1_025.keras", output_stride=8, input_size=(33, 40)), name="dilated_v1"
    ),
}
PROCESSES = 3
"""Each starts both frameworks once, for a part of the networks of `make test`."""


@functools.cache
def traced(name: str) -> Net:
    """A registered network at a small size, or `KIND-NUMBER`, a case of an op: alone, or `+` in a chain."""
    if name in networks():
        return spec(name, input_size=network(name).check_sizes[0])
    if name in OWN:
        return OWN[name]()
    kind, _, number = name.rstrip("+").rpartition("-")
    case = CASES[kind][int(number)]
    return trace(chained(case) if name.endswith("+") else case, name, ODD, title="Case")


def op_cases() -> list[str]:
    names = [f"{kind}-{number}" for kind in CASES for number in range(len(CASES[kind]))]
    return names + [
        f"{name}+" for name in names if len(traced(name).nodes) == 2 and torch_form(traced(name).nodes[1]).steps
    ]


def drawn(net: Net) -> dict[str, tuple[str, list[int], float, bool]]:
    """What to draw for each weight: such numbers that activations neither vanish nor explode."""
    found, sums = {}, summed(net)
    for name, weight in net.weights.items():
        positive = name.endswith("running_var") or (weight.init == "ones")
        scale = (2 / weight.fan_in) ** 0.5 if weight.init == "he" else sums.get(name, 1) if positive else 0.1
        found[name] = (name, [int(n) for n in weight.shape], scale, positive)
    return found


def place(net: Net, path: str) -> list[str | int]:
    """How to get from the Keras model to a node: attributes of blocks, indexes into chains and lists, keys of dicts."""
    call, steps = net.root, list[str | int]()
    while True:
        body = [*call.body, *(item for other in later(net, call) for item in other.body if per_call(net, item))]
        names = [path_of(net, item) for item in body]
        index = next(i for i, name in enumerate(names) if path == name or path.startswith(f"{name}."))
        name, *parts = name_parts(call.inner(names[index]))
        steps += [LANGUAGE.attribute(str(name)), *parts] if call.style == "block" else [index]
        item = body[index]
        if not isinstance(item, Call):
            return steps
        call = item


def later(net: Net, call: Call) -> list[Call]:
    return [other for other in net.root.walk() if call.path and other.owner == call.path]


def per_call(net: Net, item: int | Call) -> bool:
    return item.per_call if isinstance(item, Call) else net.nodes[item].per_call


def weight_jobs(net: Net, node: Node) -> list[dict[str, Any]]:
    recipes, jobs = drawn(net), []
    for slot in lower(node).slots:
        name = node.weight_name(slot.name)
        weight = net.weights[name]
        sizes = {axis: int(length) for axis, length in weight.sizes}
        job = {"name": name, "array": recipes[name], "place": place(net, node.path), "attribute": slot.attribute}
        jobs.append(job | {"slot": slot.name, "axes": f"{weight.axes} -> {slot.axes}", "sizes": sizes})
    return jobs


def job(name: str, folder: Path) -> dict[str, Any]:
    net = traced(name)
    sources = dict(zip(("torch", "tf"), twins(net), strict=True))
    files = {side: folder / f"{side}_{net.name.replace('.', '_')}.py" for side in sources}
    for side, emitted in sources.items():
        files[side].write_text(emitted.text)
    weights = [entry for node in net.nodes[1:] if not node.owner for entry in weight_jobs(net, node)]
    assert {entry["name"] for entry in weights} == set(net.weights)
    paths = {side: str(path) for side, path in files.items()} | {"outputs": str(folder / f"{net.name}.npz")}
    rest = {"root": sources["torch"].root, "ties": net.ties, "params": net.params, "arguments": {"torch": {}, "tf": {}}}
    return paths | rest | {"shape": list(map(int, net.input_shape)), "weights": weights}


def built(name: str) -> tuple[list[Array], list[Array]]:
    """The outputs of the built models, of PyTorch and of Keras."""
    import torch

    net = traced(name)
    weights = {key: array(*recipe) for key, recipe in drawn(net).items()}
    x = image(list(net.input_shape))
    with torch.no_grad():
        ours = outputs(build(net, "torch", weights=weights, dtype="float64")(torch.tensor(x)))
    model = build(net, "tf", weights=weights, dtype="float64")
    theirs = outputs(model(x.transpose(0, 2, 3, 1), training=False))
    del model, weights
    if net.params > LARGE:
        gc.collect()  # Keras models are cyclic garbage, of a gigabyte each for a VGG
    return ours, theirs


def apart(ours: Array, theirs: Array) -> float:
    assert ours.shape == theirs.shape
    assert np.isfinite(ours).all()
    assert np.abs(theirs).max() > 1e-3
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


QUICK = ("lenet5_1998", "shufflenet_v2_x0_5")
"""For `make test`: code beside the classes, chains, and blocks of branches, in one process."""
EVERYDAY = sorted({*GATED} - {*QUICK})
GROUPS = {"quick": list(QUICK)}
GROUPS |= {f"everyday {start + 1}": EVERYDAY[start::PROCESSES] for start in range(PROCESSES)}
GROUPS |= {family: [name for name in networks(family) if name not in GATED] for family in FAMILIES}
GROUPS = {group: names for group, names in GROUPS.items() if names} | {"single ops": [*op_cases(), *OWN]}


def marks(group: str) -> Any:
    if group == "quick":
        return group
    return pytest.param(group, marks=pytest.mark.full if group in FAMILIES else pytest.mark.slow)


@pytest.mark.parametrize("group", [marks(group) for group in GROUPS])
def test_emitted_files_run_without_diptych_and_equal_the_built_models(group: str, tmp_path: Path) -> None:
    names = GROUPS[group]
    expected = {name: built(name) for name in names}
    jobs = tmp_path / "jobs.json"
    jobs.write_text(json.dumps([job(name, tmp_path) for name in names]))
    done = subprocess.run(
        [sys.executable, str(RUNNER), str(jobs)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for name in names:
        results = np.load(tmp_path / f"{name}.npz")
        count = len(traced(name).outputs)
        assert len(results.files) == 2 * count
        torch_built, keras_built = expected[name]
        for i in range(count):
            assert np.array_equal(results[f"torch{i}"], torch_built[i]), f"{name}: output {i} in torch"
            assert apart(results[f"tf{i}"], keras_built[i]) < TOLERANCE, f"{name}: output {i} in Keras"
            theirs = results[f"tf{i}"]
            theirs = theirs.transpose(0, 3, 1, 2) if theirs.ndim == 4 else theirs
            assert apart(results[f"torch{i}"], theirs) < TOLERANCE, f"{name}: output {i}, torch and Keras"


def test_every_network_belongs_to_a_group_that_is_run() -> None:
    assert len(GROUPS["single ops"]) > 100
    groups = [names for group, names in GROUPS.items() if group != "single ops"]
    assert sorted(name for names in groups for name in names) == sorted(networks())
