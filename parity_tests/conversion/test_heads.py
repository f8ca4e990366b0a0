"""A backbone of ours with a head that somebody made: one network, or a refusal that says how; never without a word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import run
from hollow import hollow, zeros
from people_files import bare, file, linear, norm

import diptych
from diptych.common.dialect import OWN, dialect
from diptych.common.errors import DiptychError
from diptych.common.registry import traced
from diptych.conversion.head_words import LOUD
from diptych.conversion.heads import Unconverted
from diptych.conversion.identify import Identified, identified, identify
from diptych.conversion.prefixes import part_of, rivals
from diptych.files.checkpoint import Checkpoint

MLP = {"fc.0": (256, 512), "fc.3": (2, 256)}
"""Sequential(Linear, ReLU, Dropout, Linear), as it is in a state dict."""


def found(checkpoint: Checkpoint, name: str | None = None, **given: Any) -> Identified:
    """What the checkpoint is, with every weight in its place."""
    one = identified(checkpoint, name, given)
    shapes = {ours: tuple(map(int, weight.shape)) for ours, weight in one.net.weights.items()}
    assert one.checkpoint.shapes(one.net) == shapes
    return one


@pytest.mark.parametrize("path", ["last_linear", "head.fc", "classifier", "fc.1", "fc"])
@pytest.mark.parametrize("prefix", ["", "backbone.", "model.encoder.net."])
def test_one_linear_layer_under_another_name_is_the_head(path: str, prefix: str) -> None:
    outside = "" if path == "head.fc" else prefix
    one = found(file({prefix + name: value for name, value in bare().items()}, linear({outside + path: (10, 512)})))
    assert one.net == traced("resnet18", {"num_classes": 10})
    assert one.dialect.theirs("fc") == path
    known = path in ("fc", "last_linear")  # torchvision's name, and pretrainedmodels'
    assert any(path in note and "no state dict says" in note for note in one.notes) != known


def test_the_own_number_of_classes_is_no_option() -> None:
    assert found(file(bare(), linear({"last_linear": (1000, 512)}))).net == traced("resnet18", {})


@pytest.mark.parametrize(
    ("name", "library", "path"),
    [("mobilenet_v2", OWN, "classifier.1.1"), ("densenet121", OWN, "classifier.0"), ("vgg11_bn", OWN, "classifier.6.4"),
     ("efficientnet_b0.tf", "timm", "classifier.2")],
)  # fmt: skip
def test_other_families_and_names(name: str, library: str, path: str) -> None:
    net = traced(name, {"num_classes": 0})
    width = net.nodes[net.outputs[0]].shape[0]
    one = found(file(bare(name, library), linear({path: (7, int(width))})), name)
    assert one.net == traced(name, {"num_classes": 7})
    assert path in one.dialect.weight(next(reversed(one.net.weights)))


def test_a_classifier_without_the_hidden_layers_of_the_network() -> None:
    one = found(file(bare("vgg11_bn", hidden=False), linear({"classifier.0": (9, 25088)})))
    assert one.net == traced("vgg11_bn", {"num_classes": 9, "hidden": False})


def test_several_in_a_row_are_refused_with_the_command() -> None:
    with pytest.raises(Unconverted, match=f"^{LOUD}: .*fc.0 and fc.3, linear layers 512 -> 256 -> 2") as caught:
        found(file(bare(), linear(MLP)))
    assert 'diptych convert in.pth DST --head "relu,dropout"' in str(caught.value)
    assert "--num-classes 0" in str(caught.value)
    assert any(LOUD in note for note in identify(file(bare(), linear(MLP))).notes)


@pytest.mark.parametrize("name", [None, "resnet18"])
@pytest.mark.parametrize("said", ["relu,dropout", "linear:256,relu,dropout,linear:2", "linear,relu,dropout,linear"])
def test_what_lies_between_is_asked_for(said: str, name: str | None) -> None:
    one = found(file(bare(), linear(MLP), prefix="module."), name, head=said)
    assert one.net == traced("resnet18", {"head": "linear:256,relu,dropout,linear:2"})
    assert one.net.weights["fc.3.weight"].shape == (2, 256)


def test_the_names_of_the_file_are_those_of_its_own_head() -> None:
    one = found(file(bare(), linear({"neck.fc1": (256, 512), "head.out": (2, 256)})), head="gelu")
    assert [one.dialect.theirs(path) for path in ("fc.0", "fc.2")] == ["neck.fc1", "head.out"]


def test_a_head_with_normalisation() -> None:
    head = norm("fc.0", 512) | linear({"fc.2": (64, 512)}, bias=False) | norm("fc.4", 64) | linear({"fc.6": (3, 64)})
    text = "batch_norm,dropout,linear,relu,batch_norm,dropout,linear"
    one = found(file(bare(), head), head=text)
    whole = "batch_norm,dropout,linear:64:nobias,relu,batch_norm,dropout,linear:3"
    assert one.net == traced("resnet18", {"head": whole})


@pytest.mark.parametrize("said", ["linear:255,relu,linear:2", "linear,relu", "linear,relu,linear,linear", "linear,cat"])
def test_a_head_that_the_file_has_not_is_refused(said: str) -> None:
    with pytest.raises(DiptychError, match=r"is not that of the file|has no layer"):
        found(file(bare(), linear(MLP)), head=said)


@pytest.mark.parametrize("layers", [MLP, {"last_linear": (10, 512)}, {"a": (10, 512), "b": (3, 512)}])
@pytest.mark.parametrize("prefix", ["", "backbone."])
def test_the_backbone_alone_names_what_was_left_out(layers: dict[str, tuple[int, int]], prefix: str) -> None:
    inside = {prefix + name: value for name, value in bare().items()}
    one = found(file(inside, linear(layers)), num_classes=0)
    assert one.net == traced("resnet18", {"num_classes": 0})
    assert [note for note in one.notes if note.startswith(f"{LOUD}, as asked: ") and next(iter(layers)) in note]


def test_two_heads_are_no_chain() -> None:
    with pytest.raises(Unconverted, match=f"^{LOUD}: .*no chain of linear layers.*--backbone"):
        found(file(bare(), linear({"a": (10, 512), "b": (3, 512)})))


def test_a_decoder_is_not_left_out_unasked() -> None:
    decoder = {"classifier.0.weight": zeros((21, 512, 3, 3))}
    inside = {f"backbone.{name}": value for name, value in bare().items()}
    with pytest.raises(Unconverted, match="dilation in place of stride"):
        found(file(inside, decoder))
    notes = found(file(inside, decoder), num_classes=0).notes
    assert any("dilation" in note for note in notes)


def test_a_foreign_buffer_is_left_out_with_a_note() -> None:
    whole = bare("densenet121", in_channels=1) | linear({"classifier": (18, 1024)})
    one = found(file(whole, {"op_threshs": zeros((18,))}))
    assert one.net == traced("densenet121", {"num_classes": 18, "in_channels": 1})
    assert any("op_threshs" in note for note in one.notes)


def test_a_missing_weight_is_no_head() -> None:
    state = bare() | linear({"last_linear": (10, 512)})
    del state["layer1.0.conv1.weight"]
    with pytest.raises(DiptychError, match=r"layer1\.0\.conv1\.weight"):
        found(file(state))


def test_counters_of_a_head_come_along() -> None:
    given = file(bare(), norm("bn", 512), linear({"out": (4, 512)}))
    given = replace(given, extras={"bn1.num_batches_tracked": 3, "bn.num_batches_tracked": 4})
    one = found(given, head="batch_norm,linear")
    assert one.checkpoint.extras == {"bn1.num_batches_tracked": 3, "fc.0.num_batches_tracked": 4}


@pytest.mark.parametrize("head", ["", "linear", "linear:0", "relu:3", "dropout:1", "linear:2,,relu", "linear:1" * 99])
def test_a_head_without_meaning_is_refused(head: str) -> None:
    with pytest.raises(DiptychError):
        traced("resnet18", {"head": head})


def test_a_network_with_a_head_of_its_own_is_converted_and_verified(tmp_path: Path) -> None:
    item, net = dialect(OWN, "lenet5_modern"), traced("lenet5_modern", {"head": "linear:6,relu,linear:3"})
    theirs = {"output.0": "top.first", "output.2": "top.last"}
    arrays: dict[str, Any] = {}
    for name, array in diptych.init(net, seed=1).items():
        path, _, kind = item.weight(name).rpartition(".")
        arrays[f"{theirs.get(path, path)}.{kind}"] = array
    np.savez(tmp_path / "in.npz", **arrays)
    done = diptych.convert(tmp_path / "in.npz", tmp_path / "out.safetensors", head="relu")
    assert done.options == {"head": "linear:6,relu,linear:3"}
    assert done.proof is not None
    assert diptych.verify(tmp_path / "out.safetensors").passed
    assert diptych.verify(tmp_path / "out.safetensors", result_only=True).passed
    back = diptych.convert(tmp_path / "out.safetensors", tmp_path / "back.npz")
    assert back.options == done.options
    report = (tmp_path / "out.safetensors.report.json").read_text(encoding="utf-8")
    (tmp_path / "out.safetensors.report.json").write_text(report.replace("top.first", "top.other"), encoding="utf-8")
    assert not diptych.verify(tmp_path / "out.safetensors").passed


def twins(*prefixes: str) -> Checkpoint:
    """Two backbones with projections beside each other, and a queue."""
    one = bare() | linear({"fc.0": (64, 512), "fc.2": (8, 64)})
    rows = {f"{prefix}{name}": array for prefix in prefixes for name, array in one.items()}
    return file(rows, {"queue": zeros((8, 32))})


def test_one_of_two_encoders_must_be_named() -> None:
    both = twins("encoder_q.", "encoder_k.")
    for find in (found, identify):
        with pytest.raises(DiptychError, match=r"'encoder_q.' \(\d+ tensors\), 'encoder_k.'.*--prefix encoder_q."):
            find(both)
    for said in ("encoder_k", "module.encoder_k."):
        assert found(part_of(both, said), num_classes=0).net == traced("resnet18", {"num_classes": 0})
    assert any(LOUD in note for note in identify(both, prefix="encoder_k").notes)
    with pytest.raises(DiptychError, match=r"begin with 'teacher'; they begin with encoder_q\., encoder_k\."):
        part_of(both, "teacher")


@pytest.mark.parametrize("name", ["densenet201", "resnet18", "vgg11_bn", "mobilenet_v2"])
def test_the_stages_of_one_network_are_no_rivals(name: str) -> None:
    assert not rivals(file(bare(name)))


def test_the_command_says_first_what_was_left_out(tmp_path: Path) -> None:
    net = traced("lenet5_modern", {"num_classes": 0})
    ones = {name: np.ones(tuple(map(int, weight.shape)), np.float32) for name, weight in net.weights.items()}
    state: dict[str, Any] = dict(ones)
    layers = linear({"top.0": (6, 84), "top.2": (3, 6)})
    np.savez(tmp_path / "in.npz", **state, **layers)
    convert = ("convert", tmp_path / "in.npz", tmp_path / "out.npz", "--no-check")
    refused_line = run(*convert)
    assert refused_line.exit_code == 2
    assert "HEAD NOT CONVERTED" in refused_line.output
    bare = run(*convert, "--backbone")
    assert bare.exit_code == 0
    assert bare.stdout.startswith("HEAD NOT CONVERTED, as asked: top.0 and top.2, linear layers 84 -> 6 -> 3; --head")
    whole = run(*convert, "--head", "relu", "--force")
    assert "lenet5_modern, head=linear:6,relu,linear:3" in whole.stdout
    assert run(*convert, "--head", "relu", "--backbone", "--force").exit_code == 2


@pytest.mark.parametrize("layers", [False, True])
def test_a_file_in_our_own_names_has_the_head_that_it_states(layers: bool) -> None:
    options = {"head": "linear:6,relu,linear:3"}
    net = traced("resnet18", options)
    one = identified(hollow(net, dialect(OWN, "resnet18"), layers), "resnet18", options)
    assert one.net == net
    assert one.checkpoint.named(net).keys() == net.weights.keys()
