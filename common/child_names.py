"""The names that the parts of a block may have: they become attributes, and places in chains, lists and dicts.

The names of weights follow from them, so that none is changed; what PyTorch cannot hold under a name is refused.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable

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
DICT = "clear items keys pop update values"
"""Those that nn.ModuleDict adds, and"""
CHAIN = "append extend insert pop"
"""those of nn.Sequential."""


def fault(name: str, others: Iterable[str] = (), chain: bool = False) -> str:
    """Why a part cannot have this name beside those that are there; "" where it can.

    >>> fault("reps.0.conv", ["reps.1.conv", "conv"]), fault("a b")
    ('', 'a name is made of words and numbers, with dots')
    """
    head, *rest = parts = name.split(".")
    if not all(part.isidentifier() or (part.isdecimal() and part == str(int(part))) for part in parts):
        return "a name is made of words and numbers, with dots"
    if chain and rest:
        return "a part of a chain has a name without dots"
    if not chain and (head.isdecimal() or keyword.iskeyword(head) or head.startswith("__")):
        return "it begins with what is no name of an attribute in Python"
    taken = {"": MODULE.split(), "in a chain": CHAIN.split() if chain else [], "in a dict": DICT.split()}
    for where, names in taken.items():
        if held := [part for part in (rest if where == "in a dict" else parts) if part in names]:
            return f"PyTorch's modules have an attribute {held[0]} of their own {where}".rstrip()
    return next((f"there is {o!r} beside it, and {why}" for o in others if (why := _clash(parts, o.split(".")))), "")


def _clash(ours: list[str], theirs: list[str]) -> str:
    """Why two parts cannot stand side by side: what their names have in common is one list or dict of layers."""
    common = next((i for i, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), None)
    if common is None:
        return "" if len(ours) == len(theirs) else "a layer cannot be a list of layers too"
    if common == 0:
        # An attribute that a framework has taken is written with a _ after it.
        return "they differ in the _ at the end alone" if ours[0].rstrip("_") == theirs[0].rstrip("_") else ""
    mixed = ours[common].isdecimal() != theirs[common].isdecimal()
    return "the parts of a list are numbered, and those of a dict are words" if mixed else ""
