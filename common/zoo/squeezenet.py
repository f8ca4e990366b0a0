"""SqueezeNet (Iandola et al. 2016, AlexNet-Level Accuracy with 50x Fewer Parameters and <0.5MB Model Size), table 1.

`squeezenet1_0` is the network of the paper, `squeezenet1_1` its authors' later one, with a smaller first convolution
and earlier pools; both have torchvision's names. Forms with a bypass are those of section 6. The complex one is our
reading: its 1x1 projections have a bias and no activation, of which the paper says nothing.
"""

from __future__ import annotations

from ..blocks.fire import Bypass, fire
from ..ops.conv import conv
from ..ops.dropout import dropout
from ..ops.global_avg_pool import global_avg_pool
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, stack

FIRES = {  # module: squeeze s1x1, expand e1x1 and e3x3
    "fire2": (16, 64, 64),
    "fire3": (16, 64, 64),
    "fire4": (32, 128, 128),
    "fire5": (32, 128, 128),
    "fire6": (48, 192, 192),
    "fire7": (48, 192, 192),
    "fire8": (64, 256, 256),
    "fire9": (64, 256, 256),
}
TABLE = {  # channels and kernel of conv1, and the modules that a pool goes before
    "1_0": (96, 7, ("fire2", "fire5", "fire9")),
    "1_1": (64, 3, ("fire2", "fire4", "fire6")),
}


def squeezenet(x: Value, num_classes: int, version: str, bypass: Bypass = "none") -> Value:
    """A convolution, eight fire modules, and a convolution whose map is averaged."""
    channels, kernel, pools = TABLE[version]
    with stack("features"):
        x = relu(conv(x, channels, kernel, stride=2))
        for name, widths in FIRES.items():
            if name in pools:
                x = max_pool(x, 3, 2, ceil_mode=True)
            x = fire(x, *widths, bypass)
    with stack("classifier"):
        x = relu(conv(dropout(x, 0.5), num_classes, 1))
    return global_avg_pool(x, name="avgpool")


def _network(version: str, bypass: Bypass, source: str) -> Network:
    plain = bypass == "none"
    name = f"squeezenet{version}" if plain else f"squeezenet{version}_{bypass}_bypass"
    title = f"SqueezeNet {version.replace('_', '.')}" + ("" if plain else f" ({bypass} bypass)")
    return Network(name, title, squeezenet, {"version": version, "bypass": bypass}, source)


NETWORKS = (
    _network("1_0", "none", "torchvision"),
    _network("1_1", "none", "torchvision"),
    _network("1_0", "simple", "paper"),
    _network("1_1", "simple", "pytorchcv"),
    _network("1_0", "complex", "paper"),
)
CANONICAL = "squeezenet1_0"
