"""Run emitted files on their own: `python emitted_runner.py JOBS.json`, in a process where diptych cannot be imported.

Each job names the two files, the shape of an image, the weights with their places, and where to put the outputs.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import math
import sys
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

BATCH, LARGE = 2, 50_000_000
Arrays = dict[str, np.ndarray[Any, Any]]


class NoDiptych:
    """An import hook that refuses the package that wrote the files."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] in ("diptych", "common", "torch_impl", "tf_impl"):
            raise ImportError(f"an emitted file imports {name}")


def array(name: str, shape: list[int], scale: float, positive: bool) -> np.ndarray[Any, Any]:
    """The weight of this name: the same numbers in every process."""
    # At most so many numbers, over and over: a prime, so that no two rows or channels are alike.
    uniform = np.random.default_rng(crc32(name.encode())).random(min(math.prod(shape), 1_000_003))
    return np.resize((uniform + 0.5 if positive else (uniform - 0.5) * 12**0.5) * scale, shape)


def image(shape: list[int]) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).standard_normal((BATCH, *shape))


def loaded(file: str) -> Any:
    found = importlib.util.spec_from_file_location(Path(file).stem, file)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def in_torch(job: dict[str, Any], arrays: Arrays) -> list[np.ndarray[Any, Any]]:
    import torch

    with torch.device("meta"):
        model = getattr(loaded(job["torch"]), job["root"])(**job["arguments"]["torch"]).double()
    state = {w["name"]: torch.from_numpy(arrays[w["name"]]) for w in job["weights"]}
    state |= {name: state[owner] for name, owner in job["ties"].items()}
    counters = {name: torch.tensor(0) for name in model.state_dict() if name.endswith("num_batches_tracked")}
    model.load_state_dict(state | counters, assign=True)
    with torch.no_grad():
        return outputs(model.eval()(torch.tensor(image(job["shape"]))))


def in_keras(job: dict[str, Any], arrays: Arrays) -> list[np.ndarray[Any, Any]]:
    import einops
    import keras

    keras.config.set_dtype_policy("float64")
    # The kernels are assigned right after, and drawing random ones takes longer than all the rest.
    keras.initializers.GlorotUniform.__call__ = lambda self, shape, dtype: keras.ops.zeros(shape, dtype)
    model = getattr(loaded(job["tf"]), job["root"])(**job["arguments"]["tf"])
    x = image(job["shape"]).transpose(0, 2, 3, 1)
    model(x)
    for w in job["weights"]:
        layer: Any = model
        for step in w["place"]:
            listed: Any = layer if isinstance(layer, (list, dict)) else getattr(layer, "layers", None)
            layer = listed[step] if isinstance(step, int) or isinstance(layer, dict) else getattr(layer, step)
        while isinstance(layer, keras.Sequential):
            layer = layer.layers[-1]
        variable = layer if isinstance(layer, keras.Variable) else getattr(layer, w["attribute"], None)
        variable = getattr(layer, w["slot"]) if variable is None else variable
        variable.assign(einops.rearrange(arrays.pop(w["name"]), w["axes"], **w["sizes"]))
    assert sum(math.prod(v.shape) for v in model.trainable_variables) == job["params"], "trainable numbers"
    return outputs(model(x, training=False))


def outputs(value: Any) -> list[np.ndarray[Any, Any]]:
    value = list(value.values()) if isinstance(value, dict) else value
    return [np.asarray(part) for part in (value if isinstance(value, (tuple, list)) else [value])]


def main(jobs: str) -> None:
    sys.meta_path.insert(0, NoDiptych())
    for job in json.loads(Path(jobs).read_text()):
        arrays = {w["name"]: array(*w["array"]) for w in job["weights"]}
        results: dict[str, Any] = {f"torch{i}": y for i, y in enumerate(in_torch(job, arrays))}
        results |= {f"tf{i}": y for i, y in enumerate(in_keras(job, arrays))}
        np.savez(job["outputs"], **results)
        if job["params"] > LARGE:
            gc.collect()  # Keras models are cyclic garbage, of a gigabyte each for a VGG
    assert not any(name.partition(".")[0] == "diptych" for name in sys.modules)


if __name__ == "__main__":
    main(sys.argv[1])
