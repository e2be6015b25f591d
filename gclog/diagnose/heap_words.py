"""What an object in a heap snapshot is, how it grows and what holds it, in words: for remedies and for the report of snapshots."""

from __future__ import annotations

from collections.abc import Callable

from gclog.model.heap import Holder, InPlace

__all__ = ["how_it_grows", "say_holder", "say_kind"]

Shown = Callable[[str], str]
"""A name as it may stand in a sentence, between backticks or without them."""


def say_kind(name: str, shown: Shown) -> str:
    """What a single object is: `Array`, or a string without V8's brackets."""
    if name.endswith("string)"):
        return shown(name.strip("()").replace("concatenated ", "").replace("sliced ", ""))
    return f"`{shown(name)}`"


def how_it_grows(one: InPlace) -> str:
    """That it is the same object each time, or another one in its place."""
    return "is replaced by a larger one each time" if one.is_replaced else "grows in place"


def say_holder(holder: Holder, shown: Shown) -> str:
    """What an object that holds others is called, of what, and in which file."""
    is_local = holder.of and holder.of[0].endswith("()")
    bare = f"a local variable ({shown(holder.constructor)})" if is_local else f"an object `{shown(holder.constructor)}`"
    what = f"`{shown(holder.name)}` ({shown(holder.constructor)})" if holder.name else bare
    owners = "".join(f" of `{shown(owner)}`" for owner in holder.of)
    script = holder.file.replace("\\", "/").rsplit("/", 1)[-1]
    return what + owners + (f" {'in' if owners else 'of'} {shown(script)}" if script else "")
