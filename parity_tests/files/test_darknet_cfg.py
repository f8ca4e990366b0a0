"""A `.cfg` of Darknet's: ours is known with any classes, sizes and anchors, another is refused at what differs."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from darknet_files import NETWORKS, official

from diptych.common.detection.detector import YOLOV3, YOLOV3_TINY, YOLOV4, YOLOV4_TINY, Level
from diptych.common.errors import DiptychError, FileError
from diptych.common.registry import spec
from diptych.files.darknet import cfg_text, order, read_cfg

RULES = {"yolov3": YOLOV3, "yolov3_spp": YOLOV3, "yolov3_tiny": YOLOV3_TINY, "yolov4": YOLOV4}
RULES |= {"yolov4_tiny": YOLOV4_TINY}
SECTIONS = {"yolov3": 107, "yolov3_spp": 114, "yolov3_tiny": 24, "yolov4": 162, "yolov4_tiny": 38}
"""How many layers Darknet prints for each of its own configurations."""


def text_file(folder: Path, text: str | bytes) -> Path:
    path = folder / "a.cfg"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("name", NETWORKS)
def test_darknets_own_configurations_are_ours(name: str) -> None:
    found = read_cfg(official(NETWORKS[name]))
    size = {"yolov4": 608, "yolov3_spp": 608}.get(name, 416)
    assert found.network == name
    assert found.sections == SECTIONS[name]
    assert found.options == ({"input_size": (size, size)} if size != 416 else {})
    assert found.detector == RULES[name]
    assert not found.unlike


@pytest.mark.parametrize("name", ["yolov1", "yolov1-tiny", "yolov2", "yolov2-tiny"])
def test_other_configurations_of_darknets_are_refused(name: str) -> None:
    with pytest.raises(FileError, match=r"section \d+ \["):
        read_cfg(official(name))


@pytest.mark.parametrize("name", order.NETWORKS)
def test_what_is_written_is_read(name: str, tmp_path: Path) -> None:
    options = dict(order.NETWORKS[name]) | {"num_classes": 7, "in_channels": 1, "input_size": (160, 96)}
    rule = RULES.get(name)
    anchors = ((1.5, 2.0), (3.0, 4.0), (9.0, 5.0))
    other = replace(rule, levels=tuple(Level(item.stride, anchors, 1.3) for item in rule.levels)) if rule else None
    found = read_cfg(text_file(tmp_path, cfg_text(spec(name, **options), other)))
    assert found.network == name
    assert found.options == options
    assert found.detector == other
    assert not found.unlike


def test_a_network_that_is_not_darknets_has_no_text() -> None:
    for net in (spec("resnet18"), spec("yolov4", num_classes=0), spec("darknet53_cls")):
        with pytest.raises(DiptychError):
            cfg_text(net)
    with pytest.raises(DiptychError, match="2 levels"):
        cfg_text(spec("yolov3_tiny"), YOLOV4)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (
            "yolov4-tiny",
            "nms_kind=greedynms",
            "nms_kind=diounms",
            r"nms_kind=diounms of section 30 \[yolo\]",
        ),
        ("yolov4-tiny", "nms_kind=greedynms", "", r"nms_kind=default of section 37 \[yolo\].* by DIoU"),
        ("yolov3-tiny", "[yolo]", "[yolo]\nnms_kind=greedynms", r"nms_kind=greedynms of section 16 \[yolo\].* by IoU"),
        ("yolov4-tiny", "[net]", "[net]\nletter_box=1", "not followed: letter_box, pictures are stretched"),
    ],
)
def test_what_is_not_followed_is_said(name: str, old: str, new: str, said: str, tmp_path: Path) -> None:
    text = official(name).read_text()
    assert old in text
    found = read_cfg(text_file(tmp_path, text.replace(old, new)))
    assert found.unlike
    assert re.search(said, str(found))


def test_training_comments_and_other_words_change_nothing(tmp_path: Path) -> None:
    text = official("yolov4-tiny").read_text()
    same = text.replace("[convolutional]", "# c\n[conv]\nstopbackward=800").replace("[net]", ";x\n[network]\nfoo=bar")
    same = same.replace("[maxpool]", "[max]").replace("layers = -1, 23", "layers=33,-11").replace("\n", "\r\n")
    assert read_cfg(text_file(tmp_path, same)).detector == YOLOV4_TINY


HERE = "the nearest is yolov4_tiny, but section "
FAULTS = [
    ("activation=leaky", "activation=mish", f"{HERE}0 [convolutional]: activation is mish, expected leaky"),
    ("filters=255", "filters=21", f"{HERE}29 [convolutional]: filters is 21, expected 255"),
    ("stride=2", "stride=1", f"{HERE}0 [convolutional]: stride is 1, expected 2"),
    ("size=3", "size=5", f"{HERE}0 [convolutional]: size is 5, expected 3"),
    ("pad=1", "pad=0", f"{HERE}0 [convolutional]: pad is 0, expected 1"),
    ("batch_normalize=1", "batch_normalize=0", f"{HERE}0 [convolutional]: batch_normalize is 0, expected 1"),
    ("group_id=1", "group_id=0", f"{HERE}3 [route]: group_id is 0, expected 1"),
    ("layers = -1, 23", "layers = 23, -1", f"{HERE}34 [route]: it reads section 23, 33, expected 33, 23"),
    ("layers = -1,-2", "layers = -1,-3", f"{HERE}6 [route]"),
    ("layers = -4", "layers = -5", f"{HERE}32 [convolutional]: it reads section 26, expected 27"),
    ("layers = -1, 23", "layers = -1, 99", "section 34 [route]: layers is '-1,99', expected sections before it"),
    ("layers = -1, 23", "layers = -1, 34", "section 34 [route]: layers is '-1,34', expected sections before it"),
    ("layers = -4", "layers = -1", "section 31 [route]: layers is '-1', expected a section with a map"),
    ("[upsample]", "[lstm]", "section 33 [lstm] is unknown"),
    ("[upsample]", "[upsample]\nscale=2", "section 33 [upsample]: scale is '2', expected 1"),
    ("[upsample]", "[upsample]\nfoo=1", "section 33 [upsample] has the key foo"),
    ("size=2\nstride=2", "size=2\nstride=1", f"{HERE}9 [maxpool]: stride is 1, expected 2"),
    ("classes=80", "classes=2", "section 37 [yolo]: classes is '80', expected 2"),
    ("classes=80", "classes=80\nnew_coords=1", "section 30 [yolo]: new_coords is '1'"),
    ("classes=80", "classes=99999", "section 30 [yolo]: classes is '99999', expected a whole number from 1 to 20000"),
    ("mask = 1,2,3", "mask = 1,2,6", "section 37 [yolo]: mask is '1,2,6', expected 3 numbers from 0 to 5"),
    ("mask = 1,2,3", "mask = 1,2", "section 37 [yolo]: mask is '1,2', expected 3 numbers"),
    ("344,319", "344", "section 30 [yolo]: anchors is"),
    ("344,319", "344,-1", "section 30 [yolo]: anchors is"),
    ("344,319", "344,nan", "section 30 [yolo]: anchors is"),
    ("num=6", "num=9", "section 30 [yolo]: anchors is"),
    ("scale_x_y = 1.05", "scale_x_y = 1e9", "section 30 [yolo]: scale_x_y is '1e9'"),
    ("width=416", "width=100", "[net] has height 416 and width 100"),
    ("width=416", "width=1000000", "[net]: width is '1000000', expected a whole number from 1 to 16384"),
    ("width=416", "", "[net]: width is missing"),
    ("filters=32", "filters=4170000000", "section 0 [convolutional]: filters is '4170000000'"),
    ("filters=32", "filters=32\nxnor=1", "section 0 [convolutional]: xnor is '1'"),
    ("filters=32", "filters=32\ndontload=1", "section 0 [convolutional]: dontload is '1'"),
    ("filters=32", "filters=32\nfilters=64", "filters is '64', after '32' in the same section"),
    ("[net]", "[convolutional]", "line 1 is [convolutional], expected [net] as the first section"),
    ("[net]", "batch=1\n[net]", "batch stands before the first section"),
    ("[upsample]", "[up sample", "expected the name of a section"),
    ("[upsample]", "nothing", "expected key=value"),
    ("[upsample]", "\0", "is no line of text"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), FAULTS, ids=[f"{new!r}"[:40] for _, new, _ in FAULTS])
def test_the_first_section_that_differs_is_named(old: str, new: str, said: str, tmp_path: Path) -> None:
    text = official("yolov4-tiny").read_text()
    assert old in text
    with pytest.raises(FileError) as error:
        read_cfg(text_file(tmp_path, text.replace(old, new, 1)))
    assert said in str(error.value)


def test_a_network_that_ends_too_early_or_too_late_is_refused(tmp_path: Path) -> None:
    text = official("yolov4-tiny").read_text()
    cut = text[: text.rindex("[yolo]")]
    with pytest.raises(FileError, match=r"the file ends before its \[yolo\] behind section 36 \[convolutional\]"):
        read_cfg(text_file(tmp_path, cut))
    with pytest.raises(FileError, match=r"section 38 \[route\] comes after its last section"):
        read_cfg(text_file(tmp_path, f"{text}\n[route]\nlayers=1,2\n"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no sections"),
        (b"# nothing\n", "has no sections"),
        (b"[net]\nwidth=416\nheight=416\n", "has no section behind"),
        (b"\xff\xfe\x00\x01", "is no text"),
        (b"[net]\n" + b"#" * 5000, "is no line of text"),
        (b"[net]\n" + b"[shortcut]\nfrom=-1\n" * 2500, "2000 at most"),
        (b"#" * (1 << 19), "more than a .cfg of Darknet's needs"),
    ],
)
def test_what_is_no_configuration_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(FileError) as error:
        read_cfg(text_file(tmp_path, content))
    assert said in str(error.value)


def test_pools_of_one_map_may_come_in_any_order_and_maps_side_by_side_may_not(tmp_path: Path) -> None:
    """Darknet's text pools by 5, 9 and 13, ours by 13, 9 and 5: one function, and no weights are among them."""
    text = official("yolov4").read_text()
    assert text.index("size=5") < text.index("size=9") < text.index("size=13")
    ours = cfg_text(spec("yolov4"))
    assert ours.index("size=13") < ours.index("size=9") < ours.index("size=5")
    swapped = text.replace("layers = -1,-7", "layers = -7,-1", 1)
    assert swapped != text
    with pytest.raises(FileError, match=r"section 9 \[route\]: it reads section 2, 8, expected 8, 2"):
        read_cfg(text_file(tmp_path, swapped))
