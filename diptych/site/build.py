"""Writing the site: every page that is out of date, and none that is not."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..common.errors import DiptychError
from ..common.language import gettext, message, spoken, using
from ..common.registry import network, networks
from ..common.registry import spec as registered
from ..traps.known import known
from ..traps.met import meeting
from . import data, prose
from .maps import Photo, seen
from .rendering import FOLDERS, SCRIPTS, file_text, head, markup, page_of, rendered
from .stamps import digest, own_digest
from .tree import tree

FIRST = "getting_started"
"""The page of the docs that comes first, where a language has it."""
STATE = ".diptych-site.json"
"""What each page was made of; a folder without it is not taken for a site."""
MOST = 600_000
"""Bytes of a page at most, without its pictures."""


@dataclass(frozen=True)
class Built:
    """What was written: pages, those of them that were made anew, and bytes in all."""

    pages: int
    anew: int
    size: int


def build(
    out: Path,
    names: Sequence[str] = (),
    jobs: int = 1,
    progress: Callable[[str], None] = lambda text: None,
    photo: Photo | None = None,
) -> Built:
    """Write the site into a folder; a page is made anew only where what it is made of has changed.

    `names` are the networks that have pages, all by default; those that `photo` has weights of show feature maps.
    Raises DiptychError for a folder that holds other things or a name that is no network's.
    """
    chosen = [network(name).name for name in names] or list(networks())
    before = _state(out)
    stamps = {name: _stamp(name, photo) for name in chosen}
    stale = [name for name in chosen if before.get(name, [""])[0] != stamps[name] or not _stands(out, name)]
    out.mkdir(parents=True, exist_ok=True)
    kept = {name: before[name] for name in chosen if name not in stale}
    _write(out / STATE, json.dumps(kept))
    for count, (name, texts, row) in enumerate(_made(stale, jobs, photo), start=1):
        for language, text in texts.items():
            if (size := words_size(text)) > MOST:
                raise DiptychError(
                    message(
                        "the page of {name} has {size:,} bytes without its pictures, and {most:,} are its bound",
                        name=name, size=size, most=MOST,
                    )
                )  # fmt: skip
            _write(out / FOLDERS[language] / page_of(name), text)
        kept[name] = [stamps[name], row]
        _write(out / STATE, json.dumps(kept))  # a build that breaks off goes on from here
        progress(f"page {count} of {len(stale)}: {name}")
    rows = [kept[name][1] for name in chosen]
    written = 0
    for language, folder in FOLDERS.items():
        with using(language):
            own = out / folder
            written += _lists(own, sorted(rows, key=lambda row: (row["year"], row["name"]))) + _docs(own)
        for name in set(before) - set(chosen):
            (own / page_of(name)).unlink(missing_ok=True)
    _write(out / STATE, json.dumps({name: kept[name] for name in chosen}))
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    return Built(len(FOLDERS) * len(chosen) + written, len(stale), size)


def words_size(text: str) -> int:
    """The bytes of a page without its pictures, which stand in it as svg elements and as data."""
    return len(re.sub(r"<svg\b.*?</svg>|data:image/[^\"]*", "", text, flags=re.DOTALL).encode())


def _stamp(name: str, photo: Photo | None) -> str:
    return f"{digest()} {own_digest(name)} {prose.standing(name)}{photo.stamp(name) if photo else ''}"


def _stands(out: Path, name: str) -> bool:
    return all((out / folder / page_of(name)).exists() for folder in FOLDERS.values())


def _state(out: Path) -> dict[str, Any]:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return {}
    try:
        found: dict[str, Any] = json.loads((out / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DiptychError(
            message("{out} is not empty and no site of diptych; name another folder, or empty it", out=out)
        ) from None
    return found


def _made(names: Sequence[str], jobs: int, photo: Photo | None) -> Iterator[tuple[str, dict[str, str], dict[str, Any]]]:
    """(name, page by language, row of the lists) of each network."""
    if jobs > 1 and len(names) > 1:
        with ProcessPoolExecutor(jobs) as pool:
            yield from pool.map(_network, names, [photo] * len(names))
    else:
        yield from (_network(name, photo) for name in names)


def _network(name: str, photo: Photo | None) -> tuple[str, dict[str, str], dict[str, Any]]:
    """The page of one network, under a line that leads back, and what the lists say of it."""
    from ..emission import twins
    from ..page.render import study_page
    from ..viewing.page import part

    net, sources, pages = registered(name), twins(registered(name)), dict[str, str]()
    row = data.row(name, net, [trap.id for trap in known().values() if name in meeting(trap)])
    shown = seen(net, photo.image, photo.weights[name]) if photo and name in photo.weights else None
    for language in FOLDERS:
        with using(language):
            maps = None if shown is None else part(shown)
            page = study_page(net, *sources, None, prose.standing(name), maps)  # no check of this machine's own
            pages[language] = page.replace("<header", f"{head(name, row['arxiv'])}\n<header", 1)
    return name, pages, row


def _lists(out: Path, rows: list[dict[str, Any]]) -> int:
    """The pages that show all networks, the script and its data."""
    by = {item.id: meeting(item) for item in known().values()}
    names = {row["name"] for row in rows}
    traps = [data.trap_row(item, [name for name in by[item.id] if name in names]) for item in known().values()]
    families = [item for item in data.families() if names & set(item["networks"])]
    common = {"rows": rows, "families": families, "traps": traps, "built": names}
    pages = {
        "index.html": {"title": gettext("Networks"), "front": _front(out)},
        "families.html": {
            "title": gettext("Families"),
            "tree": markup(tree(data.families())),
            "titles": data.titles(),
        },
        "plot.html": {
            "title": gettext("Plot"),
            "script": "plot.js",
            "years": sorted({row["year"] for row in rows}),
        },
        "compare.html": {"title": gettext("Compare")},
        "traps.html": {"title": gettext("Traps"), "sections": dict.fromkeys(item["section"] for item in traps)},
    }
    if len(families) < len(data.families()):  # a part of the site: the tree is that of the part
        pages["families.html"]["tree"] = markup(tree(families))
    for name, own in pages.items():
        _write(out / name, rendered(name, {**common, **own, "data": True}))
    _write(
        out / "arithmetic.html",
        rendered("arithmetic.html", {"title": gettext("Arithmetic"), "script": "arithmetic.js"}),
    )
    _write(out / "data.js", data.script(rows, [{"id": item["id"], "title": gettext(item["title"])} for item in traps]))
    _assets(out)
    return len(pages) + 1


def _assets(out: Path) -> None:
    """The scripts with their texts, the colours, the logo."""
    from ..page.environment import script_words

    palette = files(f"{__package__.rpartition('.')[0]}.page").joinpath("palette.css").read_text(encoding="utf-8")
    _write(out / "site.css", palette + file_text("site.css"))
    for name in (*SCRIPTS, "logo.svg"):
        _write(out / name, file_text(name))
    words = json.dumps(script_words(*map(file_text, SCRIPTS)), ensure_ascii=False, separators=(",", ":"))
    _write(out / "words.js", f"window.DIPTYCH_WORDS = {words};\n{file_text('words.js')}")


def _front(out: Path) -> str:
    """The picture of the first page, where a checkout has it."""
    source = prose.FOLDER / "pictures" / "front.svg"
    if not source.exists():
        return ""
    _copied(source, out / "pictures" / "front.svg")
    return "pictures/front.svg"


def _docs(out: Path) -> int:
    """The docs as pages, with their pictures; in English where they are not translated."""
    own = prose.pages(spoken())
    paths = dict(sorted((prose.pages() | own).items(), key=lambda item: (item[0] not in own, item[0] != FIRST)))
    found = {name: path.read_text(encoding="utf-8") for name, path in paths.items()}
    menu = [(name, prose.title(text) or name) for name, text in found.items()]
    for name, text in found.items():
        group = prose.whole(name, found)  # its parts are in the menu of its own pages alone
        shown = [item for item in menu if prose.whole(item[0], found) in (item[0], group)]
        page = {"title": prose.title(text), "body": markup(prose.html(text)), "docs": shown, "stem": name}
        page |= {"own": name in own, "page": f"docs/{name if name in prose.pages() else 'study'}.html"}
        _write(out / "docs" / f"{name}.html", rendered("docs.html", page, "../"))
        for picture in prose.pictures(text):
            source = (paths[name].parent / picture).resolve()
            if source.is_relative_to(prose.FOLDER.resolve()) and source.exists():
                _copied(source, out / "docs" / picture)
    return len(found)


def _write(path: Path, text: str) -> None:
    """A file that is whole or the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def _copied(source: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != source.read_bytes():
        shutil.copyfile(source, path)
