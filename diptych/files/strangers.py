"""Files of other tools, by their suffix: what they are, and how their weights come into a file that is read."""

from __future__ import annotations

import re
from pathlib import Path

NAMED = "save the arrays by name: numpy.savez('in.npz', **arrays)"
UNPACKED = "unpack it, and name the file in it"
STRANGERS = {
    ".tflite": (
        "a program of TFLite",
        "its weights are folded, often quantised, and have lost their names; convert the model that it was made of",
    ),
    ".pt2": ("a program of torch.export", "save the weights: torch.save(program.state_dict, 'in.pth')"),
    ".ptl": ("a program of PyTorch for phones", "convert the model that it was made of"),
    ".npy": ("one array without a name", NAMED),
    ".pkl": ("a pickle, which may run code", f"load it where you trust it, and {NAMED}"),
    ".pickle": ("a pickle, which may run code", f"load it where you trust it, and {NAMED}"),
    ".joblib": ("a pickle, which may run code", f"load it where you trust it, and {NAMED}"),
    ".caffemodel": ("a model of Caffe", NAMED),
    ".prototxt": ("a network of Caffe without its weights", "name a file of weights"),
    ".mlmodel": ("a model of Core ML", "convert the model that it was made of"),
    ".mlpackage": ("a model of Core ML", "convert the model that it was made of"),
    ".engine": ("a program of TensorRT, made for one GPU", "convert the model that it was made of"),
    ".trt": ("a program of TensorRT, made for one GPU", "convert the model that it was made of"),
    ".xml": ("a model of OpenVINO", "convert the model that it was made of"),
    ".pdparams": ("a file of PaddlePaddle", NAMED),
    ".msgpack": ("a file of Flax", NAMED),
    ".params": ("a file of MXNet", NAMED),
    ".mat": ("a file of MATLAB", NAMED),
    ".t7": ("a file of Lua's Torch", NAMED),
    ".gguf": ("a file of quantised weights", "name a file of float weights"),
    ".zip": ("packed", UNPACKED),
    ".gz": ("packed", UNPACKED),
    ".tgz": ("packed", UNPACKED),
    ".7z": ("packed", UNPACKED),
    ".xz": ("packed", UNPACKED),
    ".index.json": (
        "the list of the parts of a model",
        "put the tensors of all parts beside it into one file: save_file({**load_file(one), **load_file(other)}, "
        "'in.safetensors')",
    ),
    ".json": ("text without weights", "name the file of the weights beside it"),
    ".yaml": ("text without weights", "name the file of the weights beside it"),
    ".cfg": ("a network without its weights", "name the .weights file, and this one with --cfg (in Python, cfg=)"),
    ".py": ("code", "FILE.py:FUNCTION names the function of it that makes a model"),
    ".data": ("the numbers of an ONNX model", "name the .onnx file beside it"),
}
"""Suffix -> (what such a file is, what to do)."""


PART = re.compile(r"-(\d{5})-of-(\d{5})\.\w+$")
"""The end of the name of one of several files that hold a model together."""

CONTENT = {
    b"version https://git-lfs": "a pointer of Git LFS, not the file itself; fetch it with git lfs pull",
    b"<!doctype": "a page of HTML, not a file of weights; download it again",
    b"<html": "a page of HTML, not a file of weights; download it again",
    b"<?xml": "text in XML, not a file of weights; download it again",
}
"""What a file begins with, in small letters, that stands in place of another."""


def misplaced(path: Path, head: bytes) -> str:
    """What is said of a file that stands in place of another, or is a part of one; "" of any other."""
    part = PART.search(path.name)
    if part and int(part[2]) > 1:
        return (
            f"{path} is part {int(part[1])} of {int(part[2])} of a model; put the tensors of all parts into one file: "
            "save_file({**load_file(one), **load_file(other)}, 'in.safetensors')"
        )
    start = head.lstrip().lower()
    return next((f"{path} is {what}" for mark, what in CONTENT.items() if start.startswith(mark)), "")


def stranger(path: Path) -> str:
    """What is said of a file of another tool; "" of any other."""
    for suffix, (what, advice) in STRANGERS.items():
        if path.name.lower().endswith(suffix):
            return f"{path} is {what}, which diptych does not read as weights; {advice}"
    return ""
