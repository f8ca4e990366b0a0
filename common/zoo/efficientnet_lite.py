"""EfficientNet-Lite (Liu 2020, the authors' note on EfficientNets for edge devices; Tan & Le 2019, table 1).

EfficientNet without squeeze and excitation and with ReLU6, which quantise well; stem and head keep their width, first
and last stage their depth. `efficientnet_liteN` is timm's form with symmetric padding, `efficientnet_liteN.tf` its tf_
form, with TensorFlow's SAME padding and epsilon, into which the authors' weights go. Both are timm's also in the input
sizes, of which the authors have 280 for Lite3 and 300 for Lite4.
"""

from __future__ import annotations

from typing import Any

from ..registry import Network
from .efficientnet import efficientnet

TABLE = {  # width, depth, input, dropout
    "lite0": (1.0, 1.0, 224, 0.2),
    "lite1": (1.0, 1.1, 240, 0.2),
    "lite2": (1.1, 1.2, 260, 0.3),
    "lite3": (1.2, 1.4, 300, 0.3),
    "lite4": (1.4, 1.8, 380, 0.3),
}


def _network(variant: str, form: str, **arguments: Any) -> Network:
    width, depth, size, dropout_rate = TABLE[variant]
    arguments |= {"width": width, "depth": depth, "dropout_rate": dropout_rate, "lite": True}
    title = f"EfficientNet-{variant.title()} (timm{', SAME padding' if form else ''})"
    name, options = f"efficientnet_{variant}{form}", ("width", "depth")
    return Network(name, title, efficientnet, arguments, "timm", options=options, input_size=(size, size))


NETWORKS = (
    *(_network(variant, "") for variant in TABLE),
    *(_network(variant, ".tf", eps=1e-3, same=True) for variant in TABLE),
)
CANONICAL = "efficientnet_lite0"
