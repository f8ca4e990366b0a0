"""What a report says to change is in the words of the second model's framework."""

from __future__ import annotations

import numpy as np
import pytest

from diptych.common.comparing.apart import channelwise
from diptych.common.comparing.causes import Cause, differing
from diptych.common.comparing.remedies import remedy
from diptych.common.op import Op
from diptych.common.ops.batch_norm import BatchNorm
from diptych.common.ops.conv import Conv
from diptych.common.ops.max_pool import MaxPool

CONV = Conv(8, (3, 3), (2, 2), (1, 1, 1, 1), dilation=(2, 2))
CASES: dict[str, tuple[str, Op, str, str]] = {
    "epsilon": ("eps", BatchNorm(eps=1.001e-5), "tf", "set epsilon=1.001e-05 in bn"),
    "eps": ("eps", BatchNorm(eps=1e-3), "torch", "set eps=0.001 in bn"),
    "momentum of keras": ("momentum", BatchNorm(momentum=0.01), "tf", "set momentum=0.99 in bn"),
    "strides": ("stride", CONV, "tf", "set strides=2 in bn"),
    "dilation": ("dilation", CONV, "torch", "set dilation=2 in bn"),
    "pads": ("pads", CONV, "tf", 'set padding="valid", after ZeroPadding2D(1), in bn'),
    "pads of one side": ("pads", Conv(8, (3, 3), pads=(0, 1, 0, 1)), "torch",
                         "set padding=0, after functional.pad(x, (0, 1, 0, 1)), in bn"),
    "same": ("pads", Conv(8, (3, 3), pads="same"), "tf", 'set padding="same" in bn'),
    "ceil": ("ceil_mode", MaxPool((3, 3), (2, 2), ceil_mode=True), "tf",
             "set ops.pad at the end with -inf, so that its last window is whole, in bn"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_setting_has_its_name_and_its_value(name: str) -> None:
    kind, op, framework, words = CASES[name]
    assert remedy(Cause(kind, "", ""), op, "bn", framework) == words


def test_steps_and_weights() -> None:
    def said(kind: str, one: str, other: str) -> str:
        return remedy(Cause(kind, one, other), CONV, "conv2", "tf")

    assert said("missing", "relu (act)", "nothing") == "add relu before conv2"
    assert said("additional", "nothing", "relu (act)") == "take relu (act) out"
    assert said("kernel mirrored", "a.weight", "b.weight") == "copy a.weight into b.weight again"
    assert said("order of inputs", "a, b", "b, a") == "exchange the inputs of conv2"


def test_a_number_that_float32_rounds_is_no_other_setting() -> None:
    assert differing(BatchNorm(momentum=0.1), BatchNorm(momentum=1 - 0.9)) == []
    assert differing(BatchNorm(eps=1e-5), BatchNorm(eps=1.001e-5)) == ["eps"]


def test_what_float32_takes_for_nothing_is_no_difference() -> None:
    one, other = np.array([[1.0, 4e-39, 3e-40]]), np.array([[1.0, 0.0, 0.0]])
    assert channelwise(one.astype(np.float32), other.astype(np.float32)) < 1e-8
    assert channelwise(one, np.array([[1.0, 1e-39, 0.0]])) > 1
