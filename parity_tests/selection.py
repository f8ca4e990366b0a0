"""Which networks `make test` goes through, and which are left to `make test-slow` and `make test-full`.

Every kind of check is made by `make test`, for the networks that show most of it in the least time. What repeats it
for one more network and takes more than about two seconds is marked `slow`: `make test-slow` runs it, and so does CI.
What repeats it for every network is marked `full`; `make test-full` leaves nothing out. test_selection.py holds that no
check is left to the slow ones alone, but for a few with their reasons, and that `make test` has every kind of op.

Figures and golden text are cheap and run for every network. What emits files, changes options or builds a model once
(references, pages) runs for the cheapest network of each family, and for the cheapest of its forms in
keras.applications; emission and options run for all others in `make test-full`. All gates and the
emitted files run for GATED, of which QUICKEST are in `make test`: these have every kind of op but for a few, which
test_selection.py names, and which the tests of ops go through.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any, Literal

import pytest

from diptych import networks
from diptych.common.registry import network

GATED = (
    "lenet5_1998",  # sums with a coefficient, a partly connected layer, scaled tanh, prototypes
    "lenet5_modern",  # a linear layer after a flatten, tanh
    "squeezenet1_1",  # pools that round up, a classifier without a linear layer
    "googlenet_bvlc",  # response normalisation, Inception modules
    "inception_v3.keras",  # normalisation without a scale, pools that leave their padding out, 1x7 kernels
    "resnet18",
    "preresnet50.keras",  # bottlenecks, biases, the stride in the last unit of a stage, zeros before a max pool
    "densenet121",
    "se_resnet18",
    "mobilenet_v1_025.keras",  # padding that depends on the stride alone
    "mobilenet_v2",
    "mobilenet_v3_small.keras",  # an input stage, SAME, hard sigmoid and hard swish
    "efficientnet_b0.keras",  # standardised input, SiLU
    "ghostnet_0_5",
    "shufflenet_v2_x0_5",
    "repvgg_a0_train",  # branches that are added up
    "hrnet_w18_small_v1_cls",  # lists of layers, nearest upsampling
    "darknet19_cls",  # leaky ReLU
    "yolov4_tiny",  # maps of two levels as the answer
    "yolov4",  # Mish
    "yolov5n",  # three maps by name, a neck of concatenations
    "yolox_nano",  # squares of pixels as channels, a head of branches
    "efficientdet_d0",  # weights of a sum, maps at the size of another, heads that all levels share
)
"""The networks whose gates are run most: each has layers or a structure that those before it have not.

`later` leaves those of half a minute and more to `make test-full`; CI runs the others."""

QUICKEST = (
    "lenet5_1998",
    "lenet5_modern",
    "squeezenet1_1",
    "mobilenet_v1_025.keras",
    "mobilenet_v3_small.keras",
    "yolov4_tiny",
)
"""Of those, the ones whose gates `make test` runs; `make test-slow` runs the others."""

LONG = (
    *("inception_v3", "inception_v3.keras", "inception_v4", "inception_resnet_v1", "inception_resnet_v2.keras"),
    *("preresnet50.keras", "resnet50.keras", "densenet121", "densenet121.keras", "hrnet_w18_small_v1_cls"),
    *("xception", "xception.keras", "efficientnet_b0.keras", "repvgg_a0_train", "bn_inception"),
    *("yolov3", "yolov3_spp", "yolov4", "efficientdet_d0"),
    *("vgg11_a", "wide_resnet50_2"),
)
"""What builds one of these takes 10 to 30 seconds, or 4 GB in float64."""


ALL_NETWORKS = pytest.mark.xdist_group("all networks")
"""For checks of a moment that trace all networks: one test process does it for all of them."""

Tier = Literal["test", "test-slow", "test-full"]
"""The target of the Makefile that runs a case first."""
TIERS = pytest.StashKey[dict[str, set[Tier]]]()
"""The targets that run the cases of each check, by the name of its file and function."""
LATER = pytest.StashKey[set[str]]()
"""The entries of `later` that were met."""


def tier_of(item: pytest.Item) -> Tier:
    if item.get_closest_marker("full"):
        return "test-full"
    return "test-slow" if item.get_closest_marker("slow") else "test"


@functools.cache
def everyday() -> frozenset[str]:
    """The networks of `make test`: of each family, those with the fewest multiplications."""
    cheapest: dict[tuple[str, bool], str] = {}
    for name in sorted(networks(), key=lambda name: network(name).card.counts.macs):
        item = network(name)
        cheapest.setdefault((item.family, item.source == "keras.applications"), name)
    return frozenset(cheapest.values())


def placed(name: str, *values: Any, gated: bool = False, **options: Any) -> Any:
    """A test case of a network, marked `full` where `make test` leaves it out; `gated` means the shorter selection.

    The VGGs go to one test process, which keeps their gigabytes: fresh memory is slow, and two of them too much.
    """
    marks = [pytest.mark.xdist_group("vgg")] if network(name).family == "vgg" else []
    marks += [] if name in (GATED if gated else everyday()) else [pytest.mark.full]
    marks += [pytest.mark.slow] if name in LONG or (gated and name not in QUICKEST) else []
    return pytest.param(*(values or (name,)), marks=marks, **options)


def cheap(name: str) -> Any:
    """A test case of a check of a second: `slow` where the network is no everyday one, `full` where it is not GATED."""
    marks = [pytest.mark.slow] if name in GATED else [pytest.mark.full]
    return pytest.param(name, marks=[] if name in everyday() else marks)


def some(values: Iterable[Any], *everyday: Any) -> list[Any]:
    """The cases of a check that is made for several networks; those that are not named for `make test` are `slow`.

    A case of several arguments is a tuple.
    """
    found = list(values)
    missing = [value for value in everyday if value not in found]
    if missing or not everyday:
        raise ValueError(f"{missing or 'nothing'} is kept for `make test`, expected one or more of {found}")
    return [
        pytest.param(*(v if isinstance(v, tuple) else (v,)), marks=[] if v in everyday else [pytest.mark.slow])
        for v in found
    ]
