"""The torch libraries that the tests hold ours against, and their models with given weights."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import torch

from . import Reference, effdet_models, libreyolo_models

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


def made(reference: Reference) -> torch.nn.Module:
    """The model as the library makes it, with its own initial weights."""
    models = torchvision_models()  # timm imports torchvision
    made: Any
    if reference.library == "torchvision":
        make = getattr(models, reference.name)  # a function, or a class for what it has no function for
        made = make(**({} if isinstance(make, type) else {"weights": None}), **reference.arguments)
    elif reference.library == "timm" and "." in reference.name:  # a builder: not every width is registered
        module, _, function = reference.name.partition(".")
        made = getattr(importlib.import_module(f"timm.models.{module}"), function)(**reference.arguments)
    elif reference.library == "timm" and "mobilenetv3" in reference.name and reference.arguments:
        made = _dilated_mobilenet_v3(reference)
    elif reference.library == "timm":
        made = importlib.import_module("timm").create_model(reference.name, pretrained=False, **reference.arguments)
        if reference.reparameterized:
            made = importlib.import_module("timm.utils").reparameterize_model(made)
    elif reference.library == "libreyolo":
        made = libreyolo_models.made(reference.name, **reference.arguments)
    elif reference.library == "yolox":  # pip pixeltable-yolox
        made = importlib.import_module("yolox.config").YoloxConfig.get_named_config(reference.name).get_model()
    elif reference.library == "effdet":
        made = effdet_models.made(reference.name)
    else:
        get_model = importlib.import_module("pytorchcv.model_provider").get_model
        made = get_model(reference.name, pretrained=False, **reference.arguments)
        if hasattr(made.features, "final_pool"):  # of the whole map at one input size: here at any
            made.features.final_pool = torch.nn.AdaptiveAvgPool2d(1)
    model: torch.nn.Module = made
    return model


def _dilated_mobilenet_v3(reference: Reference) -> torch.nn.Module:
    """timm's MobileNetV3 with the units of its feature extractor, which alone takes an output stride."""
    create = importlib.import_module("timm").create_model
    made, features = create(reference.name), create(reference.name, features_only=True, **reference.arguments)
    made.blocks = features.blocks
    whole: torch.nn.Module = made
    return whole


def reference_model(reference: Reference, state: Mapping[str, torch.Tensor]) -> torch.nn.Module:
    """The model, in evaluation mode, with exactly these weights of ours, moved by name, whose memory it shares.

    A kernel stands for the matrix of its rows, and the other way round; any other shape is an error of torch. Where a
    library normalises in another form, the variances are those that give the same.
    """
    with torch.device("meta"):
        model = made(reference)
    state = libreyolo_models.with_its_variances(state) if reference.library == "libreyolo" else state
    theirs = {reference.named(name): tensor for name, tensor in state.items()}
    assert len(theirs) == len(state), "two of our weights have one name on the other side"
    own = model.state_dict()
    for name, wanted in own.items():
        if name in theirs and theirs[name].shape != wanted.shape and _squeezed(theirs[name]) == _squeezed(wanted):
            theirs[name] = theirs[name].reshape(wanted.shape)
    own.clear()
    own.update(theirs)  # the dict itself bears the versions of the modules, which torchvision's MNASNet asks for
    model.load_state_dict(own, strict=True, assign=True)
    return model.eval()


def _squeezed(tensor: torch.Tensor) -> tuple[int, ...]:
    """The shape, of a kernel as that of the matrix of its rows."""
    shape = tuple(tensor.shape)
    return (shape[0], tensor[0].numel()) if len(shape) == 4 else shape


def outputs(reference: Reference, model: torch.nn.Module, image: torch.Tensor) -> list[torch.Tensor]:
    """The outputs in our order: main, then auxiliary heads from the input on, or the raw maps of a detector."""
    if reference.library == "torchvision":
        return _with_heads(model, image)
    if reference.library == "yolox":
        return _raw_maps(model, image)
    if reference.library == "effdet":
        return effdet_models.raw_maps(model, image)
    with torch.no_grad():
        answer = model(image)
    return [answer] if isinstance(answer, torch.Tensor) else list(answer)


def _raw_maps(model: torch.nn.Module, image: torch.Tensor) -> list[torch.Tensor]:
    """What YOLOX's last layers say of each level, as [reg, obj, cls]; the model itself answers with decoded boxes."""
    head, said = model.get_submodule("head"), dict[str, torch.Tensor]()
    names = [f"{kind}_preds.{level}" for level in range(3) for kind in ("reg", "obj", "cls")]
    hooks = [
        head.get_submodule(name).register_forward_hook(lambda _, __, answer, name=name: said.update({name: answer}))
        for name in names
    ]
    with torch.no_grad():
        model(image)
    for hook in hooks:
        hook.remove()
    return [torch.cat([said[name] for name in names[3 * level : 3 * level + 3]], 1) for level in range(3)]


def _with_heads(model: torch.nn.Module, image: torch.Tensor) -> list[torch.Tensor]:
    """torchvision runs the auxiliary heads in training mode only.

    That is asked of the outermost module alone, so that normalisation and dropout stay in evaluation mode.
    """
    model.training = True
    with torch.no_grad():
        answer = model(image)
    model.eval()
    if isinstance(answer, torch.Tensor):
        return [answer]
    main, *heads = answer
    return [main, *(head for head in reversed(heads) if head is not None)]
