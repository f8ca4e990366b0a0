"""The torch side is an ordinary nn.Module: hierarchy, hooks, modes, compile, export, channels_last, features."""

from __future__ import annotations

import copy
import io
from typing import Any

import numpy as np
import pytest
import torch
from selection import some

import diptych
from diptych.common.errors import DiptychError, SpecError
from diptych.common.weights import scrambled
from diptych.torch_impl import state

FAMILIES = ["lenet5_1998", "resnet18", "mobilenet_v2.keras", "shufflenet_v2_x1_0", "googlenet_bvlc_aux", "densenet121"]
QUICKEST = ("lenet5_1998", "resnet18", "googlenet_bvlc_aux")
"""Ops of the project's own, units that are added up, several outputs."""


def made(name: str, dtype: Any = "float64", **options: Any) -> tuple[diptych.Net, Any, torch.Tensor]:
    net = diptych.spec(name, **options)
    model = diptych.build(net, "torch", weights=scrambled(net), dtype=dtype)
    generator = torch.Generator().manual_seed(0)
    return net, model, torch.randn(2, *net.input_shape, generator=generator, dtype=getattr(torch, dtype))


def small(name: str, dtype: Any = "float64") -> tuple[diptych.Net, Any, torch.Tensor]:
    size = (36, 32) if name.startswith("lenet") else (96, 112)
    return made(name, dtype, input_size=size)


def test_blocks_are_modules_with_hooks() -> None:
    _, model, x = made("resnet50", input_size=(64, 48))
    names = dict(model.named_modules())
    assert {"layer1", "layer1.0", "layer1.0.conv1", "layer1.0.downsample.1"} <= set(names)
    assert type(names["layer1.0"]).__name__.startswith("Bottleneck")
    seen: list[torch.Size] = []
    handle = model.layer1[0].register_forward_hook(lambda m, i, o: seen.append(o.shape))
    model(x)
    handle.remove()
    assert seen == [torch.Size([2, 256, 16, 12])]
    assert model.layer1[0](torch.zeros(1, 64, 8, 8, dtype=torch.float64)).shape == (1, 256, 8, 8)


def test_tracebacks_show_the_line_that_ran() -> None:
    import traceback

    _, model, _ = made("resnet18", input_size=(64, 48))
    try:
        model(torch.zeros(1, 4, 64, 48, dtype=torch.float64))
    except RuntimeError as error:
        text = "".join(traceback.format_exception(error))
    assert "x = torch.relu_(self.bn1(self.conv1(x)))" in text


def test_it_is_built_for_evaluation_and_trains() -> None:
    _, model, x = made("googlenet_torchvision_bn", input_size=(96, 112))
    assert not model.training
    assert torch.equal(model(x), model(x))
    model.train()
    before = copy.deepcopy(model.state_dict())
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    model(x).square().mean().backward()
    optimiser.step()
    after = model.state_dict()
    assert not torch.equal(before["fc.weight"], after["fc.weight"])
    assert not torch.equal(before["conv1.bn.running_mean"], after["conv1.bn.running_mean"])
    assert int(after["conv1.bn.num_batches_tracked"]) == 1


@pytest.mark.parametrize("name", some(FAMILIES, *QUICKEST))
def test_export_gives_the_same_numbers(name: str) -> None:
    _, model, x = small(name)
    exported = torch.export.export(model, (x,)).module()
    assert_same(exported(x), model(x))


@pytest.mark.parametrize("name", some(FAMILIES, *QUICKEST))
def test_the_whole_graph_is_captured_by_compile(name: str) -> None:
    _, model, x = small(name)
    compiled: Any = torch.compile(model, fullgraph=True, backend="aot_eager")
    with torch.no_grad():
        assert_same(compiled(x), model(x))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # inductor's own imports warn, and nothing here can change it
def test_the_default_compiler_gives_the_same_numbers() -> None:
    _, model, x = made("lenet5_modern")
    compiled: Any = torch.compile(model, fullgraph=True)
    with torch.no_grad():
        assert_same(compiled(x), model(x))


@pytest.mark.parametrize("name", some(FAMILIES, *QUICKEST))
def test_channels_last_gives_the_same_numbers(name: str) -> None:
    net, model, x = small(name)
    moved = diptych.build(net, "torch", weights=scrambled(net), dtype="float64", memory_format="channels_last")
    assert_same(moved(x), model(x))
    assert_same(moved(x.to(memory_format=torch.channels_last)), model(x))
    read = diptych.weights(moved, net)
    assert all(
        np.array_equal(read[key], array) and read[key].flags.c_contiguous for key, array in scrambled(net).items()
    )


def test_channels_last_holds_for_kernels_and_maps() -> None:
    paths = ["conv1", "layer1", "layer3.0.downsample.0", "layer4.1.add"]
    net = diptych.spec("resnet18", input_size=(64, 48))
    moved, plain = (diptych.build(net, "torch", features=paths, memory_format=form) for form in ("channels_last", None))
    x = torch.rand(2, 3, 64, 48)
    for model, form, other in (
        (moved, torch.channels_last, torch.contiguous_format),
        (plain, torch.contiguous_format, torch.channels_last),
    ):
        arrays = [model.conv1.weight, model.get_submodule("layer1.0.conv1").weight, *model(x).values()]
        assert all(a.is_contiguous(memory_format=form) and not a.is_contiguous(memory_format=other) for a in arrays)


