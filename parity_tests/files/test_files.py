"""Weights files: what is read is what was written, and what does not belong is refused."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from argparse import Namespace
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from selection import placed
from stored import tensors

from diptych import identify
from diptych.common.errors import DiptychError, FileError
from diptych.common.registry import networks, spec
from diptych.common.spec import Array, Net, Weight
from diptych.common.weights import init, scrambled
from diptych.files import format_of, provenance, read, write
from diptych.files.again.compare import compare
from diptych.files.axes import canonical_shape, stored_shape
from diptych.files.checkpoint import counters
from diptych.files.tensors import Tensors
from diptych.tf_impl.slots import slots_of

NET = spec("lenet5_modern")


def keras_weights(file: Any, net: Net, weights: dict[str, Array]) -> None:
    """What Keras writes into an HDF5 file for a functional model, by hand."""
    from diptych.common.layouts import to_framework

    for number, (layer, slots) in enumerate(slots_of(net).items()):
        group = file.create_group(f"layers/layer_{number}/vars")
        group.attrs["name"] = layer
        for index, (name, weight, axes) in enumerate(slots):
            group[str(index)] = to_framework(weights[name], weight, axes)
    file.create_group("vars").attrs["name"] = net.name


def made_h5(path: Path, spoil: Callable[[Any], None] = lambda file: None) -> Path:
    with h5py.File(path, "w") as file:
        keras_weights(file, NET, init(NET))
        spoil(file)
    return path


def made_keras(path: Path, **members: bytes) -> Path:
    """A .keras file made by hand; members go by name, with __ for a full stop."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        keras_weights(file, NET, init(NET))
    found = {"config__json": b'{"config": {"layers": []}}', "model__weights__h5": buffer.getvalue()} | members
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in found.items():
            archive.writestr(name.replace("__", "."), data)
    return path


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".pt"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_torch_style_files_keep_bits_dtype_network_and_options(tmp_path: Path, suffix: str, dtype: str) -> None:
    net = spec("resnet18", num_classes=3, input_size=(64, 48))
    weights = {name: array.astype(dtype) for name, array in scrambled(net).items()}
    path = tmp_path / f"w{suffix}"
    write(path, net, weights, {"bn1.num_batches_tracked": 12})
    found = tensors(path)
    assert found.stated.network == "resnet18"
    assert found.stated.options == {"num_classes": 3, "input_size": (64, 48)}
    assert found.extras["bn1.num_batches_tracked"] == 12
    assert set(found.extras) == set(counters(net))
    assert found.arrays.keys() == weights.keys()
    for name, array in weights.items():
        assert (found.arrays[name].dtype, found.arrays[name].tobytes()) == (array.dtype, array.tobytes())


def test_a_written_torch_file_has_the_names_and_the_order_of_torch(tmp_path: Path) -> None:
    import torch

    write(tmp_path / "w.pth", spec("resnet18"), scrambled(spec("resnet18")), {})
    names = list(torch.load(tmp_path / "w.pth", weights_only=True))
    bn1 = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    assert names[:6] == ["conv1.weight", *(f"bn1.{name}" for name in bn1)]
    assert names[-2:] == ["fc.weight", "fc.bias"]


@pytest.mark.parametrize("name", [placed(name) for name in networks()])
def test_shapes_in_keras_axes_are_those_of_the_moved_array(name: str) -> None:
    from diptych.common.layouts import to_framework

    for slots in slots_of(spec(name)).values():
        for _, weight, axes in slots:
            if weight.count < 100_000:
                stored = to_framework(np.zeros(weight.shape, np.float32), weight, axes).shape
                assert stored_shape(weight, axes) == stored
                assert canonical_shape(stored, weight, axes) == tuple(weight.shape)


def test_a_misfit_never_takes_the_canonical_shape() -> None:
    folded = Weight("weight", (6, 12), "O (C H W)", sizes=(("C", 3), ("H", 2), ("W", 2)))
    depthwise = Weight("weight", (8, 1, 3, 3), "(C M) 1 H W", sizes=(("C", 4),))
    plain = Weight("weight", (4, 4, 3, 3), "O I H W")
    for weight, axes, shapes in (
        (folded, "(H W C) O", [(6, 12), (12, 7), (12,), (6, 12, 1)]),
        (depthwise, "H W C M", [(8, 1, 3, 3), (3, 3, 8, 1), (3, 3, 2, 4), (3, 3)]),
        (plain, "H W I O", [(4, 4, 3, 3), (3, 3, 4, 5), ()]),
    ):
        assert all(canonical_shape(shape, weight, axes) != tuple(weight.shape) for shape in shapes)


def test_keras_files_are_read_without_keras(tmp_path: Path) -> None:
    weights = init(NET)
    for path in (made_h5(tmp_path / "w.weights.h5"), made_keras(tmp_path / "w.keras")):
        found = read(path).named(NET)
        assert all(np.array_equal(found[name], array) for name, array in weights.items())


def test_reading_and_describing_files_imports_no_framework() -> None:
    code = "import sys, diptych.files, diptych.conversion.identify, diptych.commands.cli; "
    code += "assert not {'torch', 'keras'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("wrapped", "note"),
    [
        (lambda state: {"state_dict": state, "epoch": 3}, "left out: epoch"),
        (lambda state: {"model": state}, "under 'model'"),
        (lambda state: {f"module.{name}": tensor for name, tensor in state.items()}, "'module.'"),
        (lambda state: {"model": {f"module._orig_mod.{k}": v for k, v in state.items()}}, "'_orig_mod.'"),
    ],
)
def test_wrappers_of_state_dicts_are_opened(tmp_path: Path, wrapped: Callable[[Any], Any], note: str) -> None:
    import torch

    state = OrderedDict((name, torch.tensor(array)) for name, array in init(NET).items())
    torch.save(wrapped(state), tmp_path / "w.pth")
    found = tensors(tmp_path / "w.pth")
    assert list(found.arrays) == list(state)
    assert note in " ".join(found.notes)


