"""The formulas of a page: what they say is true, and their numbers are those of the network."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest
from selection import placed

from diptych.common.registry import canonical, network, spec
from diptych.page.formulas import Formula, formulas
from diptych.page.formulas.formula import mathml

NAMES = sorted({*canonical().values(), "mobilenet_v1_025.keras", "efficientnet_b0.tf", "yolov3_tiny"})


def of(name: str) -> dict[str, Formula]:
    """The formulas of a network by the first word of their titles."""
    return {made.title.split()[0].rstrip(","): made for made in formulas(spec(name), network(name))}


def value(side: str) -> float:
    """One side of an equation, as Python has it; NaN where there are letters in it."""
    if side.startswith(r"\text") or re.fullmatch(r"[A-Z]'|c_\{\d+\}", side):
        return math.nan
    text = side.replace("{,}", "").replace(r"\cdot", "*").replace(r"\times", "*")
    for name in ("floor", "ceil"):
        text = text.replace(rf"\left\l{name}", f"math.{name}(").replace(rf"\right\r{name}", ")")
    while (found := re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1) / (\2))", text)) != text:
        text = found
    return math.nan if re.search(r"[\\^_]|[A-Za-z]", re.sub(r"math\.(floor|ceil)", "", text)) else float(eval(text))  # noqa: S307


def equations(made: Formula) -> list[tuple[str, list[float]]]:
    """The lines of a formula with the values of their sides, of those whose sides are numbers."""
    found = [(line, [v for v in map(value, line.split(" = ")) if not math.isnan(v)]) for line in made.tex]
    return [(line, values) for line, values in found if len(values) > 1]


def test_the_reader_of_equations_sees_a_wrong_one() -> None:
    assert value(r"\left\lfloor \frac{224 + 3 + 3 - 7}{2} \right\rfloor + 1") == 112
    assert value(r"\frac{1}{64} + \frac{1}{9}") == 1 / 64 + 1 / 9
    assert value(r"1{,}024 \cdot 2 + 1") == 2049
    assert math.isnan(value(r"\gamma\,x"))
    assert equations(Formula("", (r"2 \cdot 3 = 7",))) == [(r"2 \cdot 3 = 7", [6.0, 7.0])]


@pytest.mark.parametrize("name", [placed(name) for name in NAMES])
def test_both_sides_of_an_equation_are_equal(name: str) -> None:
    seen = 0
    for made in formulas(spec(name), network(name)):
        assert all("<math " in line for line in made.lines)
        for line, values in equations(made):
            seen += 1
            assert all(math.isclose(a, b, rel_tol=5e-3) for a, b in pairwise(values)), line
    assert seen >= 3


@pytest.mark.parametrize("name", [placed(name) for name in NAMES])
def test_what_is_computed_is_what_the_network_has(name: str) -> None:
    """Sizes, parameters and products against the nodes themselves."""
    net, found = spec(name), of(name)
    size, *rest = [values[-1] for _, values in equations(found["Convolution"])]
    node = net.node(found["Convolution"].path)
    last = next(line for line in found["Convolution"].tex if line.startswith("H'")).rpartition(" = ")[2]
    assert float(last.replace("{,}", "")) == node.shape[1]
    assert {int(node.op.macs(node.in_shapes, node.shape))} <= {int(v) for v in (size, *rest)}
    assert sum(w.count for w in node.weights().values()) in {int(v) for v in (size, *rest)}
    if "Pool" in found:
        node = net.node(found["Pool"].path)
        assert float(found["Pool"].tex[0].rpartition(" = ")[2]) == node.shape[1]
    if "Linear" in found:
        node = net.node(found["Linear"].path)
        count = sum(w.count for w in node.weights().values())
        assert f"{100 * count / net.params:.1f} %" in found["Linear"].words
    if "Concatenation" in found:
        assert equations(found["Concatenation"])[0][1] == [int(net.node(found["Concatenation"].path).shape[0])] * 2


def test_each_family_has_the_formulas_that_its_paper_is_about() -> None:
    for name, words in {
        "resnet50": "Residual", "densenet121": "Dense", "se_resnet50": "Squeeze", "mobilenet_v1_100": "Depthwise",
        "shufflenet_v1_g3": "Channel", "resnext50_32x4d": "Grouped", "googlenet_bvlc": "Concatenation",
        "inception_v3": "Kernels", "repvgg_a0_train": "Branches", "alexnet_original": "Local",
        "efficientdet_d0": "Weighted", "yolov3": "Boxes", "lenet5_1998": "Radial",
    }.items():  # fmt: skip
        assert words in of(name), name
    for name in ("vgg16_d", "alexnet_original", "lenet5_1998"):
        assert not {"Residual", "Dense", "Squeeze", "Depthwise", "Batch"} & set(of(name)), name
    assert "Dense" not in of("inception_resnet_v2")


def test_constants_are_those_of_the_form() -> None:
    first, keras = of("efficientnet_b0")["Batch"], of("efficientnet_b0.tf")["Batch"]
    assert "10^{-5}" in first.tex[0]
    assert "10^{-3}" in keras.tex[0]
    assert "PyTorch calls 0.01 the momentum, Keras 0.99" in of("yolov4")["Batch"].words
    gate = of("se_resnet50")["Squeeze"]
    net = spec("se_resnet50")
    count = sum(w.count for n, w in net.weights.items() if ".se_module." in n and w.kind == "trainable")
    assert f"{count:,} parameters, {100 * count / net.params:.1f} %" in gate.words
    assert "32, 64" not in of("densenet121")["Dense"].tex[0]
    assert "6, 12, 24, 16" in of("densenet121")["Dense"].words
    assert "10{,}647" in of("yolov3")["Boxes"].tex[0]


def test_a_number_is_one_for_a_screen_reader() -> None:
    made = mathml(r"9{,}408 = 2 \cdot 4{,}704")
    assert "<mn>9,408</mn>" in made
    assert "<mn>4,704</mn>" in made
    assert made.startswith("<math alttext=")
