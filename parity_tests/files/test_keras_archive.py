"""What is written of a Keras model without Keras is what Keras writes of the built model, and Keras loads it."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import op_cases
import pytest
from keras.src.saving.serialization_lib import ObjectSharingScope
from selection import some

import diptych
from diptych.common.errors import FileError
from diptych.common.layouts import to_framework
from diptych.common.spec import Net
from diptych.common.trace import trace
from diptych.common.weights import scrambled
from diptych.files import keras_archive, read, write
from diptych.files.again import read_again
from diptych.files.keras_archive.store import Places, store
from diptych.files.keras_archive.symbols import snake_case
from diptych.tf_impl.build import build
from diptych.tf_impl.slots import slots_of
from diptych.tf_impl.state import read as weights_of

NEWER: dict[str, Any] = {"input_axes": None, "output_axes": None, "quantization_config": None}
NEWER |= {"optional": False, "output_padding": None, "renorm": False, "renorm_clipping": None, "renorm_momentum": 0.99}
"""What Keras after 3.9 writes beside, with the values that it has by default there."""
EXAMPLES = [(kind, place) for kind, cases in op_cases.CASES.items() for place in range(len(cases))]
FIRST = [(kind, 0) for kind in op_cases.CASES]


def older(value: Any) -> Any:
    """What Keras writes, without what the oldest one does not know and by default has no need of."""
    if isinstance(value, list):
        return [older(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") in ("ZerosLike", "FullLike") and value["config"]["dtype"] is None:
        value = value | {"config": {"name": value["name"]}}
    left = {key for key, item in value.items() if key in NEWER and (type(item), item) == (type(NEWER[key]), NEWER[key])}
    return {key: older(item) for key, item in value.items() if key not in left}


def tree(file: Any) -> dict[str, Any]:
    """Everything in an HDF5 file: attributes, and of arrays the dtype, the shape, the bytes and how they lie."""
    with h5py.File(file) as opened:
        found: dict[str, Any] = {"": dict(opened.attrs)}

        def visit(name: str, member: Any) -> None:
            array = (member.dtype.str, member.shape, member[()].tobytes(), member.chunks, member.compression) if (
                isinstance(member, h5py.Dataset)) else ()  # fmt: skip
            found[name] = dict(member.attrs), array

        opened.visititems(visit)
        return found


def hold(net: Net, folder: Path, dtype: str = "float32") -> None:
    """Assert that what is written of a network is what Keras writes of the model that it builds."""
    weights = {name: array.astype(dtype) for name, array in scrambled(net).items()}
    keras.backend.clear_session()
    model = build(net, weights, dtype)
    model.save_weights(folder / "theirs.weights.h5")
    with ObjectSharingScope():
        said = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
    described = keras_archive.described(net, dtype)
    with h5py.File(folder / "ours.weights.h5", "w") as file:
        store(file, described, net, weights)
    assert tree(folder / "ours.weights.h5") == tree(folder / "theirs.weights.h5")
    config, wanted = json.loads(described.config), older(said)
    for mine, theirs in zip(config["config"]["layers"], wanted["config"]["layers"], strict=True):
        # An operation with arguments has no name in the oldest Keras; where it would be ambiguous, it is written.
        if theirs["module"].startswith("keras.src.ops") and len(theirs["config"]) > 1 and "name" not in mine["config"]:
            assert theirs["config"].pop("name") == theirs["name"] == mine["name"]
    assert config == wanted
    assert [layer["name"] for layer in config["config"]["layers"]] == [one["name"] for one in said["config"]["layers"]]


def hold_files(net: Net, folder: Path) -> None:
    """Assert that the files have what was described."""
    weights = scrambled(net)
    described = keras_archive.described(net, "float32")
    with h5py.File(folder / "plain.weights.h5", "w") as file:
        store(file, described, net, weights)
    for suffix in (".keras", ".weights.h5"):
        write(folder / f"ours{suffix}", net, weights, {})
    wanted, found = tree(folder / "plain.weights.h5"), tree(folder / "ours.weights.h5")
    assert list(found[""]) == ["diptych"]
    assert found | {"": {}} == wanted
    with zipfile.ZipFile(folder / "ours.keras") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5", "diptych.json"]
        assert archive.read("config.json").decode() == described.config
        (folder / "inside.weights.h5").write_bytes(archive.read("model.weights.h5"))
    assert tree(folder / "inside.weights.h5") == wanted


@pytest.mark.parametrize(("kind", "place"), some(EXAMPLES, *FIRST))
def test_each_op_is_written_as_keras_writes_it(kind: str, place: int, tmp_path: Path) -> None:
    hold(trace(op_cases.CASES[kind][place], "net", op_cases.ODD), tmp_path)


def _cases() -> Iterator[Any]:
    """Every network: one in `make test`, two with many kinds of layers in `make test-slow`."""
    for name in diptych.networks():
        slow = pytest.mark.slow if name in ("mobilenet_v3_small.keras", "yolox_nano") else pytest.mark.full
        yield pytest.param(name, marks=[] if name == "lenet5_1998" else [slow])


@pytest.mark.parametrize("name", list(_cases()))
def test_each_network_is_written_as_keras_writes_it(name: str, tmp_path: Path) -> None:
    hold(diptych.spec(name), tmp_path)


@pytest.mark.parametrize("name", ["lenet5_1998"])
def test_the_files_have_it(name: str, tmp_path: Path) -> None:
    hold_files(diptych.spec(name), tmp_path)


def by_classes(path: Path, net: Net, weights: dict[str, Any]) -> None:
    """What `store` writes, by h5py's classes."""
    model, slots = keras_archive.described(net, "float32"), slots_of(net)
    with h5py.File(path, "w") as file:
        file.create_group("vars").attrs["name"] = model.name
        for part in model.parts:
            group = file.create_group(f"{part.path}/vars")
            group.attrs["name"] = part.name
            for index, (name, weight, axes) in enumerate(slots.get(part.name, [])):
                group[str(index)] = to_framework(weights[name], weight, axes)


