"""keras.applications of Keras 2, where its names were others than those of today: files of such models are read.

ResNet-50 had Caffe's names before 2.3 (`res2a_branch2a`, `bn2a_branch2a`), and is another function than today's; Keras
2's DenseNets have a stroke in the names of their first layers.
"""

from __future__ import annotations

from ..dialect import Dialect, rules
from .densenet import KERAS as DENSE

LIBRARY = "keras 2"
RESNET = rules(
    ("conv1", "conv1"),
    ("bn1", "bn_conv1"),
    *((f"layer{{s}}.{{b}}.conv{n}", f"res{{s+1}}{{b:a}}_branch2{letter}") for n, letter in enumerate("abc", 1)),
    *((f"layer{{s}}.{{b}}.bn{n}", f"bn{{s+1}}{{b:a}}_branch2{letter}") for n, letter in enumerate("abc", 1)),
    ("layer{s}.{b}.downsample.0", "res{s+1}{b:a}_branch1"),
    ("layer{s}.{b}.downsample.1", "bn{s+1}{b:a}_branch1"),
    ("fc", "fc1000"),
)
POOL = (
    "names do not tell its pool: taken as that of Keras 2.2.1 to 2.2.5, with pads around it; Keras 2.2.0 and earlier "
    "had none, which is another function. Its epsilon is 1e-3; --form resnet50.keras writes today's network with the "
    "same function"
)
DENSENET = (*rules(("features.conv0", "conv1/conv"), ("features.norm0", "conv1/bn")), *DENSE)

DIALECTS = (
    Dialect(LIBRARY, "resnet50.keras2", "ResNet50", RESNET, caution=POOL),
    *(Dialect(LIBRARY, f"densenet{depth}.keras", f"DenseNet{depth}", DENSENET) for depth in (121, 169, 201)),
)
