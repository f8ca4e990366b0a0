"""What other libraries call the options of a network, for an error that names ours."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

PRETRAINED = (
    "diptych brings no pretrained weights; save them with the library that has them, such as "
    '`python -c "import torch, torchvision as tv; '
    "torch.save(tv.models.resnet50(weights='DEFAULT').state_dict(), 'resnet50.pth')\"`, and then say "
    "build('resnet50', 'tf', weights='resnet50.pth'), or `diptych convert resnet50.pth resnet50.keras`"
)
"""Said of `pretrained=True` and of `weights="imagenet"`; the README has the lines of each library."""

OURS = {
    **dict.fromkeys(("classes", "n_classes", "nb_classes", "num_class", "num_labels", "class_count"), "num_classes"),
    **dict.fromkeys(("in_chans", "in_ch", "channels", "input_channels", "num_channels", "n_channels"), "in_channels"),
    **dict.fromkeys(("img_size", "image_size", "size", "resolution", "input_resolution"), "input_size"),
    **dict.fromkeys(("alpha", "width_mult", "width_multiplier", "width_coefficient", "multiplier"), "width"),
}
"""An option of torchvision, timm, keras.applications or transformers, and ours."""

SAID = {
    "include_top": "num_classes=0 is a network without its head",
    "include_head": "num_classes=0 is a network without its head",
    "global_pool": "num_classes=0 gives what the head would take",
    "pooling": "num_classes=0 gives what the head would take, after the pool",
    "features_only": "build(..., features=[...]) gives intermediate outputs, by the paths of `diptych table`",
    "out_indices": "build(..., features=[...]) gives intermediate outputs, by the paths of `diptych table`",
    "classifier_activation": "a network here gives logits, without a softmax",
    "data_format": "PyTorch modules are NCHW and Keras models NHWC",
    "device": "build gives a model on the CPU; move it with .to(device)",
    **dict.fromkeys(("drop_rate", "dropout_rate", "dropout"), "`diptych card NAME` says which options there are"),
}
WEIGHTS = ("pretrained", "weights", "checkpoint_path", "imagenet", "pretrained_cfg")


def elsewhere(option: str, value: Any, known: Sequence[str]) -> str:
    """What is said of an option that a network does not have: what is meant here, and all that there are.

    >>> elsewhere("classes", 10, ("num_classes", "in_channels"))
    'say num_classes=10; it takes num_classes, in_channels'
    """
    takes = f"it takes {', '.join(known)}"
    if option in WEIGHTS:
        return PRETRAINED
    if option == "input_shape":
        return f"say input_size={_size(value)} (height, width), and in_channels; {takes}"
    ours = OURS.get(option)
    if ours in known:
        return f"say {ours}={value!r}; {takes}"
    if option in SAID:
        return f"{SAID[option]}; {takes}"
    near = difflib.get_close_matches(option.lower(), known, n=1, cutoff=0.7)
    return f"did you mean {near[0]}? {takes}" if near else takes


def _size(shape: Any) -> tuple[int, int]:
    """(height, width) of a shape of images in either order."""
    try:
        numbers = [int(n) for n in shape if n is not None]
    except (TypeError, ValueError):
        return 224, 224
    sizes = numbers[1:3] if len(numbers) == 3 and numbers[0] in (1, 3, 4) else numbers[:2]
    return (sizes[0], sizes[1]) if len(sizes) == 2 else (224, 224)
