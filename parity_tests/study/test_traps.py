"""The catalogue of traps: every twin runs and repeats its numbers, and every predicate tells the networks apart."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from selection import ALL_NETWORKS

import diptych
import diptych.traps
from diptych.commands import traps
from diptych.common.errors import DiptychError
from diptych.common.registry import networks, spec, traced
from diptych.traps import catalogue as module
from diptych.traps.catalogue import catalogue, find, met
from diptych.traps.duplicates import near_duplicates
from diptych.traps.trap import SECTIONS, Trap
from diptych.traps.trap import trap as trap_of

TRAPS = list(catalogue().values())
ROUNDING = 1e-5
LINES = 14


@pytest.fixture(params=TRAPS, ids=lambda entry: str(entry.id))
def trap(request: pytest.FixtureRequest) -> Trap:
    found: Trap = request.param
    return found


def body(trap: Trap) -> list[ast.stmt]:
    """The statements of a twin without its docstring and its imports."""
    (function,) = ast.parse(trap.source).body
    assert isinstance(function, ast.FunctionDef)
    assert ast.get_docstring(function)
    return [s for s in function.body[1:] if not isinstance(s, ast.Import | ast.ImportFrom)]


def test_the_text_of_a_twin_repeats_the_recorded_numbers(trap: Trap) -> None:
    """The text alone, in an empty namespace; a note marks agreement, or a number that is no rounding."""
    names: dict[str, Any] = {}
    exec(trap.source, names)  # noqa: S102
    wrong, right = names[trap.twin.__name__]()
    assert (type(wrong), type(right)) == (float, float)
    if trap.note and trap.wrong <= ROUNDING:
        assert 0 <= wrong <= ROUNDING
    else:
        assert trap.wrong / 2 <= wrong <= trap.wrong * 2
    if trap.note:
        assert 0 <= right <= max(10 * trap.right, ROUNDING)
    else:
        assert 0 <= 100 * right < wrong
        assert right <= ROUNDING


def test_the_trap_is_far_above_the_faithful_twin_or_a_note_says_why_not(trap: Trap) -> None:
    far = trap.wrong > 100 * trap.right >= 0 and trap.right <= ROUNDING
    assert far or trap.note


def test_a_twin_is_short_and_knows_nothing_of_diptych(trap: Trap) -> None:
    statements = body(trap)
    lines = (statements[-1].end_lineno or 0) - statements[0].lineno + 1
    assert lines <= LINES
    assert "diptych" not in trap.source
    assert trap.source.startswith(f"def {trap.id}() -> tuple[float, float]:")


def test_an_entry_says_everything(trap: Trap) -> None:
    said = (trap.title, trap.torch, trap.keras, trap.rule, trap.measure)
    assert all(said)
    assert trap.section in SECTIONS
    assert trap.thread == "" or trap.thread.startswith("https://")


def decorated(path: Path) -> list[str]:
    """The names of the functions under `@trap(...)` in a file, read from its text."""
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    return [f.name for f in functions if any(ast.unparse(d).startswith("trap(") for d in f.decorator_list)]


def test_the_catalogue_holds_every_decorated_twin_of_every_file_once() -> None:
    (folder,) = diptych.traps.__path__
    listed = [name for path in Path(folder).glob("*.py") for name in decorated(path)]
    assert len(set(listed)) == len(listed)
    assert sorted(listed) == sorted(catalogue())
    assert len(listed) > 40


def test_no_trap_is_nearly_another() -> None:
    assert near_duplicates(TRAPS) == []


@trap_of(
    section="Activations",
    title="LeakyReLU layers have the default slopes 0.01 and 0.3",
    torch="nn.LeakyReLU multiplies what is below zero by 0.01.",
    keras="keras.layers.LeakyReLU multiplies it by 0.3.",
    rule="Always write the slope.",
    wrong=1.1,
    right=0.0,
)
def slope_of_leaky_relu_layers() -> tuple[float, float]:
    """Planted: what leaky_relu_layer_slope says and does, in slightly other words and with other variables."""
    import keras
    import numpy as np
    import torch

    values = np.random.default_rng(0).normal(size=1000).astype("float32")
    truth = torch.nn.LeakyReLU()(torch.tensor(values)).numpy()
    a = keras.layers.LeakyReLU()(values)
    b = keras.layers.LeakyReLU(negative_slope=0.01)(values)
    return float(np.abs(truth - a).max()), float(np.abs(truth - b).max())


def test_a_near_duplicate_is_pointed_out_with_the_name_of_the_other() -> None:
    (message,) = near_duplicates([*TRAPS, slope_of_leaky_relu_layers])
    assert message.startswith("the trap 'slope_of_leaky_relu_layers' is nearly the trap 'leaky_relu_layer_slope': ")
    assert "100% of the twin" in message


@pytest.mark.parametrize("text", ["title", "torch"])
def test_the_same_words_are_pointed_out_whatever_the_twin_does(text: str) -> None:
    other = find("softmax_head")
    copied = ("title",) if text == "title" else ("torch", "keras", "rule")
    planted = replace(find("gelu_default"), **{field: getattr(other, field) for field in copied})
    (message,) = near_duplicates([other, planted])
    assert "nearly the trap 'softmax_head'" in message
    assert "of the twin" not in message


def test_the_catalogue_is_in_the_order_of_the_sections() -> None:
    order = [SECTIONS.index(trap.section) for trap in TRAPS]
    assert order == sorted(order)
    assert set(order) == set(range(len(SECTIONS))), "every section has an entry"


def test_every_trap_that_the_code_names_exists() -> None:
    """Docstrings name traps after `diptych traps`, or as "trap `id`", where a framework is worked around."""
    (folder,) = diptych.__path__
    named: set[str] = set()
    for tree in ("torch_impl", "tf_impl", "checking", "common"):
        for path in (Path(folder) / tree).resolve().rglob("*.py"):
            text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
            for line in re.findall(r"(?:See `diptych traps`:|traps?) ((?:`\w+`(?:,| and)?\s*)+)", text):
                named |= set(re.findall(r"`(\w+)`", line))
    assert len(named) > 15
    assert named <= set(catalogue())


def test_an_id_used_twice_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_all", lambda: iter([TRAPS[0], TRAPS[0]]))
    with pytest.raises(DiptychError, match="used by two traps"):
        module._by_id.__wrapped__()


def test_an_unknown_id_names_near_ones() -> None:
    assert find("kernel-axes") is find("kernel_axes")
    with pytest.raises(DiptychError, match=r"no trap 'kernel_axis'; did you mean 'kernel_axes'"):
        find("kernel_axis")


def test_resnet50_meets_same_padding_where_it_halves_the_map() -> None:
    found = met(spec("resnet50"))
    halving = ["conv1", "layer2.0.conv2", "layer3.0.conv2", "layer4.0.conv2"]
    assert found["same_padding_at_stride_2"] == halving
    assert "odd_images_hide_same_padding" not in found
    assert found["max_pool_same_at_stride_2"] == found["max_pool_pads_with_minus_infinity"] == ["maxpool"]
    assert len(found["batch_norm_epsilon_default"]) == len(found["batch_norm_running_variance"]) == 53
    assert "batch_norm_epsilon_is_not_saved" not in found


def test_an_odd_image_hides_the_padding_trap_of_resnet18() -> None:
    found = met(spec("resnet18", input_size=225))
    assert "conv1" in found["odd_images_hide_same_padding"]
    assert "conv1" not in found.get("same_padding_at_stride_2", [])


def test_googlenet_meets_ceil_mode_and_same_by_the_size_of_the_image() -> None:
    """The maps of 112, 56, 28 and 14 have an overhang, where SAME is right; of 231 the third pool sees 29 rows."""
    found = met(spec("googlenet_bvlc"))
    assert found["ceil_mode_adds_a_window"] == ["pool1", "pool2", "pool3", "pool4"]
    assert "ceil_mode_is_not_same" not in found
    assert len(found["local_response_norm_alpha"]) == 2
    larger = met(spec("googlenet_bvlc", input_size=231))
    assert larger["ceil_mode_adds_a_window"] == ["pool1", "pool2", "pool4"]
    assert larger["ceil_mode_is_not_same"] == ["pool3"]
    assert "ceil_mode_adds_a_window" not in met(spec("resnet50"))


@pytest.mark.parametrize("name", ["lenet5_1998", "alexnet_original"])
def test_a_network_without_padding_at_a_stride_meets_no_padding_trap(name: str) -> None:
    found = met(spec(name))
    assert not {"same_padding_at_stride_2", "odd_images_hide_same_padding", "torch_refuses_same_at_stride_2"} & set(
        found
    )
    assert not {"max_pool_pads_with_minus_infinity", "average_pool_counts_padding"} & set(found)
    assert len(found["kernel_axes"]) > 1


def test_the_forms_of_mobilenet_v2_meet_different_traps() -> None:
    torchvision, keras = met(spec("mobilenet_v2")), met(spec("mobilenet_v2.keras"))
    assert "same_padding_at_stride_2" in torchvision
    assert "same_padding_at_stride_2" not in keras
    assert "torch_refuses_same_at_stride_2" in keras
    assert len(keras["batch_norm_epsilon_is_not_saved"]) == 52
    assert len(torchvision["depthwise_kernel_axes"]) == len(keras["depthwise_kernel_axes"]) == 17


def test_dense_after_flatten_is_met_by_the_first_dense_layer_only() -> None:
    assert met(spec("vgg16"))["dense_after_flatten"] == ["classifier.0"]
    assert "dense_after_flatten" not in met(spec("resnet18"))
    assert met(spec("inception_v3.keras"))["batch_norm_without_scale"]
    assert "batch_norm_without_scale" not in met(spec("inception_v3"))


@ALL_NETWORKS
def test_met_lists_existing_nodes_and_no_empty_entry() -> None:
    for name in networks():
        net = traced(name, {})
        found = met(net)
        assert found
        assert all(found.values())
        assert {path for paths in found.values() for path in paths} <= {node.path for node in net.nodes[1:]}


def test_the_record_of_a_trap_names_the_networks_that_meet_it() -> None:
    record = traps.record(find("batch_norm_without_scale"), run=False)
    assert list(record["networks"]) == ["inception_v3.keras", "inception_resnet_v2.keras"]
    assert (record["wrong"], record["right"]) == (3, 0)
