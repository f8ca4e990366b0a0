"""Files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from diptych.common.errors import DiptychError, FileError
from diptych.files.atomic import replacing


def test_a_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "out.pth"
    path.write_text("old")
    with replacing(path, force=True) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["out.pth"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError, DiptychError])
def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "out.pth"
    path.write_text("old")

    def interrupted() -> None:
        with replacing(path, force=True) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(FileError if error is OSError else error):
        interrupted()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.pth"]


def test_a_destination_that_appears_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "out.pth"

    def overtaken() -> None:
        with replacing(path) as temporary:
            temporary.write_text("ours")
            path.write_text("theirs")

    with pytest.raises(FileError, match="exists already"):
        overtaken()
    assert path.read_text() == "theirs"
    assert os.listdir(tmp_path) == ["out.pth"]


@pytest.mark.parametrize("there", [True, False])
def test_a_link_as_destination_is_replaced_and_never_followed(tmp_path: Path, there: bool) -> None:
    real, link = tmp_path / "real.pth", tmp_path / "link.pth"
    link.symlink_to(real)
    if there:
        real.write_text("old")
    with pytest.raises(FileError, match="exists already"), replacing(link):
        pass
    with replacing(link, force=True) as temporary:
        temporary.write_text("new")
    assert (link.is_symlink(), link.read_text()) == (False, "new")
    assert (real.read_text() if there else real.exists()) == ("old" if there else False)
