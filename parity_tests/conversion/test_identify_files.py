"""Files that hold more than a state dict, and `diptych identify` on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from refusal import refused
from safetensors.numpy import save_file
from typer.testing import CliRunner, Result

from diptych.commands.cli import app
from diptych.common.registry import traced
from diptych.common.weights import init
from diptych.conversion.identify import identify

SMALL = "shufflenet_v2_x0_5"


def stored(path: Path, **wrapped: Any) -> Path:
    """A file of torch, in the folder of a path; `wrapped` has the state dict under its key."""
    torch.save(wrapped or state(), path)
    return path


def state(prefix: str = "", **options: Any) -> dict[str, Any]:
    """A state dict of a small network of torchvision's."""
    net = traced(SMALL, options)
    return {f"{prefix}{name}": torch.zeros(tuple(map(int, w.shape))) for name, w in net.weights.items()}


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod.", "model.", "net.encoder.", "a.b.c.d."])
def test_the_prefix_of_a_wrapper_is_left_out(tmp_path: Path, prefix: str) -> None:
    found = identify(stored(tmp_path / "in.pth", **state(prefix)))
    assert found.names == (SMALL,)
    assert found.matches[0].confidence == 1
    said = " ".join(found.notes)
    assert all(repr(part) in said for part in ([prefix] if "_orig" not in prefix else ["_orig_mod."])), said


def test_lightning_keeps_other_tensors_beside_the_model(tmp_path: Path) -> None:
    beside = {"criterion.weight": torch.ones(5), "metric.total": torch.zeros(())}
    found = identify(stored(tmp_path / "in.ckpt", state_dict=state("model.", num_classes=5) | beside, epoch=3))
    assert found.names == (SMALL,)
    assert dict(found.matches[0].net.options) == {"num_classes": 5}
    said = " ".join(found.notes)
    assert "the weights are under 'state_dict'; left out: epoch" in said
    assert "left out: criterion.weight, metric.total" in said


@pytest.mark.parametrize("key", ["state_dict", "model", "ema", "model_ema", "state_dict_ema"])
def test_weights_under_a_key(tmp_path: Path, key: str) -> None:
    found = identify(stored(tmp_path / "in.pth", **{key: state()}))
    assert found.names == (SMALL,)
    assert f"the weights are under {key!r}" in found.notes


def test_plain_weights_go_before_averaged_ones(tmp_path: Path) -> None:
    found = identify(stored(tmp_path / "in.pth", state_dict=state(num_classes=5), ema=state(num_classes=6)))
    assert dict(found.matches[0].net.options) == {"num_classes": 5}
    assert "averaged weights, under 'ema', were left out" in found.notes


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_command_says_what_a_file_is(tmp_path: Path) -> None:
    done = run("identify", stored(tmp_path / "in.pth", **state("module.", num_classes=5)))
    assert done.exit_code == 0, done.output
    assert (
        f"in.pth: {SMALL}, num_classes=5 in the names of torchvision, diptych; 100 % of the weights fit" in done.stdout
    )
    assert "note: the prefix 'module.' of every name was left out" in done.stdout


def test_the_command_as_json(tmp_path: Path) -> None:
    path = stored(tmp_path / "in.pth", **state())
    data = json.loads(run("identify", path, "--json").stdout)
    assert (data["path"], data["notes"]) == (str(path), [])
    (exact,) = data["exact"]
    assert exact == {
        "network": SMALL,
        "also": exact["also"],
        "names": ["torchvision", "diptych"],
        "options": {},
        "confidence": 1,
        "missing": [],
        "extra": [],
        "misfits": [],
        "layers": [],
    }


def test_the_command_ends_with_1_where_nothing_fits_exactly(tmp_path: Path) -> None:
    weights = state()
    del weights["conv1.1.bias"]
    path = stored(tmp_path / "in.pth", **weights, queue=torch.ones(3))
    done = run("identify", path)
    assert done.exit_code == 1
    assert "no network fits exactly; the nearest:" in done.stdout
    assert f"  {SMALL} in the names of torchvision, diptych; 9" in done.stdout
    assert "1 missing: conv1.1.bias" in done.stdout
    assert "1 extra: queue" in done.stdout
    data = run("identify", path, "--json")
    assert data.exit_code == 1
    assert json.loads(data.stdout)["runners_up"][0]["missing"] == ["conv1.1.bias"]


def test_the_command_ends_with_2_where_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path, "identify", tmp_path / "none.pth")
    path = stored(tmp_path / "in.pth", mine=torch.ones(3), yours=torch.ones(2))
    assert "its tensor names (mine, yours ...) are those of no registered network" in refused(
        tmp_path, "identify", path
    )
    assert refused(tmp_path, "identify", path, "--json")


def test_an_option_that_a_neighbour_does_not_take_is_not_the_error(tmp_path: Path) -> None:
    """The file is LeNet-5 but for the number of classes asked for; the LeNet-5 of 1998 has no such option."""
    path = tmp_path / "in.safetensors"
    save_file(init(traced("lenet5_modern", {})), path)
    with_five = refused(tmp_path, "convert", path, tmp_path / "out.npz", "--num-classes", "5")
    assert "held against the nearest: 2 of 10 weights do not fit lenet5_modern, num_classes=5" in with_five
    small = refused(tmp_path, "convert", path, tmp_path / "out.npz", "--input-size", "3")
    assert f"{path}: c1 (conv): a window of 5 does not fit on 3" in small
