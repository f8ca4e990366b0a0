"""Which networks `make test` goes through in full, and which are left to `make test-full`.

Everything cheap (figures, golden text, emission) runs for every network. What builds a model once (references, pages)
runs for the cheapest network of each family, and for the cheapest of its forms in keras.applications; all gates and
the emitted files run for GATED. The gates of all networks in float64 take more than an hour on two cores. The others
are marked `full`, and `make test-full` leaves nothing out. What takes long of the rest is marked `slow`: CI runs it by
`make test-slow`, so that `make test` stays a matter of minutes.
"""

from __future__ import annotations

import functools
from typing import Any

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
)
"""The networks whose gates `make test` runs: each has layers or a structure that those before it have not."""

LONG = (
    *("inception_v3", "inception_v3.keras", "inception_v4", "inception_resnet_v1", "inception_resnet_v2.keras"),
    *("preresnet50.keras", "resnet50.keras", "densenet121", "densenet121.keras", "hrnet_w18_small_v1_cls"),
    *("xception", "xception.keras", "efficientnet_b0.keras", "repvgg_a0_train", "bn_inception"),
)
"""What builds one of these takes 10 to 30 seconds."""


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
    marks += [pytest.mark.slow] if name in LONG else []
    return pytest.param(*(values or (name,)), marks=marks, **options)
