"""The names of parts: what PyTorch, Keras or Python cannot hold under a name is refused where the name is given."""

from __future__ import annotations

import pytest

from diptych import trace
from diptych.common.child_names import CHAIN, DICT, HIDDEN, MODULE, Names, fault, word_fault
from diptych.common.errors import SpecError
from diptych.common.ops.conv import conv
from diptych.common.ops.parameter import parameter
from diptych.common.spec import Net
from diptych.common.trace import Value, stack
from diptych.emission import twins

SIZE = (3, 6, 8)
FINE = (("keys", "in_", "append"), ("a.5", "a.2"), ("a.b.c", "a.b.d", "a.e.0.f"), ("call", "build"), ("été.n",))
REFUSED = {
    ("a..b",): "'a..b' names no child: a name is made of words and numbers",
    ("a.01",): "'a.01' names no child: a name is made of words and numbers",
    ("0",): "'0' names no child: it begins with what is no name of an attribute",
    ("in.conv",): "'in.conv' names no child: it begins with what is no name of an attribute",
    ("__a",): "'__a' names no child: it begins with what is no name of an attribute",
    ("type",): "'type' names no child: PyTorch's modules have an attribute type of their own; give",
    ("a.keys",): "'a.keys' names no child: PyTorch's modules have an attribute keys of their own in a dict",
    ("a", "a.b"): "'a.b' names no child: there is 'a' beside it, and a layer cannot be a list",
    ("a.b", "a"): "'a' names no child: there is 'a.b' beside it, and a layer cannot be a list",
    ("a.0", "a.b"): "'a.b' names no child: there is 'a.0' beside it, and the parts of a list are numbered",
    ("call", "call_"): "'call_' names no child: there is 'call' beside it, and they differ in the _ at the end",
}


def named(*names: str) -> Net:
    def network(x: Value) -> Value:
        for name in names:
            x = conv(x, 3, 1, name=name)
        return x

    return trace(network, "net", SIZE)


@pytest.mark.parametrize("names", REFUSED)
def test_a_name_that_no_class_can_hold_is_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(SpecError, match=f"^the network: {REFUSED[names]}"):
        named(*names)


def test_a_part_of_a_chain_has_a_plain_name() -> None:
    def network(x: Value, child: str) -> Value:
        with stack("layers"):
            return conv(x, 3, 1, name=child)

    for name, why in {"a.b": "a name without dots", "append": "an attribute append of their own in a chain"}.items():
        with pytest.raises(SpecError, match=f"^layers: {name!r} names no child: .*{why}"):
            trace(network, "net", SIZE, child=name)


def test_a_parameter_is_no_part_of_a_list() -> None:
    with pytest.raises(SpecError, match=r"^gammas\.0: a parameter is no layer"):
        trace(lambda x: x * parameter((3, 1, 1), name="gammas.0"), "net", SIZE)


def test_names_that_are_fine_are_the_names_of_the_weights_in_both_frameworks() -> None:
    from diptych import build

    for names in FINE:
        net = named(*names)
        ours, theirs = twins(net)
        assert len(ours.text.splitlines()) == len(theirs.text.splitlines())
        assert sorted(build(net, "torch").state_dict()) == sorted(net.weights)
        assert list(net.weights) == [f"{n}.{kind}" for n in names for kind in ("weight", "bias")]


def test_every_attribute_of_pytorchs_modules_is_known() -> None:
    from torch import nn

    own = set(dir(nn.Module()))
    public = {
        kind: {name for name in dir(kind()) if name[0] != "_"} for kind in (nn.Module, nn.ModuleDict, nn.Sequential)
    }
    assert public[nn.Module] <= set(MODULE.split())
    assert public[nn.ModuleDict] - own <= set(DICT.split())
    assert public[nn.Sequential] - own <= set(CHAIN.split())
    assert all(fault(name) for name in public[nn.Module])


def test_every_attribute_that_pytorchs_modules_hide_is_known() -> None:
    from torch import nn

    kinds = (nn.Module(), nn.ModuleDict(), nn.Sequential())
    hidden = {name for kind in kinds for name in dir(kind) if name[0] == "_" and name[:2] != "__"}
    assert hidden <= set(HIDDEN.split())
    assert all("attribute" in fault(name) for name in hidden)
    assert fault("_conv") == ""


def test_names_are_forgotten_as_they_were_taken() -> None:
    names = Names(["a.0.b", "a.1", "c"])
    assert list(names) == ["a.0.b", "a.1", "c"]
    assert "a" not in names
    assert "a.1" in names
    assert names.clash("c.0") == "there is 'c' beside it, and a layer cannot be a list of layers too"
    for name in ("c", "a.1", "a.0.b"):
        names.discard(name)
    assert list(names) == []
    assert names.clash("a_") == names.clash("c.x") == ""


def test_names_of_variables_and_long_ones_are_words() -> None:
    for name in ("", "a b", "1a", "class", "__a", "a.b", "\ufb01", "a" * 201):
        assert word_fault(name)
        assert name == "a.b" or fault(name)
    assert "10,000 places" in fault("a.10000")
    assert fault("a.9999") == ""
