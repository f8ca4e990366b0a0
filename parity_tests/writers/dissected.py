"""The pages of docs/dissected*.md: two listings of a network each, what `compare` says, and what each slip costs.

Listings are those of docs/dissected, words those of its TOML files, reports and figures what `python -m
benchmarks.dissected` measured last.
"""

from __future__ import annotations

import difflib
import json
import textwrap
import tomllib
from pathlib import Path
from typing import Any

from benchmarks.dissected import FIGURES
from benchmarks.dissected_pairs import FOLDER, NAMES, Dissected, Slip, dissected
from writers import ROOT, Written

Found = dict[str, Any]
WORDS = tomllib.loads((FOLDER / "words.toml").read_text(encoding="utf-8"))
DOCS = {"en": ROOT / "docs", "zh": ROOT / "docs" / "zh"}


def written() -> Written:
    """A page for each network that was measured, one over all, in both languages; and the listings with all slips."""
    figures: Found = json.loads(FIGURES.read_text(encoding="utf-8"))
    pairs = [dissected(name) for name in NAMES if name in figures]
    texts: dict[Path, str | bytes] = {FOLDER / f"{name}_printed.py": dissected(name).printed() for name in NAMES}
    for language, folder in DOCS.items():
        texts[folder / "dissected.md"] = overview(pairs, figures, language)
        texts |= {folder / f"dissected_{pair.name}.md": page(pair, figures[pair.name], language) for pair in pairs}
    present = [path for folder in DOCS.values() for path in folder.glob("dissected*.md")]
    return Written(texts, (*present, *FOLDER.glob("*_printed.py")))


def page(pair: Dissected, found: Found, language: str) -> str:
    """The page of one network."""
    words = WORDS[language]
    parts = [f"# {words['title'].format(title=pair.title)}", f"{said(pair, language)} {words['find']}"]
    parts += [f"## {words['printed']}", "PyTorch:", code(pair.torch), "Keras:", code(pair.printed())]
    parts += [f"## {words['says']}", block("sh", pair.command), words["trained"].format(epochs=pair.epochs)]
    parts += [block("text", found["reports"][0]["text"])]
    if not found["reports"][0]["gate"]:  # a refusal, which says nothing of the other layers
        whole = next(item for item in found["reports"] if item.get("gate") != "")
        parts += [words["rest"], block("text", whole["text"])]
    parts += [f"## {words['slips']}", words["order"]]
    for place, slip in enumerate(pair.slips):
        parts += of_slip(pair, slip, place, found, language)
    parts += [f"## {words['right']}", code(pair.right), block("text", found["reports"][-1]["text"])]
    parts += [f"## {words['costs']}", costs(pair, found, language), words["own"].format(name=pair.name)]
    return "\n\n".join(map(filled, parts)) + "\n"


def filled(part: str) -> str:
    """A paragraph in lines of at most 118 letters; what is no paragraph, or has no spaces, as it is."""
    if part.startswith(("#", "|", "```")):
        return part
    return textwrap.fill(part, 118, break_long_words=False, break_on_hyphens=False)


def of_slip(pair: Dissected, slip: Slip, place: int, found: Found, language: str) -> list[str]:
    """What one slip is, what the report says while it and those below it stand, and what it costs."""
    words = WORDS[language]
    parts = [f"### {place + 1}. {key(slip, language)}", block("diff", change(pair, slip)), said(slip, language)]
    parts += [words["trap"].format(traps=", ".join(f"`{trap}`" for trap in slip.traps))] if slip.traps else []
    report = found["reports"][place]
    lines = report["text"].splitlines()
    if report["gate"]:
        start = next(n for n, line in enumerate(lines) if line.split()[:1] == [report["gate"]])
        end = next((n for n in range(start + 1, len(lines)) if not lines[n].startswith(" " * 15)), len(lines))
        lines = lines[start:end]
    return [*parts, block("text", "\n".join(lines)), cost(slip, found, words)]


def cost(slip: Slip, found: Found, words: dict[str, str]) -> str:
    """What a slip costs, in a line."""
    moved, scratch = found["moved"], found.get("scratch", {})
    before, after = moved["none"], moved[slip.key]
    told = [words["unmoved"] if after is None else words["moved"].format(before=share(before), after=share(after))]
    if slip.key in scratch:
        told += [words["scratch"].format(before=share(scratch["none"]), after=share(scratch[slip.key]))]
    return " ".join(told)


def costs(pair: Dissected, found: Found, language: str) -> str:
    """The table of accuracies."""
    words = WORDS[language]
    scratch = found.get("scratch", {})
    rows = [words["head"] + (words["head_scratch"] if scratch else ""), "|---|---:|" + ("---:|" if scratch else "")]
    fitting = [slip for slip in pair.slips if not slip.blocks]
    every = words["all"] if len(fitting) == len(pair.slips) else words["fitting"]
    named = [("none", words["none"]), *((slip.key, key(slip, language)) for slip in pair.slips), ("all", every)]
    rows.append(f"| PyTorch | {share(found['torch'])} |" + (" |" if scratch else ""))
    for name, told in named:
        moved = found["moved"][name]
        row = f"| {told} | {words['not'] if moved is None else share(moved)} |"
        rows.append(row + (f" {share(scratch[name]) if name in scratch else ''} |" if scratch else ""))
    return "\n".join(rows)


def overview(pairs: list[Dissected], figures: Found, language: str) -> str:
    """The page over all of them."""
    words = WORDS[language]
    rows = [words["table"], "|---|---|---|---:|---:|"]
    for pair in pairs:
        found = figures[pair.name]
        for place, slip in enumerate(pair.slips):
            gate, moved = found["reports"][place]["gate"], found["moved"][slip.key]
            cost = words["not"] if moved is None else share(moved)
            link = f"[{pair.title}](dissected_{pair.name}.md)" if place == 0 else ""
            rows.append(f"| {link} | {key(slip, language)} | {gate or words['refusal']} "
                        f"| {share(found['moved']['none'])} | {cost} |")  # fmt: skip
    text: str = words["overview"]
    return text.format(table="\n".join(rows), command=pairs[0].command, count=len(rows) - 2)


def change(pair: Dissected, slip: Slip) -> str:
    """The lines that a slip changes: - as printed, + as they should be."""
    lines = difflib.ndiff(slip.put(pair.right).splitlines(), pair.right.splitlines())
    return "\n".join(line for line in lines if line[:1] in "-+")


def key(slip: Slip, language: str) -> str:
    """What a slip is called."""
    text = slip.key_zh if language == "zh" else slip.key
    return text[:1].upper() + text[1:]


def said(item: Dissected | Slip, language: str) -> str:
    """The words on a network or on a slip."""
    return item.zh if language == "zh" else item.en


def code(text: str) -> str:
    """A listing."""
    return block("python", text)


def block(kind: str, text: str) -> str:
    """A block of code."""
    return f"```{kind}\n{text.rstrip()}\n```"


def share(value: float) -> str:
    """An accuracy in percent."""
    return f"{100 * value:.1f}\N{NO-BREAK SPACE}%"
