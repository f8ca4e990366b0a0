"""What people call a network: other capitals and dashes, the name that a library has for it, a hub's address of it.

The names of libraries are those of the dialects, so that `keras.applications.ResNet50` is the form that Keras computes,
and `tf_efficientnet_b0` that of timm. Nothing is guessed: what could be two networks is none.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .kept import checksums, kept_of
from .language import message

FILE = Path(__file__).parent / "dialects" / "names.json"
"""The names that the dialects give, so that they need not be read for a name; a test holds it to them."""

SHOWN = 8
"""Of the networks of a family, in an error."""

LONGEST = 120
"""Characters of a name, at most."""

TAG = re.compile(r"\.[a-z0-9_]*in(?:1|12|21|22)k[a-z0-9_]*$|\.[a-z0-9_]*(?:imagenet|jft)[a-z0-9_]*$")
"""What timm writes after the name of a network to say whose weights are meant: resnet50.a1_in1k."""

ANOTHER = re.compile(r"seresnex?t[-_]?\d+.*")
"""Names that timm has for other functions than the networks that we spell alike."""

PREFIXES = {
    "torchvision": r"(?:torchvision[./:]|pytorch/vision[/:])(?:v[\d.]+[/:])?(?:models[./:])?(?:[a-z]\w*\.)?|models\.",
    "keras.applications": r"(?:(?:tf|tensorflow)\.)?keras[./:](?:applications[./:])?(?:[a-z]\w*\.)?"
    r"|(?:keras_applications|applications|app)\.(?:[a-z]\w*\.)?",
    "timm": r"(?:hf[-_]hub:)?timm[./:](?:models[./:])?",
    "pytorchcv": r"pytorchcv[./:]",
    "efficientnet_pytorch": r"efficientnet_pytorch[./:]",
    "transformers": r"(?:microsoft|facebook|google)/",
}
"""What stands before a name where a library is said, by the dialects' names of libraries."""

PLAIN = ("torchvision", "timm", "pytorchcv")
"""The libraries whose names need none: functions, which are called as they are written. Keras's are classes."""


def heard(text: str, known: Mapping[str, str]) -> str | None:
    """The registered name that a text means, of {name or alias: name}; None where it is no name, or several.

    >>> known = {"resnet50": "resnet50", "resnet50.keras": "resnet50.keras", "efficientnet_b0.tf": "efficientnet_b0.tf"}
    >>> heard("ResNet-50", known), heard("tf_efficientnet_b0", known), heard("keras.applications.ResNet50", known)
    ('resnet50', 'efficientnet_b0.tf', 'resnet50.keras')
    """
    text = text.strip()
    if not text or len(text) > LONGEST:
        return None
    return _of_library(text) or _close(text, known) or _named_there(text)


def suggested(text: str, names: Iterable[str]) -> list[str]:
    """Up to four names that a text may have meant: those that begin as it does, then those that look like it.

    >>> suggested("resnext50", ["resnet50", "resnext50_32x4d"])
    ['resnext50_32x4d', 'resnet50']
    """
    spelled = {squeezed(name): name for name in reversed(list(names))}
    wanted = squeezed(text[:LONGEST])
    first = [name for key, name in spelled.items() if wanted and key.startswith(wanted)]
    close = difflib.get_close_matches(wanted, list(spelled), n=4, cutoff=0.6)
    return list(dict.fromkeys([*sorted(first, key=len), *(spelled[key] for key in close)]))[:4]


def refusal(text: str, names: Sequence[str], families: Mapping[str, str]) -> str:
    """What is said of what no network is called: those of a family of that name, or near names.

    `names` are those of networks and aliases, `families` go from networks to theirs.
    """
    family = text.lower().replace("-", "_")
    kin = [name for name, home in families.items() if home == family]
    if kin:
        more = message(" and {count} more", count=len(kin) - SHOWN) if len(kin) > SHOWN else ""
        return message(
            "{text!r} is a family of {count} networks, {names}{more}; name one of them "
            "(`diptych list {family}` shows all)",
            text=text,
            count=len(kin),
            names=", ".join(kin[:SHOWN]),
            more=more,
            family=family,
        )
    close = suggested(text, names)
    return message(
        "there is no network {text!r}; {advice} (`diptych list` shows all; FILE.py:FUNCTION is a model of your own)",
        text=text,
        advice=message("did you mean {names}?", names=" or ".join(map(repr, close)))
        if close
        else message("there are {count} others", count=len(families)),
    )


def _close(text: str, known: Mapping[str, str]) -> str | None:
    """The network of a name in other capitals, dashes and underscores."""
    wanted = squeezed(text)
    if ANOTHER.fullmatch(text.lower()):
        return None
    return _one(name for spelled, name in known.items() if squeezed(spelled) == wanted)


def _of_library(text: str) -> str | None:
    """The network of a name after that of its library."""
    for library, prefix in PREFIXES.items():
        found = re.match(f"(?:{prefix})", text)
        if found and found.end() < len(text):
            name = squeezed(_untagged(text[found.end() :]))
            own = _theirs().get((library, name))
            if own is not None:
                return own
    return None


def _named_there(text: str) -> str | None:
    """The network that a library calls so, where they all mean the same one."""
    names = squeezed(_untagged(text))
    return _one(own for library in PLAIN if (own := _theirs().get((library, names))) is not None)


@functools.cache
def _theirs() -> dict[tuple[str, str], str]:
    """(library, what it calls a network, squeezed) -> the network; of several the one that no argument makes."""
    data = kept_of(FILE, FILE.parent) or described()
    return {(library, name): network for library, name, network in data["names"]}


def described() -> dict[str, Any]:
    """What `names.json` should hold, for which every dialect is read."""
    from .dialect_files import dialects, homes

    found: dict[tuple[str, str], str] = {}
    for item in sorted(dialects(), key=lambda each: bool(each.arguments)):
        if item.name:
            found.setdefault((item.library, squeezed(item.name)), item.network)
    names = [[library, name, network] for (library, name), network in found.items()]
    return {"checksums": checksums(FILE.parent), "homes": homes(), "names": names}


def _untagged(name: str) -> str:
    return TAG.sub("", name.lower())


def squeezed(name: str) -> str:
    """A name without what people write in different ways; of dots only those of a form remain (.keras, .folded)."""
    return re.sub(r"[-_ ]|(?<=\d)\.(?=\d)", "", name.lower())


def _one(names: Iterable[str]) -> str | None:
    different = dict.fromkeys(names)
    return next(iter(different)) if len(different) == 1 else None