def test_several_state_dicts_in_one_file_are_not_chosen_from(tmp_path: Path) -> None:
    import torch

    torch.save({"model": {"a": torch.zeros(2)}, "state_dict": {"a": torch.ones(2)}}, tmp_path / "w.pth")
    with pytest.raises(FileError, match="several state dicts \\(state_dict, model\\)"):
        read(tmp_path / "w.pth")


@pytest.mark.parametrize("suffix", [".pth", ".pt", ".safetensors"])
def test_bfloat16_is_widened_which_a_note_says(tmp_path: Path, suffix: str) -> None:
    import torch
    from safetensors.torch import save_file

    path, halves = tmp_path / f"w{suffix}", torch.tensor([1.0, -2.5, 3e38, 1e-40, 0.1, float("nan")]).bfloat16()
    objects = {"args": Namespace()} if suffix == ".pt" else {}  # which torch.load does not take
    tensors = {"c1.weight": torch.stack([halves, halves]).T, "b": torch.ones(2), "s": torch.tensor(3.0).bfloat16()}
    tensors = {name: tensor if suffix == ".pt" else tensor.contiguous() for name, tensor in tensors.items()}
    if suffix == ".safetensors":
        save_file(tensors, path)
    else:
        torch.save({"state_dict": tensors, **objects}, path)
    found = read(path)
    assert isinstance(found, Tensors)
    assert any("2 tensors of bfloat16 were widened to float32" in note for note in found.notes)
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(found.arrays[name], tensor.float().numpy())
    assert {array.dtype for array in found.arrays.values()} == {np.dtype("float32")}
    assert compare(found, path)


def test_a_layer_inside_a_layer_without_a_name_is_refused(tmp_path: Path) -> None:
    def nest(file: Any) -> None:
        file["layers/time_distributed/layer/vars/0"] = np.zeros(3)

    path = made_h5(tmp_path / "w.weights.h5", nest)
    assert "layers/time_distributed/layer" in read(path).names
    with pytest.raises(DiptychError, match="are those of no registered network"):
        identify(path)


def test_the_state_of_the_optimizer_is_left_out_with_a_note(tmp_path: Path) -> None:
    def train(file: Any) -> None:
        file["optimizer/vars/0"] = np.zeros(3)

    assert read(made_h5(tmp_path / "w.weights.h5", train)).notes == ("left out: optimizer",)


@pytest.mark.parametrize("kind", ["external link", "soft link", "external data", "virtual", "huge"])
def test_arrays_outside_the_file_are_refused(tmp_path: Path, kind: str) -> None:
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["data"] = np.ones(500, np.float32)

    def spoil(file: Any) -> None:
        group = file["layers/layer_0/vars"]
        del group["0"]
        if kind == "external link":
            group["0"] = h5py.ExternalLink(str(secret), "data")
        elif kind == "soft link":
            group["0"] = h5py.SoftLink("/layers/layer_1/vars/0")
        elif kind == "external data":
            group.create_dataset("0", (500,), np.float32, external=[(str(secret), 0, 2000)])
        elif kind == "virtual":
            layout = h5py.VirtualLayout((500,), np.float32)
            layout[:] = h5py.VirtualSource(str(secret), "data", (500,))
            group.create_virtual_dataset("0", layout)
        else:
            group.create_dataset("0", (1 << 40,), np.float32, chunks=(1 << 20,), compression="gzip")

    with pytest.raises(FileError, match=r"inside the file|claims"):
        read(made_h5(tmp_path / "w.weights.h5", spoil))


def test_a_swelling_member_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = made_keras(tmp_path / "w.keras", model__weights__h5=b"\x89HDF\r\n\x1a\n" + bytes(50_000_000))
    assert path.stat().st_size < 100_000
    with pytest.raises(FileError, match="would swell"):
        read(path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"{", "not readable"),
        (b'{"diptych": 1}', "not readable"),
        (b'{"diptych": 99, "network": "resnet18"}', "another diptych"),
        (b'{"diptych": 1, "network": "resnet18", "options": 3}', "not readable"),
    ],
)
def test_broken_provenance_is_an_error(tmp_path: Path, text: bytes, complaint: str) -> None:
    with pytest.raises(FileError, match=complaint):
        read(made_keras(tmp_path / "w.keras", diptych__json=text))


def test_provenance_comes_back() -> None:
    net = spec("resnet18", num_classes=5, input_size=(64, 48))
    found = provenance.loads(provenance.dumps(net, {"bn1.num_batches_tracked": 3}), Path("x"))
    assert found == provenance.Provenance("resnet18", dict(net.options), {"bn1.num_batches_tracked": 3})


@pytest.mark.parametrize(
    ("name", "format_name"),
    [("a.pth", "torch"), ("a.PT", "torch"), ("a.keras", "keras"), ("a.weights.h5", "weights.h5")],
)
def test_the_suffix_names_the_format(name: str, format_name: str) -> None:
    assert format_of(Path(name)).name == format_name


@pytest.mark.parametrize("name", ["a", "a.h5", "a.onnx", "weights.h5.bak"])
def test_an_unknown_suffix_lists_the_known_ones(name: str) -> None:
    with pytest.raises(FileError, match=r"\.keras, \.npz, \.safetensors, \.pth, \.pt, \.weights\.h5"):
        format_of(Path(name))
