"""A conversion without a proof holds one array at a time, and what it writes does not depend on that."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

import diptych
from diptych.common.layouts import canonical_view, laid_out, to_canonical, to_framework
from diptych.common.memory import let_go, mapping
from diptych.common.weights import scrambled
from diptych.conversion import convert as converting
from diptych.files import read, write
from diptych.tf_impl.slots import slots_of

SUFFIXES = (".pth", ".keras", ".weights.h5", ".safetensors", ".npz")
SLACK = 18 << 20
"""Bytes that the rest of a larger network takes: its description, modules, buffers, and what the allocator keeps."""
CODE = """
import re, sys
import diptych
def peak():
    with open("/proc/self/status") as file:
        return int(re.search(r"VmHWM:\\s+(\\d+)", file.read())[1]) << 10
folder = sys.argv[1]
found = []
for name in ("lenet5_modern", "resnet18"):
    for before, after in ((".pth", ".keras"), (".keras", ".pth")):
        diptych.convert(f"{folder}/{name}{before}", f"{folder}/out{after}", check=None, force=True)
    found.append(peak())
print(*found)
"""


@pytest.mark.parametrize("name", ["lenet5_modern", "mobilenet_v1_025.keras"])
def test_mapped_files_give_the_same_bytes(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = diptych.spec(name)
    for before in SUFFIXES:
        write(tmp_path / f"in{before}", net, scrambled(net), {})
        for after in SUFFIXES if name == "lenet5_modern" or before in (".pth", ".keras") else ():
            written = list[bytes]()
            for way in (mapping, nullcontext):
                monkeypatch.setattr(converting, "mapping", way)
                diptych.convert(tmp_path / f"in{before}", tmp_path / f"out{after}", name, check=None, force=True)
                written.append((tmp_path / f"out{after}").read_bytes())
            assert written[0] == written[1], (before, after)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc")
def test_memory_is_that_of_the_largest_array(tmp_path: Path) -> None:
    for name in ("lenet5_modern", "resnet18"):
        net = diptych.spec(name)
        for suffix in (".pth", ".keras"):
            write(tmp_path / f"{name}{suffix}", net, scrambled(net), {})
    done = subprocess.run([sys.executable, "-c", CODE, str(tmp_path)], capture_output=True, text=True, check=True)
    base, peak = map(int, done.stdout.split())
    sizes = [4 * weight.count for weight in net.weights.values()]
    assert peak - base < 2 * max(sizes) + SLACK
    assert 2 * max(sizes) + SLACK < sum(sizes)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_only_a_conversion_maps(suffix: str, tmp_path: Path) -> None:
    net = diptych.spec("lenet5_modern")
    weights = scrambled(net)
    write(tmp_path / f"in{suffix}", net, weights, {})
    own = read(tmp_path / f"in{suffix}")
    with mapping():
        mapped = read(tmp_path / f"in{suffix}")
        found = mapped.named(net)
    assert not any(array.flags.writeable for _, _, array in mapped.raw() if array.ndim)
    plain = own.named(net)
    (tmp_path / f"in{suffix}").unlink()
    for name, array in weights.items():
        assert np.array_equal(found[name], array)
        let_go(found[name])
        assert np.array_equal(found[name], array)  # which reads it again
        assert np.array_equal(plain[name], array)


@pytest.mark.parametrize("name", ["lenet5_1998", "mobilenet_v1_025.keras"])
def test_views_are_what_copies_are(name: str) -> None:
    net = diptych.spec(name)
    for slots in slots_of(net).values():
        for _, weight, axes in slots:
            shape = tuple(map(int, weight.shape))
            stored = to_framework(np.arange(np.prod(shape), dtype="f8").reshape(shape), weight, axes)
            view, copy = canonical_view(stored, weight, axes), to_canonical(stored, weight, axes)
            assert np.array_equal(view, copy)
            assert np.array_equal(laid_out(view), copy)
            assert laid_out(view).flags.c_contiguous
