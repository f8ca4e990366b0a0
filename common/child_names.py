"""The names that the parts of a block may have: they become attributes, and places in chains, lists and dicts.

The names of weights follow from them, so that none is changed; what PyTorch cannot hold under a name is refused.
"""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

MODULE = """
    T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval
    extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules
    mtia named_buffers named_children named_modules named_parameters parameters register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule
    share_memory state_dict to to_empty train training type xpu zero_grad
"""
"""Public attributes of an nn.Module: a part of such a name would take the place of a method, or be refused."""
HIDDEN = """
    _apply _backward_hooks _backward_pre_hooks _buffers _call_impl _compiled_call_impl _forward_hooks
    _forward_hooks_always_called _forward_hooks_with_kwargs _forward_pre_hooks _forward_pre_hooks_with_kwargs
    _get_backward_hooks _get_backward_pre_hooks _get_item_by_idx _get_name _is_full_backward_hook _load_from_state_dict
    _load_state_dict_post_hooks _load_state_dict_pre_hooks _maybe_warn_non_full_backward_hook _modules _named_members
    _non_persistent_buffers_set _parameters _register_load_state_dict_pre_hook _register_state_dict_hook
    _replicate_for_data_parallel _save_to_state_dict _slow_forward _state_dict_hooks _state_dict_pre_hooks _version
    _wrapped_call_impl
"""
"""Those that it keeps for itself: a part of such a name would break it."""
DICT = "clear items keys pop update values"
"""Those that nn.ModuleDict adds, and"""
CHAIN = "append extend insert pop"
"""those of nn.Sequential."""
TAKEN = [*MODULE.split(), *HIDDEN.split()]
LONGEST, PLACES = 200, 10_000
"""The characters of a name, and the places of a list: one that is named `a.9999` has as many, most of them empty."""


class Names:
    """The names of the parts of a block so far, by the words and numbers between their dots."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._tree: dict[str, Any] = {}
        self._heads: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Take in a name."""
        place = self._tree
        for part in name.split("."):
            place = place.setdefault(part, {})
        head = name.partition(".")[0]
        self._heads.setdefault(head.rstrip("_"), head)

    def free(self, name: str) -> str:
        """The name, with a number after it where it is taken: the first of all, of which those before are known."""
        number = self._numbers.get(name, 0)
        while (numbered := f"{name}_{number}" if number else name) in self:
            number += 1
        self._numbers[name] = number
        return numbered

    def discard(self, name: str) -> None:
        """Forget a name that came to nothing."""
        self._numbers.clear()
        *before, last = name.split(".")
        place: dict[str, Any] = self._tree
        for part in before:
            place = place.get(part, {})
        place.pop(last, None)
        if before and not place:
            self.discard(".".join(before))
        elif not before:
            self._heads.pop(last.rstrip("_"), None)

    def __contains__(self, name: str) -> bool:
        place: Any = self._tree
        for part in name.split("."):
            place = place.get(part)
            if place is None:
                return False
        return not place

    def __iter__(self) -> Iterator[str]:
        return _leaves(self._tree, "")

    def clash(self, name: str) -> str:
        """Why a name cannot stand beside one that is there; "" where it can."""
        head, *rest = parts = name.split(".")
        rival = self._heads.get(head.rstrip("_"), head)
        if rival != head:
            # An attribute that a framework has taken is written with a _ after it.
            return _said(self._tree[rival], rival, "they differ in the _ at the end alone")
        place: dict[str, Any] = self._tree
        for depth, part in enumerate(parts):
            if part not in place:
                other = next(iter(place), part)
                mixed = bool(depth) and bool(place) and other.isdecimal() != part.isdecimal()
                why = "the parts of a list are numbered, and those of a dict are words"
                return _said(place[other], ".".join([*parts[:depth], other]), why) if mixed else ""
            place = place[part]
            if not place and depth < len(rest):
                return _said(place, ".".join(parts[: depth + 1]), "a layer cannot be a list of layers too")
        return _said(place, name, "a layer cannot be a list of layers too") if place else ""


def _leaves(tree: dict[str, Any], before: str) -> Iterator[str]:
    for part, inner in tree.items():
        name = f"{before}.{part}" if before else part
        if inner:
            yield from _leaves(inner, name)
        else:
            yield name


def _said(tree: dict[str, Any], name: str, why: str) -> str:
    return f"there is {next(_leaves(tree, name), name)!r} beside it, and {why}"


HELD = {
    "": frozenset([*MODULE.split(), *HIDDEN.split()]),
    "in a chain": frozenset(CHAIN.split()),
    "in a dict": frozenset(DICT.split()),
}
"""What attributes PyTorch's modules have of their own, by where."""


def fault(name: str, others: Iterable[str] = (), chain: bool = False) -> str:
    """Why a part cannot have this name beside those that are there; "" where it can.

    >>> fault("reps.0.conv", ["reps.1.conv", "conv"]), fault("a b")
    ('', 'a name is made of words and numbers, with dots')
    """
    head, *rest = parts = name.split(".")
    if len(name) > LONGEST:
        return f"a name has at most {LONGEST} characters"
    if not all(_is_word(part) or _is_number(part) for part in parts):
        return "a name is made of words and numbers, with dots"
    if any(part.isdecimal() and int(part) >= PLACES for part in parts):
        return f"a list has at most {PLACES:,} places, numbered from 0"
    if chain and rest:
        return "a part of a chain has a name without dots"
    if not chain and (head.isdecimal() or keyword.iskeyword(head) or head.startswith("__")):
        return "it begins with what is no name of an attribute in Python"
    for where, names in HELD.items():
        if where == "in a chain" and not chain:
            continue
        if held := [part for part in (rest if where == "in a dict" else parts) if part in names]:
            return f"PyTorch's modules have an attribute {held[0]} of their own {where}".rstrip()
    return (others if isinstance(others, Names) else Names(others)).clash(name)


def word_fault(name: str) -> str:
    """Why a name cannot be one of a variable or a parameter in Python; "" where it can.

    >>> word_fault("width"), word_fault("is")
    ('', 'it is a word of Python itself')
    """
    if len(name) > LONGEST:
        return f"a name has at most {LONGEST} characters"
    if not _is_word(name) or name.startswith("__"):
        return "a name is a word of letters, digits and _, and does not begin with a digit or __"
    return "it is a word of Python itself" if keyword.iskeyword(name) else ""


def network_fault(name: str) -> str:
    r"""Why a network cannot have a name, which stands in messages and in the names of files; "" where it can.

    >>> network_fault("mobilenet_v1_025.keras"), network_fault("../net")
    ('', 'it has up to 200 printable characters, without / and \\')
    """
    if 0 < len(name) <= LONGEST and name.isprintable() and not set(name) & set("/\\"):
        return ""
    return f"it has up to {LONGEST} printable characters, without / and \\"


def _is_word(part: str) -> bool:
    # Python reads other forms of a letter as the letter itself, so that code would name another attribute.
    return part.isidentifier() and unicodedata.normalize("NFKC", part) == part


def _is_number(part: str) -> bool:
    return part.isdecimal() and part.isascii() and (part == "0" or part[0] != "0")
