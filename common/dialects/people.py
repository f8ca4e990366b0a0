"""Names of libraries that hold public weights of our networks and are no reference of theirs; they are read.

`children` are those of `nn.Sequential(*module.children())`, as lightly, fastai and many scripts cut a backbone, and
`features` those of the part of that name, saved alone. transformers' names are those of its models
without a head, whose names its classifiers put a prefix before.
"""

from __future__ import annotations

from ..dialect import Dialect, Rule, rules
from .efficientnet_lite import FLAT, flat
from .mobilenet_v1 import UNITS as V1_UNITS
from .resnet import DEPTHS

RESNETS = (
    *(f"resnet{depth}" for depth in DEPTHS),
    *("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"),
)
CHILDREN = rules(("conv1", "0"), ("bn1", "1"), ("layer{s}.*", "{s+3}.*"), ("fc", "9"))
UNIT = "encoder.stages.{s-1}.layers.{b}"
TRANSFORMERS = rules(
    ("conv1", "embedder.embedder.convolution"),
    ("bn1", "embedder.embedder.normalization"),
    ("layer{s}.{b}.downsample.0", f"{UNIT}.shortcut.convolution"),
    ("layer{s}.{b}.downsample.1", f"{UNIT}.shortcut.normalization"),
    ("layer{s}.{b}.conv{n}", f"{UNIT}.layer.{{n-1}}.convolution"),
    ("layer{s}.{b}.bn{n}", f"{UNIT}.layer.{{n-1}}.normalization"),
    ("fc", "classifier.1"),
)
DETECTRON2 = rules(
    ("conv1", "stem.conv1"),
    ("bn1", "stem.conv1.norm"),
    ("layer{s}.{b}.downsample.0", "res{s+1}.{b}.shortcut"),
    ("layer{s}.{b}.downsample.1", "res{s+1}.{b}.shortcut.norm"),
    ("layer{s}.{b}.conv{n}", "res{s+1}.{b}.conv{n}"),
    ("layer{s}.{b}.bn{n}", "res{s+1}.{b}.conv{n}.norm"),
    ("fc", "linear"),
)
STRIDE = (
    "detectron2's models of MSRA's weights stride in the first 1x1 of a block, those of torchvision's in the 3x3, as "
    "this network does; names do not tell which"
)

DENSE = rules(
    ("features.denseblock{s}.denselayer{b}.norm{n}", "features.denseblock{s}.denselayer{b}.norm.{n}"),
    ("features.denseblock{s}.denselayer{b}.conv{n}", "features.denseblock{s}.denselayer{b}.conv.{n}"),
)
V2_PARTS = ("expand_1x1", "conv_3x3", "reduce_1x1")


def _mobilenet_v2() -> tuple[Rule, ...]:
    """transformers counts the first unit to the stem, and the others from 0."""
    stem = "conv_stem"
    kinds = ("convolution", "normalization")
    return rules(
        *((f"features.0.{place}", f"{stem}.first_conv.{kind}") for place, kind in enumerate(kinds)),
        *((f"features.1.conv.0.{place}", f"{stem}.conv_3x3.{kind}") for place, kind in enumerate(kinds)),
        *((f"features.1.conv.{place + 1}", f"{stem}.reduce_1x1.{kind}") for place, kind in enumerate(kinds)),
        *((f"features.18.{place}", f"conv_1x1.{kind}") for place, kind in enumerate(kinds)),
        *(
            (f"features.{{n+2}}.conv.{ours}", f"layer.{{n}}.{part}.{kind}")
            for part, pair in zip(V2_PARTS, (("0.0", "0.1"), ("1.0", "1.1"), ("2", "3")), strict=True)
            for ours, kind in zip(pair, kinds, strict=True)
        ),
        ("classifier.1", "classifier"),
    )


MOBILENET_V1 = rules(
    ("conv_stem", "conv_stem.convolution"),
    ("bn1", "conv_stem.normalization"),
    *(
        (f"{unit}.{ours}", f"layer.{2 * index + place}.{kind}")
        for index, unit in enumerate(V1_UNITS)
        for place, pair in enumerate((("conv_dw", "bn1"), ("conv_pw", "bn2")))
        for ours, kind in zip(pair, ("convolution", "normalization"), strict=True)
    ),
)
PADDED = (
    "transformers' MobileNetV1 pads as TensorFlow's SAME does, which on a map of odd height or width are other pads "
    "than keras.applications' and this network's: give it images of a multiple of 32"
)
EFFICIENT_PARTS = (
    {"0": "expansion.expand_conv", "1": "expansion.expand_bn"},
    {"0": "depthwise_conv.depthwise_conv", "1": "depthwise_conv.depthwise_norm"},
    {"fc1": "squeeze_excite.reduce", "fc2": "squeeze_excite.expand"},
    {"0": "projection.project_conv", "1": "projection.project_bn"},
)
EFFICIENT_ENDS = ("embeddings.convolution", "embeddings.batchnorm", "encoder.top_conv", "encoder.top_bn", "classifier")
EFFICIENT_SIZE = (
    "transformers' EfficientNet pads for images of its own size, whatever theirs is; this network does as TensorFlow's "
    "SAME, which is the same at that size"
)

FEATURES = (
    *("densenet121", "densenet161", "densenet169", "densenet201"),
    *("vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn", "vgg11_a", "vgg13_b", "vgg16_d", "vgg19_e"),
    *("mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small"),
)
ALONE = rules(("classifier", "classifier"), ("classifier.*", "classifier.*"), ("features.*", "*"))

GATED = (*FLAT[:2], {"fc1": "_se_reduce", "fc2": "_se_expand"}, FLAT[2])
SCALES = (1.0, 1.1, 1.2, 1.4, 1.8, 2.2, 2.6, 3.1)
"""Depths of EfficientNet-B0 to B7."""

DIALECTS = (
    *(
        Dialect("efficientnet_pytorch", f"efficientnet_b{n}.tf", f"efficientnet-b{n}", flat(depth, GATED, lite=False))
        for n, depth in enumerate(SCALES)
    ),
    *(Dialect("children", name, name, CHILDREN) for name in RESNETS),
    *(Dialect("features", name, name, ALONE) for name in FEATURES),
    *(Dialect("transformers", f"resnet{depth}", f"resnet-{depth}", TRANSFORMERS) for depth in DEPTHS),
    Dialect("transformers", "mobilenet_v2.keras", "mobilenet_v2_1.0", _mobilenet_v2()),
    *(
        Dialect(
            "transformers",
            f"mobilenet_v1_{width}.keras",
            f"mobilenet_v1_{float(width) / 100:g}",
            MOBILENET_V1,
            caution=PADDED,
        )
        for width in ("025", "050", "075", "100")
    ),
    *(
        Dialect(
            "transformers",
            f"efficientnet_b{n}.tf",
            f"efficientnet-b{n}",
            flat(depth, EFFICIENT_PARTS, lite=False, ends=EFFICIENT_ENDS, blocks="encoder.blocks"),
            caution=EFFICIENT_SIZE,
        )
        for n, depth in enumerate(SCALES)
    ),
    *(Dialect("detectron2", f"resnet{depth}", f"R-{depth}", DETECTRON2, caution=STRIDE) for depth in (50, 101, 152)),
    *(Dialect("torchvision-2017", f"densenet{depth}", f"densenet{depth}", DENSE) for depth in (121, 161, 169, 201)),
)
