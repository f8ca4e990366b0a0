"""A net from JSON is data: what is wrong with it is named with its place."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

import pytest
from net_texts import around, data_of
from random_networks import Choices, random_net

import diptych
from diptych import Net, trace
from diptych.common.errors import SpecError, WeightsError
from diptych.common.ops.conv import conv
from diptych.common.weights import init, scrambled

NODE, FIELDS = ("nodes", 1), ("nodes", 1, "op", "fields")
CHAIN = ("root", "body", 0)
FIRST, SECOND = (*CHAIN, "body", 0), ("root", "body", 2)
UNIT = (*FIRST, "body", 0, "body", 0)
CODE = "open('/tmp/diptych_net_ran', 'w')"
WRONG: dict[str, tuple[str, tuple[Any, ...], Any, str]] = {
    "op field of another type": ("own", (*FIELDS, "stride"), "x",
                                 "^nodes[1].op.fields.stride: got 'x', expected a list of 2, each a whole number"),
    "a flag for a number": ("own", (*FIELDS, "channels"), True, "^nodes[1].op.fields.channels: got True, expected a w"),
    "a float for a number": ("own", (*FIELDS, "channels"), 8.0, "^nodes[1].op.fields.channels: got 8.0"),
    "a key too many": ("own", (*NODE, "x"), 1, "^nodes[1]: expected an object with the keys path, op"),
    "an op that is none": ("own", (*NODE, "op", "kind"), "os", "^nodes[1].op.kind: there is no op 'os'"),
    "the image again": ("own", (*NODE, "op"), {"kind": "input", "fields": {"size": [3, 12, 10]}}, "^nodes[1].op.kind:"),
    "a later input": ("own", (*NODE, "inputs"), [5], "^nodes[1].inputs: got 5, expected the number of an earlier node"),
    "a negative input": ("own", ("nodes", 2, "inputs"), [-1], "^nodes[2].inputs: got -1"),
    "another shape": ("own", (*NODE, "shape"), [9, 9, 9], "^nodes[1].shape: got (9, 9, 9), expected (8, 11, 9)"),
    "another shape in": ("own", ("nodes", 2, "in_shapes"), [[1, 2, 3]], "^nodes[2].in_shapes: got ((1, 2, 3),), expec"),
    "no step": ("own", (*FIELDS, "stride"), [0, 1], "^nodes[1]: layers.0.0 (conv): the stride is at least 1"),
    "pads below zero": ("own", (*FIELDS, "pads"), [1, 0, 0, -1], "^nodes[1]: layers.0.0 (conv): pads are not negative"),
    "no group": ("own", (*FIELDS, "groups"), 0, "^nodes[1]: layers.0.0 (conv): there is at least 1 group, not 0"),
    "two nodes of one path": ("own", ("nodes", 2, "path"), "layers.0.0", "^nodes[2]: layers.0: two children are named"),
    "a path elsewhere": ("own", (*NODE, "path"), "elsewhere", "^nodes[1].path: got 'elsewhere', expected a path in"),
    "the order of nodes": ("own", (*FIRST, "body"), [2, 1, 3], "^root.body[0].body[0].body[0]: got 2, expected 1"),
    "a node twice": ("own", (*FIRST, "body"), [1, 1, 2, 3], "^root.body[0].body[0].body[1]: got 1, expected 2"),
    "a node in no block": ("own", (*FIRST, "body"), [1, 2], "^root.body[0].body[0].outputs: got (3,), expected [2]"),
    "a style of its own": ("own", (*CHAIN, "style"), "module", "^root.body[0].style: got 'module', expected 'block' o"),
    "an output that is none": ("own", ("outputs",), [99999], "^outputs: got 99999, expected the number of a node"),
    "an evaluated place that is none": ("own", ("evaluated",), [7], "^evaluated: got [7], expected places of outputs"),
    "outputs of which one has a name": ("heads", ("output_names",), ["a"], "^output_names: got ['a'], expected 7 name"),
    "an output named in code": ("heads", ("output_names", 0), f"x: {CODE}", "^output_names[0]: got"),
    "an option named in code": ("own", ("options",), [["a b", 1]], "^options[0]: got 'a b', expected a name"),
    "an option that is an object": ("own", ("options",), [["a", {"b": 1}]], "^options[0]: got"),
    "a network named as a path": ("own", ("name",), "../../net", "^name: got '../../net', expected the name of a netw"),
    "a block that is called code": ("own", (*CHAIN, "block"), CODE, "^root.body[0].block: got"),
    "a block that is a word": ("own", (*CHAIN, "block"), "class", "^root.body[0].block: got 'class', expected a name"),
    "a symbol that is code": ("own", (*FIELDS, "channels"), {"int": 8, "poly": [[1, [f"({CODE} or 8)"]]]},
                              "^nodes[1].op.fields.channels: \"(open('/tmp/diptych_net_ran', 'w') or 8)\" is no expr"),
    "a symbol of another block": ("own", (*FIELDS, "channels"), {"int": 8, "poly": [[1, ["squeeze"]]]},
                                  "^nodes[1].op.fields.channels: 'squeeze' is no parameter of the block; there are ch"),
    "a symbol of another value": ("own", (*FIELDS, "channels"), {"int": 9, "poly": [[1, ["channels"]]]},
                                  "^nodes[1].op.fields.channels: got 9 for channels, which is 8 with channels=8"),
    "a power": ("own", (*FIELDS, "channels"), {"int": 8, "poly": [[1, ["2 ** 3"]]]}, "^nodes[1].op.fields.channels: '"),
    "an attribute": ("own", (*FIELDS, "channels"), {"int": 8, "poly": [[1, ["channels.real"]]]}, "is no expression of"),
    "a word in a symbol": ("own", (*FIELDS, "channels"), {"int": 8, "poly": [[1, ["lambda"]]]}, "is no expression of"),
    "a call in a symbol": ("own", (*FIELDS, "channels"), {"int": 8, "poly": [[1, ["channels()"]]]}, "is no expression"),
    "a deep symbol": ("own", (*FIELDS, "channels"), {"int": 8, "poly": [[1, ["(" * 999 + "8" + ")" * 999]]]}, "is no"),
    "a quotient by zero": ("own", (*FIELDS, "channels"), {"int": 8, "poly": [[1, ["channels // 0"]]]}, "has no value"),
    "an owner that is none": ("own", (*NODE, "owner"), "layers.9", "^nodes[1]: layers.0.0: a layer of a chain cannot"),
    "a part for each call": ("own", (*NODE, "per_call"), True, "^nodes[1].path: got 'layers.0.0', expected a path in"),
    "a call of another block": ("own", (*CHAIN, "owner"), "head", "^root.body[0].owner: got 'head', expected '', or t"),
    "a parameter named in code": ("lists", (*SECOND, "parameters"), [["a b", 2], ["y", None]], "^root.body[2].paramet"),
    "channels of another name": ("lists", (*SECOND, "input_channels", 0, 0), "other", "^root.body[2].input_channels:"),
    "half a letter": ("own", ("title",), "\ud800", r"^title: got '\ud800', expected a text of Unicode"),
    "an argument that hides a module": ("nested", (*UNIT, "arguments", 0, "name"), "nn", "constructors do not use"),
    "a name of a method": ("tied", ("nodes", 1, "path"), "train", "PyTorch's modules have an attribute train of their"),
    "a letter of another form": ("tied", ("nodes", 1, "path"), "\ufb01", "a name is made of words and numbers"),
    "an endless list": ("lists", ("nodes", 3, "path"), "exchange.inward.999999999", "nodes[3]"),
}  # fmt: skip


def escaped(said: str) -> str:
    """What is said as a pattern, of which only ^ at the beginning is one."""
    return ("^" if said[0] == "^" else "") + re.escape(said.removeprefix("^"))


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_named_with_its_place(kind: str) -> None:
    name, place, value, said = WRONG[kind]
    data = data_of(name)
    Net.from_json(json.dumps(data))
    around(data, place)[place[-1]] = value
    with pytest.raises(SpecError, match=escaped(said)):
        Net.from_json(json.dumps(data))


def test_a_list_of_a_billion_places_is_not_made() -> None:
    text = json.dumps(data_of("lists")).replace("inward.1", "inward.999999999")
    with pytest.raises(SpecError, match="a list has at most 10,000 places"):
        Net.from_json(text)


def wide() -> Net:
    """Two convolutions, one of 10^16 numbers."""
    return trace(lambda x: conv(conv(x, 1 << 20, 1), 1 << 20, 97), "wide", (3, 99, 99))


def test_weights_beyond_the_machine_are_refused_before_memory_is_taken() -> None:
    net = wide()
    assert Net.from_json(net.to_json()) == net
    assert sum(weight.count for weight in net.weights.values()) > 10**15
    for make in (init, scrambled, partial(diptych.build, framework="torch")):
        with pytest.raises(WeightsError, match="this machine has"):
            make(net)
    assert len(diptych.source(net, "torch").splitlines()) == len(diptych.source(net, "tf").splitlines())


def test_random_networks_are_read_back() -> None:
    for number in range(4):
        odd = bool(number % 2)
        made = Choices((12 + number, 17), (2, 4, 3), 4, odd, ("none", "channels", "places", "numbers")[number],
                       ("nearest", "asymmetric"), ("none", "fast", "softmax", "sum")[number], 2, odd, number > 1,
                       not odd, odd, ("dict", "list", "tuple", "value")[number])  # fmt: skip
        net = random_net(made)
        assert Net.from_json(net.to_json()) == net
        assert Net.from_json(net.to_json()).to_json() == net.to_json()
