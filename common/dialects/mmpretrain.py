"""mmpretrain and mmcls, which are read: a convolution, its normalisation and its activation are one module there.

Their ResNets have torchvision's names. Where a head has hidden layers, its names go with those of the backbone.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..dialect import Dialect, Rule, rules
from .mobilenet_v2 import LAYERS, REPEATS
from .mobilenet_v3 import GATED
from .mobilenet_v3 import REPEATS as V3_REPEATS

LIBRARY = "mmpretrain"
KINDS = ("conv", "bn")
GATE = {"fc1": "se.conv1.conv", "fc2": "se.conv2.conv"}
UNITS = [f"layer{stage}.{index}" for stage, count in enumerate(REPEATS, 1) for index in range(count)]
VGG = {"11": (1, 1, 2, 2, 2), "13": (2, 2, 2, 2, 2), "16": (2, 2, 3, 3, 3), "19": (2, 2, 4, 4, 4)}
PLAIN = {"11": "vgg11_a", "13": "vgg13_b", "16": "vgg16_d", "19": "vgg19_e"}


def _mobilenet_v2() -> tuple[Rule, ...]:
    """The first unit does not expand."""
    parts = [f"{place}.{kind}" for place in range(3) for kind in KINDS]
    return rules(
        *((f"features.0.{place}", f"conv1.{kind}") for place, kind in enumerate(KINDS)),
        *(
            (f"features.1.conv.{ours}", f"{UNITS[0]}.conv.{part}")
            for ours, part in zip((*LAYERS[:2], "1", "2"), parts, strict=False)
        ),
        *(
            (f"features.{number}.conv.{ours}", f"{unit}.conv.{part}")
            for number, unit in enumerate(UNITS[1:], 2)
            for ours, part in zip(LAYERS, parts, strict=True)
        ),
        *((f"features.18.{place}", f"conv2.{kind}") for place, kind in enumerate(KINDS)),
        ("classifier.1", "head.fc"),
    )


def _mobilenet_v3(size: str) -> Iterator[tuple[str, str]]:
    """Our paths and theirs, the head's outside the backbone."""
    count = sum(V3_REPEATS[size])
    for end in (0, count + 1):
        yield from ((f"features.{end}.{place}", f"backbone.layer{end}.{kind}") for place, kind in enumerate(KINDS))
    for number in range(count):
        names = [*(["expand_conv"] if number else []), "depthwise_conv", "linear_conv"]
        parts = [{str(place): f"{name}.{kind}" for place, kind in enumerate(KINDS)} for name in names]
        parts[-1:-1] = [GATE] if number in GATED[size] else []
        for place, part in enumerate(parts):
            for ours, theirs in part.items():
                yield f"features.{number + 1}.block.{place}.{ours}", f"backbone.layer{number + 1}.{theirs}"
    yield "classifier.0", "head.layers.0.fc"
    yield "classifier.3", "head.layers.1.fc"


def _vgg(depth: str, step: int) -> tuple[Rule, ...]:
    """A convolution takes `step` places here, with its normalisation and its ReLU, and one there; so does a pool."""
    ours = theirs = 0
    pairs = list[tuple[str, str]]()
    for count in VGG[depth]:
        for _ in range(count):
            pairs += [(f"features.{ours + place}", f"features.{theirs}.{KINDS[place]}") for place in range(step - 1)]
            ours, theirs = ours + step, theirs + 1
        ours, theirs = ours + 1, theirs + 1
    return rules(*pairs)


DIALECTS = (
    Dialect(LIBRARY, "mobilenet_v2", "MobileNetV2", _mobilenet_v2()),
    *(Dialect(LIBRARY, f"mobilenet_v3_{size}", "MobileNetV3", rules(*_mobilenet_v3(size))) for size in GATED),
    *(Dialect(LIBRARY, PLAIN[depth], "VGG", _vgg(depth, 2)) for depth in VGG),
    *(Dialect(LIBRARY, f"vgg{depth}_bn", "VGG", _vgg(depth, 3)) for depth in VGG),
)