@pytest.mark.parametrize("name", ["lenet5_1998", "mobilenet_v3_small.keras"])
def test_the_bytes_are_those_of_h5pys_classes(name: str, tmp_path: Path) -> None:
    net = diptych.spec(name)
    weights = scrambled(net)
    by_classes(tmp_path / "wanted.h5", net, weights)
    with h5py.File(tmp_path / "found.h5", "w") as file:
        store(file, keras_archive.described(net, "float32"), net, weights)
    assert (tmp_path / "found.h5").read_bytes() == (tmp_path / "wanted.h5").read_bytes()


def test_so_they_are_of_a_name_that_is_not_ascii(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "wanted.h5", "w") as file:
        file.create_group("größe").attrs["name"] = "größe"
        file["größe"]["0"] = np.float32(1)
    with h5py.File(tmp_path / "found.h5", "w") as file:
        places = Places(file)
        places.put(places.group("größe", "größe"), 0, np.array(1, np.float32))
    assert (tmp_path / "found.h5").read_bytes() == (tmp_path / "wanted.h5").read_bytes()


def test_in_float64_and_with_a_head_of_its_own(tmp_path: Path) -> None:
    hold(diptych.spec("lenet5_modern", num_classes=3), tmp_path, "float64")


@pytest.mark.parametrize("name", ["lenet5_1998"])
def test_keras_loads_the_file(name: str, tmp_path: Path) -> None:
    net = diptych.spec(name)
    weights = scrambled(net)
    write(tmp_path / "in.keras", net, weights, {})
    model = keras.models.load_model(tmp_path / "in.keras")
    found = weights_of(model, net)
    assert all(np.array_equal(found[key], array) for key, array in weights.items())
    x = np.random.default_rng(0).standard_normal((2, *net.input_shape[1:], net.input_shape[0]), dtype=np.float32)
    plain = build(net, weights)
    assert np.array_equal(model(x), plain(x))
    write(tmp_path / "in.weights.h5", net, weights, {})
    other = build(net, None)
    other.load_weights(tmp_path / "in.weights.h5")
    assert np.array_equal(other(x), plain(x))


def test_both_readers_read_it(tmp_path: Path) -> None:
    net = diptych.spec("lenet5_modern")
    weights = scrambled(net)
    write(tmp_path / "in.keras", net, weights, {})
    found = read(tmp_path / "in.keras")
    assert all(np.array_equal(found.view(net)[name], array) for name, array in weights.items())
    again = read_again(tmp_path / "in.keras", "keras")
    assert again is not None
    with again:
        pairs = [(array, again.arrays[key]) for _, key, array in found.raw() if key]
        assert pairs
        assert all(one.tobytes() == two.tobytes() for one, two in pairs)


def test_the_same_weights_are_the_same_bytes(tmp_path: Path) -> None:
    net = diptych.spec("lenet5_modern")
    for name in ("one", "two"):
        write(tmp_path / f"{name}.keras", net, scrambled(net), {})
    assert (tmp_path / "one.keras").read_bytes() == (tmp_path / "two.keras").read_bytes()


def test_names_of_classes_are_keras_own() -> None:
    from keras.src.utils.naming import to_snake_case

    known = [*keras_archive.layers.KINDS, "GetItem", "TrueDivide", "DepthwiseConv", "OwnPadding2D", "StdConv2D"]
    assert [snake_case(name) for name in known] == [to_snake_case(name) for name in known]


def test_what_is_not_known_is_left_to_keras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(keras_archive.layers, "Dense")
    net = diptych.spec("lenet5_modern")
    with pytest.raises(keras_archive.Unwritten, match=r"layers\.Dense"):
        keras_archive.described(net, "float32")
    weights = scrambled(net)
    write(tmp_path / "in.keras", net, weights, {})
    found = weights_of(keras.models.load_model(tmp_path / "in.keras"), net)
    assert all(np.array_equal(found[key], array) for key, array in weights.items())


def test_half_precision_is_still_refused(tmp_path: Path) -> None:
    net = diptych.spec("lenet5_modern")
    with pytest.raises(FileError, match="the weights are float16"):
        write(tmp_path / "in.keras", net, {n: a.astype("float16") for n, a in scrambled(net).items()}, {})


BARRED = """
import sys
class Barred:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "tensorflow", "keras", "jax"):
            raise ImportError(f"{name} is barred")
sys.meta_path.insert(0, Barred())
import diptych
folder = sys.argv[1]
suffixes = (".pth", ".keras", ".weights.h5", ".safetensors", ".npz")
net = diptych.spec("lenet5_modern")
from diptych.common.weights import scrambled
from diptych.files import write
from pathlib import Path
write(Path(folder, "0.pth"), net, scrambled(net), {})
before = "0.pth"
for number, suffix in enumerate((*suffixes, *reversed(suffixes)), 1):
    after = f"{number}{suffix}"
    diptych.convert(f"{folder}/{before}", f"{folder}/{after}", check=None)
    assert "lenet5_modern" in str(diptych.identify(f"{folder}/{after}"))
    before = after
print(before)
"""


def test_no_conversion_needs_a_framework(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", BARRED, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    first, last = read(tmp_path / "0.pth"), read(tmp_path / done.stdout.strip())
    net = diptych.spec("lenet5_modern")
    assert all(np.array_equal(last.view(net)[name], array) for name, array in first.view(net).items())
