"""What people type first: a word that is no command, as the command that was meant, or as the answer to type.

Only what reads is run unasked; what would write is answered with the whole command.
"""

from __future__ import annotations

import difflib
import os
import shlex
from collections.abc import Callable, Iterable, Sequence

from ..common.errors import DiptychError
from ..common.language import message
from ..common.listed import Entry, canonical, entry, networks
from ..common.spoken import suggested
from ..common.spoken_options import PRETRAINED

SAME = {
    "models": "list",
    "networks": "list",
    "zoo": "list",
    "ls": "list",
    "search": "list",
    "find": "list",
    "summary": "table",
    "summarize": "table",
    "layers": "table",
    "view": "show",
    "code": "source",
}
"""Words of other tools, and the command of ours."""

ABOUT = ("info", "inspect", "describe", "about")
HELP = ("-h", "--help")
SIDES = ("--torch", "--pytorch", "--tf", "--keras", "--tensorflow")
BUILD = (
    "a model is made in Python: `import diptych; model = diptych.build('resnet50', 'torch')` (or 'keras'); its code is "
    "written by `diptych source resnet50 --torch`"
)
ANSWERS = {
    **dict.fromkeys(("download", "pretrained", "pull", "fetch", "get", "weights"), PRETRAINED),
    **dict.fromkeys(("build", "create", "create_model", "create-model", "load", "new"), BUILD),
    "train": f"diptych trains nothing, and its models are ordinary ones that you train: {BUILD}",
    "predict": "`diptych detect bus.jpg --weights FILE` runs a detector; a classifier is run in Python, after "
    "`diptych.build(name, 'torch', weights='FILE')`",
    "onnx": "`diptych export resnet50 resnet50.pth resnet50.onnx` writes ONNX",
    "tflite": "`diptych deploy resnet50 resnet50.pth resnet50.tflite` writes TFLite",
}
EXAMPLES = {
    "check": "diptych check resnet50",
    "compare": "diptych compare my_models.py:Net port.py:make --example 1x3x224x224",
    "convert": "diptych convert resnet50.pth resnet50.keras",
    "identify": "diptych identify resnet50.pth",
    "verify": "diptych verify resnet50.keras",
    "deploy": "diptych deploy resnet50 resnet50.pth resnet50.tflite",
    "export": "diptych export resnet50 resnet50.pth resnet50.onnx",
    "detect": "diptych detect bus.jpg --weights yolov4-tiny.weights -o boxes.png",
    "list": "diptych list resnet",
    "card": "diptych card resnet50",
    "table": "diptych table resnet50 --num-classes 10",
    "plot": "diptych plot -o zoo.svg",
    "source": "diptych source resnet50 --keras",
    "show": "diptych show resnet50",
    "features": "diptych features resnet50 photo.jpg -o maps.html",
    "diff": "diptych diff before.pth after.pth",
    "draw": "diptych draw resnet50 -o resnet50.svg",
    "traps": "diptych traps padding",
}
"""What is shown after a command line that cannot be read."""


def meant(words: Sequence[str], commands: Iterable[str]) -> list[str] | None:
    """The words of the command that a line means whose first word is none; None where nobody knows.

    Raises DiptychError with what to type, where a line could mean more than one thing or would write.
    """
    commands, (word, *rest) = tuple(commands), words
    plain = word.lower()
    if plain in commands:
        return [plain, *rest]
    if plain in SAME:
        return [SAME[plain], *rest]
    if plain == "help":
        return [*rest[:1], "--help"]
    if plain == "version":
        return ["--version"]
    if plain in ABOUT and rest:
        return ["identify" if _is_file(rest[0]) else "card", *rest]
    if plain in ANSWERS:
        raise DiptychError(message("there is no command {word!r}: {plain}", word=word, plain=ANSWERS[plain]))
    return _of_thing(word, rest, commands)


def _of_thing(word: str, rest: list[str], commands: Sequence[str]) -> list[str] | None:
    """The command for a network, a family or a file that stands where a command should."""
    if _known(word, _network):
        return _of_network(word, rest, commands)
    if word.lower() in canonical():
        return ["list", word, *rest]
    if _is_file(word):
        return _of_file(word, rest)
    if ".py:" in word:
        raise DiptychError(
            message(
                "{word} names a model of your own; say what to do with it: `diptych convert {word} "
                "out.keras --example 1x3x224x224`, or check, table, source or show {word}",
                word=word,
            )
        )
    return None


def _of_network(word: str, rest: list[str], commands: Sequence[str]) -> list[str]:
    if rest and rest[0] in commands:
        return [rest[0], word, *rest[1:]]
    if any(option in rest for option in SIDES):
        return ["source", word, *rest]
    if rest and all(_known(name, _network) for name in rest):
        return ["table", "--compare", word, *rest]
    if rest and _is_file(rest[0]):
        raise DiptychError(
            message(
                "say what to do with {word} and {rest}: `{keras} --network {word}`, or `{onnx}`",
                word=word,
                rest=rest[0],
                keras=shlex.join(["diptych", "convert", rest[0], "out.keras"]),
                onnx=shlex.join(["diptych", "export", word, rest[0], "out.onnx"]),
            )
        )
    return ["card", word, *(each for each in rest if each not in HELP)]


def _of_file(word: str, rest: list[str]) -> list[str]:
    if rest and not rest[0].startswith("-"):
        raise DiptychError(
            message(
                "say what to do with them: `{convert}` writes {target}; `{compare}` says whether both are one function",
                convert=shlex.join(["diptych", "convert", word, rest[0]]),
                target=rest[0],
                compare=shlex.join(["diptych", "compare", word, rest[0]]),
            )
        )
    return ["identify", word, *rest]


def unknown(word: str, commands: Iterable[str]) -> str:
    """What is said of a word that is no command, and means none."""
    close = difflib.get_close_matches(word.lower(), [*commands, *SAME], n=2, cutoff=0.7)
    near = [repr(name) for name in dict.fromkeys(SAME.get(each, each) for each in close)]
    near += [repr(name) for name in suggested(word, [*networks(), *canonical()])[: 3 - len(near)]]
    if near:
        return message("No such command {word!r}; did you mean {names}?", word=word, names=" or ".join(near))
    return message("No such command {word!r}, and no network, family or file of that name.", word=word)


def example(command: str, words: Sequence[str]) -> str:
    """A command line that can be read, of this command: with the words that were given, where they say enough."""
    given = [word for word in words if not word.startswith("-")]
    if command == "convert" and given and _is_file(given[0]):
        stem = os.path.splitext(given[0])[0]
        other = ".pth" if given[0].lower().endswith((".keras", ".h5", ".hdf5")) else ".keras"
        return shlex.join(["diptych", "convert", given[0], f"{stem}{other}"])
    if command in ("source", "show", "draw", "card", "table") and given and _known(given[0], _network):
        return EXAMPLES[command].replace("resnet50", given[0])
    return EXAMPLES.get(command, "")


def _known(word: str, find: Callable[[str], object]) -> bool:
    try:
        return find(word) is not None
    except DiptychError:
        return False


def _network(word: str) -> Entry:
    return entry(word.removesuffix(".folded"))


def _is_file(word: str) -> bool:
    if os.path.exists(word) or "." not in word:
        return os.path.exists(word)
    from ..files import FORMATS

    endings = tuple(suffix for known in FORMATS for suffix in known.endings)
    return word.lower().endswith(endings)
