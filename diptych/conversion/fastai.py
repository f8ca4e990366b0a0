"""fastai's heads: the numbers of their layers in a state dict say what lies between them, since one function makes all.

fastai's `create_head` puts a pool and a flatten first (0 and 1), then groups of normalisation, dropout (left out at a
rate of 0), linear layer and ReLU, and after the last linear layer at most a normalisation; `lin_first` is another
order, which is asked for. https://docs.fast.ai/vision.learner.html#create_head
"""

from __future__ import annotations

from collections.abc import Sequence

from .head_parts import Part

BODY, HEAD = "0.", "1"
FIRST = 2
"""The number of the first layer after the pool and the flatten."""
POOL = "concat_pool"
NOTE = (
    "its head is numbered as fastai numbers that of create_head: a pool of maxima, then means (AdaptiveConcatPool2d), "
    "and ReLU between its linear layers; rates of dropout (0.25 and 0.5, fastai's own) and a y_range no state dict says"
)

BARE_FEATURES = (
    "a body of fastai that is the `features` of a network leaves out what the network does after them (a ReLU, as in "
    "DenseNet; a pool and hidden layers, as in VGG), so that its head takes other numbers than any registered network "
    "gives; --backbone (in Python, num_classes=0) converts the backbone alone, with the ReLU"
)


def fastai_head(prefix: str, parts: Sequence[Part]) -> str:
    """The text of the head of a fastai model, without a pool; "" where the parts are numbered as no such head is.

    `prefix` is what stands before the names of the backbone.

    >>> parts = [Part("1.2", "batch_norm", 8, 8), Part("1.4", "linear", 8, 3, bias=False)]
    >>> fastai_head("0.", parts), fastai_head("", parts)
    ('batch_norm,dropout:0.5,linear', '')
    """
    outer = _outer(prefix)
    places = [part.place for part in parts]
    if outer is None or any(home != outer + HEAD or number is None for home, number in places):
        return ""
    kinds = {number: part.kind for part, (_, number) in zip(parts, places, strict=True) if number is not None}
    last = max((number for number, kind in kinds.items() if kind == "linear"), default=0)
    words, number = list[str](), FIRST
    while number <= max(kinds):
        kind = kinds.get(number)
        group = _group(kinds, number, last)
        if group is None and not (number > last and kind == "batch_norm" and number == max(kinds)):
            return ""
        words += group or ["batch_norm"]
        number += len(group or [0])
    return ",".join(words)


def _outer(prefix: str) -> str | None:
    """What stands before the number of the body: the first 0 of the prefix."""
    parts = prefix.split(".")
    return "".join(f"{part}." for part in parts[: parts.index("0")]) if "0" in parts else None


def _group(kinds: dict[int, str], first: int, last: int) -> list[str] | None:
    """The layers from a place on to the next linear one and its ReLU, as words; None where they are no such group."""
    words, number = list[str](), first
    if kinds.get(number) == "batch_norm":
        words, number = [*words, "batch_norm"], number + 1
    if kinds.get(number) is None:
        words, number = [*words, f"dropout:{0.5 if number + 1 == last else 0.25}"], number + 1
    if kinds.get(number) != "linear":
        return None
    return [*words, "linear"] if number == last else [*words, "linear", "relu"]
