"""Emitted files are the same function after every layer of both has got another name: nothing hangs on names."""

from __future__ import annotations

import re
from typing import Any

import keras
import pytest

from diptych import build, spec
from diptych.common.registry import canonical, network
from diptych.common.weights import scrambled
from diptych.comparing.compare import compare
from diptych.emission import emitted
from diptych.tf_impl import state

SIZES = {"vgg16_d": (64, 96)}
"""Where the map before layers.AdaptiveAveragePooling2D would be one pixel wide, which Keras 3.15 refuses in a graph."""
QUICK = ("lenet5_modern", "squeezenet1_1")
SLOW = ("resnet18", "mobilenet_v2", "shufflenet_v2_x0_5", "ghostnet_0_5", "mnasnet0_5")


def renamed(text: str, letter: str) -> str:
    """The text of an emitted file whose layers are called by a letter and a number."""
    known = dict.fromkeys(re.findall(r"self\.([a-z]\w*) = ", text))
    names = {name: f"{letter}{place}" for place, name in enumerate(known)}
    text = re.sub(r"\bself\.([a-z]\w*)\b", lambda m: f"self.{names.get(m[1], m[1])}", text)
    return re.sub(r'name="(\w+)"', lambda m: f'name="{letter}_{m[1][::-1]}"', text)


def made(text: str, root: str) -> Any:
    """An object of the class of a file, in float64."""
    known: dict[str, Any] = {"__name__": "renamed"}
    exec(compile(text, "renamed.py", "exec"), known)  # noqa: S102 - our own text
    return known[root]()


def pair(name: str) -> tuple[Any, Any, tuple[int, ...]]:
    """Both files of a network after renaming, with the same weights."""
    size = SIZES.get(name) or network(name).check_sizes[0]
    net = spec(name, input_size=size)
    weights = scrambled(net)
    module = build(net, "torch", weights=weights, dtype="float64")
    other = made(renamed(emitted(net, "torch").text, "t"), emitted(net, "torch").root).double().eval()
    ours = dict(zip(other.state_dict(), module.state_dict().values(), strict=True))
    other.load_state_dict(ours)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        model = made(emitted(net, "tf").text, emitted(net, "tf").root)
        again = made(renamed(emitted(net, "tf").text, "k"), emitted(net, "tf").root)
        shape = tuple(map(int, net.input_shape))
        for item in (model, again):
            item.build((None, shape[1], shape[2], shape[0]))
    finally:
        keras.config.set_dtype_policy(before)
    state.write(model, net, weights)
    again.set_weights(model.get_weights())
    return other, again, (1, *shape)


def _marks(name: str) -> Any:
    marks = () if name in QUICK else pytest.mark.slow if name in SLOW else pytest.mark.full
    return pytest.param(name, marks=marks)


@pytest.mark.parametrize("name", [_marks(name) for name in sorted({*QUICK, *SLOW, *canonical().values()})])
def test_files_with_other_names_are_the_same(name: str) -> None:
    module, model, shape = pair(name)
    assert not {n for n, _ in module.named_modules()} & {layer.name for layer in model._flatten_layers()} - {""}
    report = compare(module, model, example=shape, sizes=[(shape[2], shape[3])], batches=(1, 3))
    assert report.verdict == "same", str(report)
