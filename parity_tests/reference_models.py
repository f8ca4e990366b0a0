"""Networks of torchvision and keras.applications, without their weights, as references to hold ours against."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import torch

NAMES: dict[str, tuple[str, dict[str, Any]]] = {  # ours -> torchvision's, and its arguments
    "alexnet_torchvision": ("alexnet", {}),
    "densenet121": ("densenet121", {}),
    "googlenet_torchvision_bn": ("googlenet", {"aux_logits": False, "init_weights": False}),
    "googlenet_torchvision_bn_aux": ("googlenet", {"aux_logits": True, "init_weights": False}),
    "inception_v3": ("inception_v3", {"aux_logits": False, "init_weights": False}),
    "inception_v3_aux": ("inception_v3", {"aux_logits": True, "init_weights": False}),
    "mobilenet_v2": ("mobilenet_v2", {}),
    "resnet18": ("resnet18", {}),
    "resnet34": ("resnet34", {}),
    "resnet50": ("resnet50", {}),
    "resnet101": ("resnet101", {}),
    "resnet152": ("resnet152", {}),
    "shufflenet_v2_x1_0": ("shufflenet_v2_x1_0", {}),
    "vgg11_a": ("vgg11", {}),
    "vgg13_b": ("vgg13", {}),
    "vgg16_d": ("vgg16", {}),
    "vgg19_e": ("vgg19", {}),
    "vgg11_bn": ("vgg11_bn", {}),
    "vgg13_bn": ("vgg13_bn", {}),
    "vgg16_bn": ("vgg16_bn", {}),
    "vgg19_bn": ("vgg19_bn", {}),
}
_keep: list[torch.library.Library] = []


def torchvision_models() -> ModuleType:
    """The module torchvision.models, also where torchvision's compiled ops do not fit the installed torch.

    The import then fails for want of two schemas of detection, which no classification network uses: they are declared.
    """
    try:
        return importlib.import_module("torchvision.models")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    _keep.append(torch.library.Library("torchvision", "DEF"))  # its schemas go when it goes
    for name in ("nms", "qnms"):
        _keep[0].define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return importlib.import_module("torchvision.models")


def torchvision_model(name: str, state: Mapping[str, torch.Tensor]) -> torch.nn.Module:
    """torchvision's network of our name, in evaluation mode, with exactly this state dict, whose memory it shares."""
    function, arguments = NAMES[name]
    with torch.device("meta"):
        model: torch.nn.Module = getattr(torchvision_models(), function)(weights=None, **arguments)
    model.load_state_dict(state, strict=True, assign=True)
    return model.eval()


def torchvision_outputs(model: torch.nn.Module, image: torch.Tensor) -> list[torch.Tensor]:
    """The outputs in our order: main, then auxiliary heads from the input on.

    torchvision runs the heads in training mode only. That is asked of the outermost module alone, so that
    normalisation and dropout stay in evaluation mode.
    """
    model.training = True
    with torch.no_grad():
        answer = model(image)
    model.eval()
    if isinstance(answer, torch.Tensor):
        return [answer]
    main, *heads = answer
    return [main, *(head for head in reversed(heads) if head is not None)]
