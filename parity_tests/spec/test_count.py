"""The program that counts references finds what the cards say, and does so without diptych."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from references import Reference, references

from diptych.common.registry import network

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks import count  # noqa: E402 - the root is on the path only now

EVERYDAY = (
    "torchvision:resnet18",
    "torchvision:googlenet",  # heads that run in training only
    "timm:efficientnet_b5",
    "timm:repvgg_a0",
    "pytorchcv:shufflenet_g3_w1",  # grouped convolutions
    "keras.applications:MobileNetV3Small",  # padding that depends on the size
    "keras.applications:EfficientNetB0",  # fixed numbers
)
"""References that `make test` counts; `make test-full` counts all."""


def every() -> list[Any]:
    found = [item for item in references(*count.TORCH, count.KERAS) if not item.options]
    return [pytest.param(item, id=str(item), marks=_marks(item)) for item in found]


def _marks(item: Reference) -> tuple[Any, ...]:
    return () if f"{item.library}:{item.name}" in EVERYDAY else (pytest.mark.full,)


@pytest.mark.parametrize("item", every())
def test_a_reference_has_the_counts_of_its_card(item: Reference) -> None:
    card = network(item.network).card.counts
    found = count.counts(item, card.input)
    wanted = {"params": card.params, "statistics": card.statistics, "buffers": card.buffers, "macs": card.macs}
    assert found == {**wanted, "input": list(card.input)}


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """The program in a process that cannot import diptych."""
    code = "import sys; sys.modules['diptych'] = None; from benchmarks.count import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_the_program_prints_the_entry_of_a_card() -> None:
    done = run("timm:efficientnet._gen_mobilenet_v1", "variant=any", "channel_multiplier=0.25")
    assert done.returncode == 0, done.stderr
    entry = json.loads(done.stdout)["counts"]
    source = entry.pop("source")
    assert source == "timm:efficientnet._gen_mobilenet_v1 (variant=any, channel_multiplier=0.25)"
    card = network("mobilenet_v1_025").card.counts
    assert entry == {key: json.loads(json.dumps(value)) for key, value in vars(card).items() if key != "source"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["resnet50"], "expected LIBRARY:NAME with a library of torchvision, timm"),
        (["torchvision:resnet5O"], "error: torchvision cannot make and run 'resnet5O'"),
        (["timm:resnet50", "--size", "wide"], "a size is a number or HEIGHTxWIDTH"),
    ],
)
def test_what_cannot_be_counted_is_said_in_a_line(words: list[str], said: str) -> None:
    done = run(*words)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr
