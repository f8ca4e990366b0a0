"""The wall before emitted text is run: what the emitter writes passes, and nothing else does."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from op_cases import CASES, ODD
from own_network import nested_network, own_network
from own_parts import PARTS
from selection import placed

import diptych
from diptych import Net, networks, trace
from diptych.common.emission.source import Source, emit
from diptych.common.emission.wall import check_source
from diptych.common.errors import SpecError
from diptych.common.ops.conv import conv
from diptych.common.ops.global_avg_pool import global_avg_pool
from diptych.common.ops.linear import linear
from diptych.common.ops.relu import relu
from diptych.common.registry import spec
from diptych.common.trace import Value, block
from diptych.emission import twins
from diptych.tf_impl.source import LANGUAGE as KERAS
from diptych.torch_impl import build
from diptych.torch_impl.source import LANGUAGE, language_in_place, source_in_place

MARKER = Path("/tmp/diptych_wall_ran")  # noqa: S108 - it must not come to be
RUN = f"open('{MARKER}', 'w')"


def passes(net: Net) -> None:
    """Both files of a network, and what PyTorch compiles, are what the emitter writes."""
    torch, keras = twins(net)
    check_source(torch.text, net, LANGUAGE)
    check_source(keras.text, net, KERAS)
    check_source(source_in_place(net).text, net, language_in_place(net))


@pytest.mark.parametrize("name", [placed(name, gated=True) for name in networks()])
def test_the_source_of_every_network_passes(name: str) -> None:
    passes(spec(name))


def test_the_source_of_ones_own_networks_and_of_every_op_passes() -> None:
    for net in (own_network(), nested_network(), *(make() for make in PARTS.values())):
        passes(net)
    for functions in CASES.values():
        for function in functions:
            passes(trace(function, "net", ODD))


BEGIN = "super().__init__()\n"


def within(code: str) -> tuple[str, str]:
    """A statement in a constructor."""
    return BEGIN, f"{BEGIN}        {code}\n"


PLANTED = {
    "a statement of the file": ("\n\nclass", f"\n\n{RUN}\n\n\nclass"),
    "a string that is no docstring": ("\n\nclass", "\n\n'x'\n\n\nclass"),
    "another import": ("import torch\n", "import torch\nimport os\n"),
    "another name of a module": ("from torch import nn", "from torch import hub"),
    "a module by another name": ("from torch import nn", "from torch import hub as nn"),
    "an import in a function": within("import os"),
    "a function of the file": ("\n\nclass", f"\n\ndef f(x={RUN}):\n    return x\n\n\nclass"),
    "a base class": ("(nn.Module)", "(torch.nn.Module)"),
    "two base classes": ("(nn.Module)", "(nn.Module, nn.Sequential)"),
    "a base class that is called": ("(nn.Module)", f"({RUN} or nn.Module)"),
    "a metaclass": ("(nn.Module)", "(nn.Module, metaclass=type)"),
    "a decorator of a class": ("\nclass", "\n@print\nclass"),
    "a decorator of a method": ("    def forward", "    @torch.compile\n    def forward"),
    "a statement of a class": ("    def forward", f"    a = {RUN}\n\n    def forward"),
    "another method": ("    def forward", "    def __del__(self):\n        return self\n\n    def forward"),
    "a default": ("def forward(self, x: torch.Tensor)", f"def forward(self, x: torch.Tensor = {RUN})"),
    "an annotation": ("x: torch.Tensor", f"x: {RUN}"),
    "a call of Python": ("super().__init__()", "print(1)"),
    "a name of Python": within("self.a = eval"),
    "builtins": within("self.a = __builtins__"),
    "getattr": within("self.a = getattr(self, 'x')"),
    "a hidden attribute": within("self.a = self.__class__"),
    "another parent": ("super().__init__()", "super(nn.Module, self).__init__()"),
    "another method of the parent": ("super().__init__()", "super().train()"),
    "another function of torch": ("torch.relu(", "torch.load("),
    "a module of torch": within("self.a = torch.hub"),
    "another layer": ("nn.Linear(", "nn.Bilinear("),
    "a method of a module": within("self.load_state_dict({})"),
    "a method of a value": ("return self.", "x.tofile('x')\n        return self."),
    "an assignment in an expression": within("self.a = (y := 2)"),
    "a conditional": within("self.a = 1 if 2 else 3"),
    "an if": within("if True:\n            self.a = 1"),
    "a while": within("while True:\n            self.a = 1"),
    "a loop over something else": within("for i in self:\n            f(i)"),
    "a with": within("with self:\n            self.a = 1"),
    "a try": within("try:\n            f()\n        finally:\n            f()"),
    "a raise": within("raise self"),
    "an assertion": within(f"assert {RUN}"),
    "a deletion": within("del self.a"),
    "a global": within("global a"),
    "a generator": within("self.a = (i for i in range(3))"),
    "a condition in a list": within("self.a = [i for i in range(3) if i]"),
    "a format": within("self.a = f'{self!r}'"),
    "a set": within("self.a = {1}"),
    "a comparison": within("self.a = 1 < 2"),
    "a power": within("self.a = 9 ** 9"),
    "an await": ("    def forward", "    async def forward"),
    "a yield": ("return self.", "yield self."),
    "no Python": ("\n\nclass", "\n\n)\n\n\nclass"),
    "a zero byte": ("\n\nclass", "\n\n\0\n\n\nclass"),
    "an edge of depth": within(f"self.a = {'(' * 500}1{')' * 500}"),
}  # fmt: skip


@block
def unit(x: Value) -> Value:
    """A layer and an activation."""
    return relu(conv(x, 4, 1))


def small(x: Value) -> Value:
    """A block and a head."""
    return linear(global_avg_pool(unit(x)), 3)


@pytest.mark.parametrize("kind", PLANTED)
def test_what_the_emitter_does_not_write_is_refused_before_it_runs(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net = trace(small, "small", (3, 8, 8))
    before, after = PLANTED[kind]

    def emitted(*args: object) -> Source:
        found: Source = emit(*args)  # type: ignore[arg-type]
        assert before in found.text, found.text[:2000]
        return dataclasses.replace(found, text=found.text.replace(before, after, 1))

    monkeypatch.setattr(build, "emit", emitted)
    build.compiled.cache_clear()
    with pytest.raises(SpecError, match=r"^(line \d+ of the source of|the source of) .* (it was not run|report it)$"):
        diptych.build(net, "torch", inplace=False)
    assert not MARKER.exists()
    build.compiled.cache_clear()
