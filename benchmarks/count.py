"""Count a public reference network: parameters, statistics, fixed numbers and multiply-accumulates, as on the cards.

    python -m benchmarks.count torchvision:resnet50
    python -m benchmarks.count timm:efficientnet_lite1 --size 240
    python -m benchmarks.count keras.applications:MobileNet alpha=0.25
    python -m benchmarks.count timm:repvgg_a0 --reparameterized

It knows nothing of diptych: a torch model is run once without memory (on the device "meta") under PyTorch's own counter
of operations, a Keras model is read layer by layer. What it prints is the entry `counts` of a card. Only convolutions
and linear layers count as multiply-accumulates, of one image, in evaluation.
"""

from __future__ import annotations

import argparse
import ast
import json
import math
import sys
from collections.abc import Iterator
from typing import Any

sys.path.insert(0, "parity_tests")  # the references of the tests, which know nothing of diptych either

TORCH = ("torchvision", "timm", "pytorchcv")
KERAS = "keras.applications"
Size = tuple[int, int]


def torch_counts(reference: Any, size: Size) -> dict[str, int]:
    """The figures of a model of torchvision, timm or pytorchcv on one image (height, width)."""
    import torch
    from references.libraries import made
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"):
        model = made(reference).eval()
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            model(torch.empty(1, 3, *size))
    fixed = {"statistics": 0, "buffers": 0}
    for name, buffer in model.named_buffers():
        if not name.endswith("num_batches_tracked"):
            fixed["statistics" if ".running_" in f".{name}" else "buffers"] += buffer.numel()
    params = sum(parameter.numel() for parameter in model.parameters())
    return {"params": params, **fixed, "macs": counter.get_total_flops() // 2}  # it counts the addition, too


def keras_counts(reference: Any, size: Size) -> dict[str, int]:
    """The figures of a model of keras.applications on one image (height, width)."""
    import keras

    make = getattr(keras.applications, reference.name)
    layers = list(_layers(make(weights=None, input_shape=(*size, 3), **reference.arguments)))
    normal = [layer for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]
    others = [layer for layer in layers if layer not in normal]
    return {
        "params": sum(_size(weight) for layer in layers for weight in layer.trainable_weights),
        "statistics": sum(_size(weight) for layer in normal for weight in layer.non_trainable_weights),
        "buffers": sum(
            _size(weight) for layer in others for weight in layer.non_trainable_weights if weight.name != "count"
        ),
        "macs": sum(_macs(layer) for layer in layers),
    }


def _layers(model: Any) -> Iterator[Any]:
    """The layers of a model, those of models within it in their place."""
    for layer in model.layers:
        yield from _layers(layer) if hasattr(layer, "layers") else [layer]


def _macs(layer: Any) -> int:
    """Every number of a kernel is multiplied once at each place of the output."""
    kernels = (getattr(layer, name, None) for name in ("kernel", "depthwise_kernel", "pointwise_kernel"))
    places: int = math.prod(layer.output.shape[1:-1])
    return places * sum(_size(kernel) for kernel in kernels if kernel is not None)


def _size(weight: Any) -> int:
    return math.prod(weight.shape)


def counts(reference: Any, size: Size) -> dict[str, Any]:
    """The entry `counts` of a card, without its source."""
    found = (keras_counts if reference.library == KERAS else torch_counts)(reference, size)
    return {**found, "input": list(size)}


def main(words: list[str]) -> None:
    """Print the entry of one reference; exit code 2 where the library does not make it."""
    from references import Reference

    options = _options(words)
    library, _, name = options.reference.partition(":")
    given = dict(map(_argument, options.arguments))
    made = Reference("", library, name, given, reparameterized=options.reparameterized)
    said = f" ({', '.join(options.arguments)})" if given else ""
    said += " after timm's reparameterize_model" if options.reparameterized else ""
    try:
        found = counts(made, options.size)
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        print(f"error: {library} cannot make and run {name!r}{said}: {error}", file=sys.stderr)
        raise SystemExit(2) from error
    print(json.dumps({"counts": {**found, "source": f"{options.reference}{said}"}}, indent=1))


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.count", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("reference", metavar="LIBRARY:NAME", help=f"of {', '.join((*TORCH, KERAS))}")
    parser.add_argument("arguments", nargs="*", metavar="NAME=VALUE", help="arguments of its constructor")
    parser.add_argument("--size", type=_read_size, default=(224, 224), metavar="HxW", help="of the image; 224")
    parser.add_argument("--reparameterized", action="store_true", help="after timm's reparameterize_model")
    found = parser.parse_args(words)
    library, colon, name = found.reference.partition(":")
    if library not in (*TORCH, KERAS) or not colon or not name:
        known = ", ".join((*TORCH, KERAS))
        parser.error(f"expected LIBRARY:NAME with a library of {known}, such as torchvision:resnet50, "
                     f"not {found.reference!r}")  # fmt: skip
    return found


def _read_size(text: str) -> Size:
    """224 or 256x192 as (height, width)."""
    height, _, width = text.partition("x")
    if not (height.isdecimal() and (width or height).isdecimal()):
        raise argparse.ArgumentTypeError(f"a size is a number or HEIGHTxWIDTH, such as 224 or 256x192, not {text!r}")
    return int(height), int(width or height)


def _argument(text: str) -> tuple[str, Any]:
    """A constructor's argument: a Python literal, or text as it stands."""
    name, _, value = text.partition("=")
    try:
        return name, ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return name, value


if __name__ == "__main__":
    main(sys.argv[1:])
