"""Who else takes a state dict: each public class is given it, and what it computes is measured."""

from __future__ import annotations

import functools
import gc
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from references import Reference, references
from references.libraries import made, outputs
from selection import some

from diptych.common.compare import FLOAT64_TOLERANCE, difference
from diptych.common.dialect import ONLY_READ, OWN, Dialect, dialect
from diptych.common.registry import network, networks, spec
from diptych.common.spec import Net
from diptych.common.weights import scrambled
from diptych.conversion.look_alikes import asked, loaders, note
from diptych.conversion.signatures import dialects_of
from diptych.torch_impl.build import build

CLASSES = [item for item in references("torchvision", "timm", "pytorchcv") if not item.options]
PLANTED = ("mobilenet_v2.keras", "mobilenet_v1_025.keras", "mobilenet_v3_small.tf")
"""Of each something else takes the file."""


@pytest.fixture(autouse=True)
def _memory() -> Iterator[None]:
    """The larger networks take 1 GB in float64: none outlives its test."""
    yield
    gc.collect()


@functools.cache
def shapes(index: int) -> dict[str, tuple[int, ...]]:
    """The state dict of a public class, without memory."""
    with torch.device("meta"):
        return {name: tuple(t.shape) for name, t in made(CLASSES[index]).state_dict().items() if counts(name)}


def counts(name: str) -> bool:
    return not name.endswith("num_batches_tracked")


def written(net: Net, item: Dialect, state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What a file in these names holds, of a state dict of ours."""
    kernels = {name for node in net.nodes for name in node.weights() if item.kernel(node.path) and name in state}
    found = {name: tensor for name, tensor in state.items() if counts(name)}
    return {
        item.weight(name): tensor[:, :, None, None] if name in kernels and tensor.ndim == 2 else tensor
        for name, tensor in found.items()
    }


def takers(net: Net, item: Dialect, everything: bool) -> list[Reference]:
    """The classes, of all or of the network's family, that take its file strictly."""
    file = {name: tuple(t.shape) for name, t in written(net, item, meta(net)).items()}
    family = network(net.name).family
    asked_of = [n for n, one in enumerate(CLASSES) if everything or network(one.network).family == family]
    return [CLASSES[index] for index in asked_of if shapes(index) == file]


def measured(net: Net, item: Dialect, found: list[Reference]) -> Iterator[tuple[Reference, bool]]:
    """Each class that takes the file, and whether it computes what our module does."""
    if not found:
        return
    sizes = [taker.size for taker in found if taker.size]
    net = spec(net.name, input_size=(*sizes, network(net.name).check_sizes[0])[0])
    ours = build(net, scrambled(net), "float64")
    image = torch.from_numpy(np.random.default_rng(0).standard_normal((1, *net.input_shape)))
    with torch.no_grad():
        answer: Any = ours(image)
    expected = list(answer.values()) if isinstance(answer, dict) else answer
    expected = expected if isinstance(expected, (list, tuple)) else [expected]
    state = written(net, item, ours.state_dict())
    yield from ((taker, same(taker, state, image, expected)) for taker in found)


def meta(net: Net) -> dict[str, torch.Tensor]:
    return {name: torch.empty(tuple(map(int, w.shape)), device="meta") for name, w in net.weights.items()}


def same(taker: Reference, state: Mapping[str, torch.Tensor], image: torch.Tensor, expected: Any) -> bool:
    model = made(taker).double()
    missing = model.load_state_dict(dict(state), strict=False)
    assert not missing.unexpected_keys
    assert not any(map(counts, missing.missing_keys))
    got = outputs(taker, model.eval(), image)
    return all(difference(a.numpy(), b.numpy())[0] < FLOAT64_TOLERANCE for a, b in zip(got, expected, strict=True))


def spoken(name: str) -> list[Dialect]:
    """The names that are written of a network."""
    return [one for one in dialects_of(name, places=False) if not one.of_layers and one.library not in ONLY_READ]


def known(net: Net, item: Dialect) -> dict[tuple[str, str], bool]:
    """(library, network that its class is) -> whether it computes the same, as the conversion has it."""
    return {(one.item.library, one.item.network): one.same for one in loaders(net, item.library)}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n in PLANTED else [pytest.mark.full]) for n in networks()]
)
def test_what_is_said_of_a_class_is_measured(name: str) -> None:
    net = spec(name)
    for item in spoken(name):
        said = known(net, item)
        for taker, equal in measured(net, item, takers(net, item, everything=False)):
            assert said.get((taker.library, taker.network)) == equal, f"{name} as {item.library} in {taker}"
        assert bool(note(net, item.library)) == (not all(said.values()))


@pytest.mark.full
def test_no_public_class_that_takes_a_file_is_unknown() -> None:
    for name in networks():
        net = spec(name)
        for item in spoken(name):
            found = {(taker.library, taker.network) for taker in takers(net, item, everything=True)}
            assert found <= known(net, item).keys(), f"{name} as {item.library}"


def test_each_of_the_planted_is_taken_by_another_class() -> None:
    for name in PLANTED:
        assert any(note(spec(name), item.library) for item in dialects_of(name, places=False) if not item.of_layers)


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18", "densenet121", "efficientnet_b0", "inception_v3.keras"])
def test_nothing_is_said_where_no_class_computes_something_else(name: str) -> None:
    assert not note(spec(name), OWN)


def test_the_note_names_what_computes_it_and_how_to_build_it() -> None:
    (said,) = note(spec("mobilenet_v2.keras", num_classes=5, width=0.5), OWN)
    assert "torchvision's mobilenet_v2 loads this file, too, and computes something else" in said
    assert 'diptych.build("mobilenet_v2.keras", "torch", num_classes=5, width=0.5)' in said
    assert "`diptych source mobilenet_v2.keras --torch --num-classes 5 -O width=0.5`" in said
    (said,) = note(spec("efficientnet_b0.tf"), "timm")
    assert "timm's efficientnet_b0 loads" in said
    assert "timm's tf_efficientnet_b0 computes that" in said


def test_dilation_is_in_the_class_alone() -> None:
    (said,) = note(spec("resnet50", output_stride=8), OWN)
    assert "torchvision's resnet50 and timm's resnet50 load this file, too, and compute something else" in said
    assert "resnet50(replace_stride_with_dilation=[False, True, True]) and timm's resnet50(output_stride=8)" in said
    (said,) = note(spec("mobilenet_v3_large", output_stride=16, hidden=False, num_classes=0), OWN)
    assert "dilated=True" in said


STRIDED = [item for item in references("torchvision", "timm") if "output_stride" in item.options]


@pytest.mark.parametrize("index", some(range(len(STRIDED)), 0))
def test_the_arguments_for_dilation_are_those_that_the_references_are_made_with(index: int) -> None:
    item = STRIDED[index]
    net = spec(item.network, **item.options)
    words = asked(dialect(item.library, item.network), net).removeprefix("features_only=True, ")
    chosen = {key: value for key, value in item.arguments.items() if key not in ("variant", "channel_multiplier")}
    assert words == ", ".join(f"{key}={value!r}" for key, value in chosen.items())
