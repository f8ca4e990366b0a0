"""HRNet (Wang et al. 2019, Deep High-Resolution Representation Learning for Visual Recognition), figures 2 and 3.

`hrnet_w18_cls` and its like are the classifiers of the authors' HRNet-Image-Classification, which timm has as
`hrnet_w18`. `hrnet_w32_pose_256x192` and its like find the key points of a person (Sun, Xiao, Liu & Wang 2019): one
heat map per joint at a quarter of the image, decoded by `keypoints`. Height and width must be such that every branch
has half the size of the one before: multiples of 32, or up to three less.
"""

from __future__ import annotations

from ..blocks.conv_norm import conv_norm
from ..blocks.high_resolution import high_resolution_module
from ..blocks.residual import basic_block, bottleneck
from ..errors import SpecError
from ..geometry import Pair
from ..ops.batch_norm import batch_norm
from ..ops.conv import conv
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, sequence, stack

TABLE = {  # width C, bottlenecks and their width in stage 1, blocks per branch, modules in stages 2 to 4
    "w18_small_v1": (16, 1, 32, 2, (1, 1, 1)),
    "w18_small_v2": (18, 2, 64, 2, (1, 3, 2)),
    "w18": (18, 4, 64, 4, (1, 4, 3)),
    "w30": (30, 4, 64, 4, (1, 4, 3)),
    "w32": (32, 4, 64, 4, (1, 4, 3)),
    "w40": (40, 4, 64, 4, (1, 4, 3)),
    "w44": (44, 4, 64, 4, (1, 4, 3)),
    "w48": (48, 4, 64, 4, (1, 4, 3)),
    "w64": (64, 4, 64, 4, (1, 4, 3)),
}


def stages(x: Value, variant: str, heat: bool = False) -> list[Value]:
    """The maps of the four branches, from the highest resolution down; for heat maps the highest alone."""
    if any(-side % 32 > 3 for side in x.shape[1:]):
        got = "x".join(map(str, x.shape[1:]))
        raise SpecError(f"height and width are multiples of 32, or up to three less, to halve in step; not {got}")
    width, bottlenecks, first, repeats, modules = TABLE[variant]
    x = relu(batch_norm(conv(x, 64, 3, stride=2, pad=1, bias=False, name="conv1"), name="bn1"))
    x = relu(batch_norm(conv(x, 64, 3, stride=2, pad=1, bias=False, name="conv2"), name="bn2"))
    with stack("layer1"):
        for _ in range(bottlenecks):
            x = bottleneck(x, first)
    maps: list[Value] = []
    for stage, count in enumerate(modules, start=2):
        with stack(f"transition{stage - 1}.{stage - 1}"):
            lowest = conv_norm(maps[-1] if maps else x, 2 ** (stage - 1) * width, 3, 2)
        maps = [*(maps or [conv_norm(x, width, 3, name="transition1.0")]), lowest]
        for index in range(count):
            fused = 1 if heat and (stage, index) == (4, count - 1) else None
            maps = high_resolution_module(maps, basic_block, repeats, fused, name=f"stage{stage}.{index}")
    return maps


@sequence
def head_conv(x: Value, channels: int, kernel: int, stride: int = 1) -> Value:
    """Convolution with a bias, batch normalisation, ReLU."""
    return relu(batch_norm(conv(x, channels, kernel, stride=stride, pad=kernel // 2)))


def hrnet_cls(x: Value, num_classes: int, variant: str) -> Value:
    """HRNet with the authors' head for images: the branches widened, and summed from the highest down."""
    maps = []
    for index, branch in enumerate(stages(x, variant)):
        with stack(f"incre_modules.{index}"):
            maps.append(bottleneck(branch, 32 * 2**index))
    x, *others = maps
    for index, branch in enumerate(others):
        x = branch + head_conv(x, 256 * 2**index, 3, 2, name=f"downsamp_modules.{index}")
    x = global_avg_pool(head_conv(x, 2048, 1, name="final_layer"), name="global_pool")
    return linear(x, num_classes, name="classifier")


def hrnet_pose(x: Value, variant: str, joints: int) -> Value:
    """HRNet with one heat map per joint, from the highest resolution."""
    if joints < 1:
        raise SpecError(f"joints is a positive number of heat maps, such as 17, not {joints}")
    (x,) = stages(x, variant, heat=True)
    return conv(x, joints, 1, name="final_layer")


def _classifier(variant: str) -> Network:
    timm = f"hrnet_{variant.removesuffix('_v1')}"
    title = f"HRNet-W{variant[1:].replace('_', ' ').replace('s', 'S')} (classifier)"
    return Network(
        f"hrnet_{variant}_cls", title, hrnet_cls, {"variant": variant}, "official", (timm,), check_sizes=CHECK_SIZES
    )


def _pose(variant: str, size: Pair) -> Network:
    return Network(
        f"hrnet_{variant}_pose_{size[0]}x{size[1]}",
        f"HRNet-{variant.upper()} (key points, {size[0]}x{size[1]})",
        hrnet_pose,
        {"variant": variant, "joints": 17},
        "official",
        (f"pose_hrnet_{variant}_{size[0]}x{size[1]}",),
        options=("joints",),
        input_size=size,
        num_classes=None,
        check_sizes=CHECK_SIZES,
    )


CHECK_SIZES = ((64, 96), (61, 95))  # an odd side is 1 or 3 less than a multiple of 32
NETWORKS = (
    *map(_classifier, TABLE),
    *(_pose(variant, size) for variant in ("w32", "w48") for size in ((256, 192), (384, 288))),
)
CANONICAL = "hrnet_w32_cls"