def test_an_unknown_memory_format_is_an_error_and_keras_has_the_known_one() -> None:
    for framework in ("torch", "tf"):
        with pytest.raises(DiptychError, match="memory_format is 'channels_last' or None, not 'NHWC'"):
            diptych.build("lenet5_modern", framework, memory_format="NHWC")  # type: ignore[arg-type]
    model = diptych.build("lenet5_modern", "tf", memory_format="channels_last")
    assert {layer.data_format for layer in model.layers if hasattr(layer, "data_format")} == {"channels_last"}


def test_weights_are_copied_into_c_order() -> None:
    net = diptych.spec("lenet5_modern")
    given = {name: array.T.copy().T for name, array in scrambled(net).items()}
    model = diptych.build(net, "torch", weights=given)
    assert all(value.is_contiguous() for value in model.state_dict().values())
    with torch.no_grad():
        model.c1.weight.zero_()
    assert given["c1.weight"].all()


def test_equal_networks_share_their_classes_and_nothing_else() -> None:
    first, second = (diptych.build("lenet5_modern", "torch") for _ in range(2))
    assert type(first) is type(second)
    assert type(first) is not type(diptych.build(diptych.spec("lenet5_modern", num_classes=7), "torch"))
    with torch.no_grad():
        first.c1.weight.zero_()
    assert second.c1.weight.all()


def assert_same(a: Any, b: Any) -> None:
    several = isinstance(b, tuple)
    for left, right in zip(a if several else [a], b if several else [b], strict=True):
        assert float((left - right).detach().abs().max() / right.detach().abs().max()) < 1e-12


def test_features_answer_by_node_and_block() -> None:
    net, model, x = made("resnet18", input_size=(64, 48))
    paths = ["layer1", "layer2.0.conv1", "layer4.1.add", "maxpool"]
    weights = scrambled(net)
    features = diptych.build(net, "torch", weights=weights, dtype="float64", features=paths)
    found = features(x)
    assert list(found) == paths
    stem = model.maxpool(torch.relu(model.bn1(model.conv1(x))))
    assert torch.equal(found["maxpool"], stem)
    assert torch.equal(found["layer1"], model.layer1(stem))
    assert "fc.weight" not in features.state_dict()
    assert set(features.state_dict()) < set(model.state_dict())


def test_unknown_features_are_named_with_near_matches() -> None:
    net = diptych.spec("resnet18")
    with pytest.raises(DiptychError, match=r"layer1\.0\.conv3.*layer1\.0\.conv"):
        diptych.build(net, "torch", features=["layer1.0.conv3"])


def test_copies_and_pickles_within_a_process() -> None:
    _, model, x = made("lenet5_modern")
    buffer = io.BytesIO()
    torch.save(model, buffer)
    buffer.seek(0)
    again = torch.load(buffer, weights_only=False)
    assert torch.equal(again(x), model(x))
    assert torch.equal(copy.deepcopy(model)(x), model(x))


def test_it_runs_at_other_sizes_than_it_was_traced_at() -> None:
    net, model, _ = made("mobilenet_v2.keras", input_size=(64, 64))
    other = diptych.spec("mobilenet_v2.keras", input_size=(65, 81))
    x = torch.randn(1, 3, 65, 81, dtype=torch.float64)
    expected = diptych.build(other, "torch", weights=scrambled(net), dtype="float64")(x)
    assert torch.equal(model(x), expected)


def test_the_main_output_comes_first() -> None:
    net, model, x = small("googlenet_torchvision_bn_aux")
    main, *heads = model(x)
    assert len(heads) == 2
    assert main.shape == heads[0].shape == (2, 1000)
    assert net.nodes[net.outputs[0]].path == "fc"


def test_the_same_seed_gives_the_same_bits_in_both_frameworks() -> None:
    net = diptych.spec("resnet18", num_classes=7, input_size=(64, 48))
    models = [diptych.build(net, name, weights=diptych.init(net, seed=3)) for name in ("torch", "tf")]
    first, second = (diptych.weights(model, net) for model in models)
    assert list(first) == list(second) == list(net.weights)
    assert all(np.array_equal(first[name], second[name]) for name in first)
    other = diptych.init(net, seed=4)
    assert not np.array_equal(other["conv1.weight"], first["conv1.weight"])


def test_a_module_of_other_weights_than_the_network_is_refused() -> None:
    """As a net from outside may be one that its source does not say exactly."""
    net = diptych.spec("lenet5_modern")
    model = diptych.build(net, "torch")
    model.c1 = torch.nn.Conv2d(1, 7, 5)
    with pytest.raises(SpecError, match=r"other weights than the network: size mismatch for c1\.weight"):
        state.write(model, net, diptych.init(net))
