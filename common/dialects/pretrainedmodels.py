"""Cadene's pretrainedmodels, which are read: torchvision's models with other names of their heads, and some of Lua's.

Its SE-ResNets, SENet-154 and Inception v4 have our names.
"""

from __future__ import annotations

from ..dialect import Dialect, Rule, rules

LIBRARY = "pretrainedmodels"
RESNETS = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
FC = rules(("fc", "last_linear"))
CLASSIFIER = rules(("classifier", "last_linear"))
VGG = rules(
    ("features.*", "_features.*"),
    ("classifier.0", "linear0"),
    ("classifier.3", "linear1"),
    ("classifier.6", "last_linear"),
)
VGGS = {"vgg11_a": "vgg11", "vgg13_b": "vgg13", "vgg16_d": "vgg16", "vgg19_e": "vgg19"}
VGGS |= {name: name for name in ("vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn")}
ALEXNET = rules(
    ("features.*", "_features.*"),
    ("classifier.1", "linear0"),
    ("classifier.4", "linear1"),
    ("classifier.6", "last_linear"),
)
STEM = {"conv1": "conv1_7x7_s2", "conv2_reduce": "conv2_3x3_reduce", "conv2": "conv2_3x3"}
BRANCHES = {
    "conv1x1": "1x1",
    "reduce3x3": "3x3_reduce",
    "conv3x3": "3x3",
    "reduce_double": "double_3x3_reduce",
    "double1": "double_3x3_1",
    "double2": "double_3x3_2",
    "pool_proj": "pool_proj",
}
MODULES = ("3a", "3b", "3c", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
UNIT = "features.{s+3}.{b}.0"
LUA = rules(  # a block is a list of two, the branch, whose first five layers are a list of their own, and the shortcut
    ("conv1", "features.0"),
    ("bn1", "features.1"),
    ("layer{s}.{b}.conv1", f"{UNIT}.0.0.0"),
    ("layer{s}.{b}.bn1", f"{UNIT}.0.0.1"),
    ("layer{s}.{b}.conv2", f"{UNIT}.0.0.3"),
    ("layer{s}.{b}.bn2", f"{UNIT}.0.0.4"),
    ("layer{s}.{b}.conv3", f"{UNIT}.0.1"),
    ("layer{s}.{b}.bn3", f"{UNIT}.0.2"),
    ("layer{s}.{b}.downsample.{n}", f"{UNIT}.1.{{n}}"),
    ("fc", "last_linear"),
)


def _bn_inception() -> tuple[Rule, ...]:
    """Caffe's names, with _bn after those of normalisations."""
    layers = STEM | {
        f"inception_{module}.{ours}": f"inception_{module}_{theirs}"
        for module in MODULES
        for ours, theirs in BRANCHES.items()
    }
    pairs = ((f"{ours}.{kind}", theirs + more) for ours, theirs in layers.items() for kind, more in KINDS.items())
    return rules(*pairs, ("classifier", "last_linear"))


KINDS = {"conv": "", "bn": "_bn"}

DIALECTS = (
    *(Dialect(LIBRARY, name, name, FC) for name in RESNETS),
    *(Dialect(LIBRARY, f"densenet{depth}", f"densenet{depth}", CLASSIFIER) for depth in (121, 161, 169, 201)),
    *(Dialect(LIBRARY, ours, theirs, VGG) for ours, theirs in VGGS.items()),
    Dialect(LIBRARY, "alexnet_torchvision", "alexnet", ALEXNET),
    *(
        Dialect(LIBRARY, name, name, rules(("classifier.1", "last_conv")))
        for name in ("squeezenet1_0", "squeezenet1_1")
    ),
    Dialect(LIBRARY, "inception_v3", "inceptionv3", FC),
    Dialect(LIBRARY, "inception_v3_aux", "inceptionv3", FC),
    Dialect(LIBRARY, "inception_resnet_v2", "inceptionresnetv2", rules(("classif", "last_linear"))),
    Dialect(LIBRARY, "xception", "xception", FC),
    Dialect(LIBRARY, "bn_inception", "bninception", _bn_inception()),
    Dialect(LIBRARY, "resnext101_32x4d", "resnext101_32x4d", LUA),
)
