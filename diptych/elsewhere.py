"""What other libraries call what diptych does, for the error of `diptych.create_model` and of `diptych.resnet50`."""

from __future__ import annotations

BUILD = "diptych.build('resnet50', 'torch') makes a model, or 'keras'"
READ = "diptych.read(path) gives network and weights of a file, and diptych.build(net, 'torch', weights=w) a model"
CONVERT = "say diptych.convert('in.pth', 'out.keras'), or of a model diptych.convert(model, 'out.keras', example=x)"
LIST = "diptych.networks() lists them, diptych.networks('resnet') a family, diptych.networks('*v2*') a pattern"
SAVE = "diptych.save(net, weights, 'out.safetensors') writes a network and its weights"
EXPORT = "diptych.export(net, weights, 'out.onnx') writes ONNX, diptych.deploy(net, weights, 'out.tflite') what runs"

SAID = {  # what to say: the words for it elsewhere
    BUILD: "create_model get_model make_model model from_name create Model",
    READ: "load load_model open load_weights load_checkpoint from_file import_model from_pretrained load_state_dict",
    LIST: "list_models list models available_models list_networks applications zoo model_list",
    CONVERT: "to_keras to_torch to_tf torch2keras pytorch_to_keras keras_to_torch translate transfer convert_model",
    SAVE: "save_model save_weights dump",
    EXPORT: "onnx to_onnx export_onnx tflite to_tflite onnx2tf",
    "`diptych table NAME` prints layers, shapes and costs": "summary info table describe",
    "`diptych traps` prints where the frameworks differ": "traps trap",
    "diptych.compare(one, other, example=x) holds two models to each other": "parity compare_models allclose diff",
}


def said_of(name: str) -> str:
    """What to say instead of a name that the package does not have; "" where nobody knows."""
    from .common.registry import meant_by

    for said, words in SAID.items():
        if name in words.split():
            return said
    found = None if name.startswith("_") else meant_by(name)
    return f"diptych.build({found!r}, 'torch') makes the model, diptych.spec({found!r}) the network" if found else ""
