"""Weights in emitted files: `python weights_runner.py JOBS.json`, in a process where diptych cannot be imported.

Each job names the two emitted files, the weights that diptych converted for them, and where to put what they answer;
then the Keras model saves them, and where that is asked for it is trained for a step and saved again.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np


class NoDiptych:
    """An import hook that refuses the package that wrote the files."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] in ("diptych", "common", "torch_impl", "tf_impl"):
            raise ImportError(f"an emitted file imports {name}")


def emitted(file: str, root: str) -> Any:
    """The class of the network in an emitted file."""
    found = importlib.util.spec_from_file_location(Path(file).stem, file)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return getattr(module, root)


def image(shape: list[int]) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).standard_normal((2, *shape)).astype(np.float32)


def main_output(value: Any) -> np.ndarray[Any, Any]:
    """The first of several outputs, which may have names."""
    value = list(value.values()) if isinstance(value, dict) else value
    return np.asarray(value[0] if isinstance(value, (tuple, list)) else value)


def in_torch(job: dict[str, Any]) -> np.ndarray[Any, Any]:
    import torch

    model = emitted(job["torch"], job["root"])()
    model.load_state_dict(torch.load(job["pth"], weights_only=True))
    with torch.no_grad():
        return main_output(model.double().eval()(torch.tensor(image(job["shape"])).double()))


def in_keras(job: dict[str, Any]) -> np.ndarray[Any, Any]:
    import keras

    channels, height, width = job["shape"]
    keras.config.set_dtype_policy("float64")
    model = emitted(job["tf"], job["root"])()
    model.build((None, height, width, channels))
    model.load_weights(job["h5"])
    x = image(job["shape"]).transpose(0, 2, 3, 1).astype(np.float64)
    answer = model.predict(x, verbose=0)
    model.save_weights(job["saved"])
    if job["trained"]:
        model.compile("sgd", "mse", metrics=["mae"])
        model.fit(x, np.zeros_like(main_output(answer)), verbose=0)
        for file in job["trained"]:
            model.save(file) if file.endswith(".keras") else model.save_weights(file)
    found = main_output(answer)
    return found.transpose(0, 3, 1, 2) if found.ndim == 4 else found


def main(jobs: str) -> None:
    sys.meta_path.insert(0, NoDiptych())
    for job in json.loads(Path(jobs).read_text()):
        np.savez(job["answers"], torch=in_torch(job), tf=in_keras(job))
    assert not any(name.partition(".")[0] == "diptych" for name in sys.modules)


if __name__ == "__main__":
    main(sys.argv[1])
