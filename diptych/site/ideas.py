"""Who took what from whom: the ideas that lead from one family of networks to another.

Each is what the younger family's paper says of itself; its paper is that of the younger family, on its card.
"""

from __future__ import annotations

from typing import NamedTuple


class Idea(NamedTuple):
    """What a family took over from an older one, and what it made of it."""

    older: str
    younger: str
    what: str


IDEAS = tuple(
    Idea(*item)
    for item in (
        ("lenet", "alexnet", "convolutions and pools in turn, made deep, with ReLU, dropout and two GPUs"),
        ("alexnet", "zfnet", "a smaller first kernel and stride, after looking at what the layers see"),
        ("alexnet", "vgg", "3x3 kernels alone: three of them see as much as one of 7x7, with fewer weights"),
        (
            "alexnet",
            "googlenet",
            "branches of 1x1, 3x3 and 5x5 in parallel, narrowed by 1x1 convolutions first",
        ),
        (
            "alexnet",
            "squeezenet",
            "AlexNet's accuracy with a fiftieth of its weights: 1x1 squeezes, 1x1 and 3x3 expand",
        ),
        ("googlenet", "bn_inception", "batch normalisation after each convolution, so that a larger rate can be used"),
        ("bn_inception", "inception", "kernels in factors: 5x5 as two of 3x3, 7x7 as 1x7 and 7x1"),
        ("inception", "inception_v4", "a deeper, more regular arrangement of the same modules"),
        ("inception_v4", "inception_resnet", "the branches are added to their input, with a factor"),
        ("resnet", "inception_resnet", "shortcuts around modules"),
        ("inception", "xception", "branches taken to the end: one for each channel, a depthwise separable convolution"),
        ("vgg", "resnet", "plain 3x3 networks with shortcuts: a block learns what to add"),
        ("resnet", "preresnet", "normalisation and activation before the convolution, nothing on the shortcut"),
        ("resnet", "densenet", "maps are concatenated, not added: each layer reads all before it"),
        ("resnet", "resnext", "the 3x3 convolution in groups: a third size beside depth and width"),
        ("resnet", "wide_resnet", "fewer and wider layers"),
        ("resnet", "senet", "each channel gets a factor from the mean of all: squeeze and excitation"),
        ("resnet", "resnet_d", "three 3x3 in the place of the 7x7, and a pool before the shortcut's 1x1"),
        ("resnet", "hrnet", "branches of several resolutions side by side to the end, which exchange maps"),
        ("resnet", "darknet", "shortcuts in a backbone of 1x1 and 3x3 for detection"),
        ("vgg", "darknet", "mostly 3x3 kernels, twice the channels after each pool"),
        ("xception", "mobilenet_v1", "depthwise separable convolutions alone, and a factor of width for small devices"),
        (
            "mobilenet_v1",
            "mobilenet_v2",
            "the block is wide inside and narrow outside, with no activation at its end",
        ),
        ("resnet", "mobilenet_v2", "shortcuts, here between the narrow ends"),
        ("mobilenet_v2", "mnasnet", "its blocks as a search space, with the time on a phone in the reward"),
        ("senet", "mnasnet", "squeeze and excitation as a choice in a block"),
        ("mnasnet", "mobilenet_v3", "the searched network, then trimmed, with hard swish"),
        ("mobilenet_v2", "mobilenext", "the shortcut joins the wide ends: a sandglass"),
        ("mobilenet_v2", "fbnet", "its blocks as candidates, chosen by gradients with measured latency"),
        ("resnext", "shufflenet_v1", "1x1 convolutions in groups, too, and channels that are shuffled between them"),
        ("shufflenet_v1", "shufflenet_v2", "half of the channels passes by; costs in memory count, not products alone"),
        ("mobilenet_v3", "ghostnet", "half of the maps are cheap copies of the others"),
        ("mnasnet", "efficientnet", "a searched network grown in depth, width and resolution by one rule"),
        ("efficientnet", "efficientnet_lite", "without squeeze and excitation, with ReLU6: for integer hardware"),
        ("vgg", "repvgg", "a plain stack of 3x3 to deploy"),
        ("resnet", "repvgg", "branches in training, which are merged into that stack"),
        ("darknet", "yolov3", "the backbone of a detector that looks at three resolutions"),
        ("yolov3", "yolov4", "a split backbone, a second way down the pyramid, Mish, mosaic, CIoU"),
        ("yolov4", "yolov5", "the same parts in another arrangement, in PyTorch, with a repository for a paper"),
        ("yolov3", "yolox", "without anchors, one head for classes and one for boxes, labels given out by cost"),
        ("yolov5", "yolox", "the backbone and the pyramid"),
        ("efficientnet", "efficientdet", "the backbone and the rule of growth, with a pyramid of weighted sums"),
    )
)

FAMILIES = {
    "vgg": "VGG",
    "inception": "Inception",
    "resnet": "ResNet",
    "preresnet": "PreResNet",
    "resnext": "ResNeXt",
    "densenet": "DenseNet",
    "senet": "SENet",
    "squeezenet": "SqueezeNet",
    "wide_resnet": "Wide ResNet",
    "resnet_d": "ResNet-D",
    "hrnet": "HRNet",
    "inception_resnet": "Inception-ResNet",
    "mobilenet_v1": "MobileNet",
    "mobilenet_v2": "MobileNetV2",
    "mobilenet_v3": "MobileNetV3",
    "mobilenext": "MobileNeXt",
    "shufflenet_v1": "ShuffleNet",
    "shufflenet_v2": "ShuffleNet V2",
    "mnasnet": "MnasNet",
    "fbnet": "FBNet",
    "ghostnet": "GhostNet",
    "efficientnet": "EfficientNet",
    "efficientnet_lite": "EfficientNet-Lite",
    "repvgg": "RepVGG",
    "darknet": "Darknet",
    "yolov3": "YOLOv3",
    "yolov4": "YOLOv4",
    "yolov5": "YOLOv5",
    "yolox": "YOLOX",
    "efficientdet": "EfficientDet",
    "lenet": "LeNet-5",
}
"""What a family is called where its first network has a longer name."""
