"""Names of native functions as people write them, from what linkers make of them.

lief undoes the mangling of the Itanium C++ ABI (Linux, macOS). Rust's older mangling is that with marks of its own and a hash at
the end; Microsoft's is read here as far as the name goes: `?Run@node@@YAXXZ` is `node::Run`; special and template names stay.
"""

from __future__ import annotations

import re

__all__ = ["readable"]

_RUST_HASH = re.compile(r"(?:::h[0-9a-f]{16}|17h[0-9a-f]{16}E)\b")
_RUST_MARKS = {"LT": "<", "GT": ">", "LP": "(", "RP": ")", "C": ",", "RF": "&", "BP": "*", "SP": "@"}
_RUST_MARK = re.compile(r"\$(?:(LT|GT|LP|RP|C|RF|BP|SP)|u([0-9a-f]{1,6}))\$|\.\.|\.")
_CLONE = re.compile(r"(?: \[clone [^\]]*\])+$|(?:\.(?:isra|constprop|part|cold|lto_priv|llvm|localalias)(?:\.\d+)*)+$")
"""Pieces and variants that the compiler made of a function; they are that function still."""

_MICROSOFT = re.compile(r"\?([A-Za-z_]\w*(?:@[A-Za-z_]\w*)*)@@")


def readable(name: str, demangled: str) -> str:
    """The name to show; `demangled` is lief's, equal to `name` or empty where it could not."""
    if name.startswith("_ZN") and _RUST_HASH.search(demangled):
        return _rust(_RUST_HASH.sub("", demangled))
    if name.startswith("?"):
        found = _MICROSOFT.match(name)
        return "::".join(reversed(found[1].split("@"))) if found else name
    return _CLONE.sub("", (demangled or name).partition("@@")[0])


def _rust(name: str) -> str:
    return _RUST_MARK.sub(_mark, name.replace("_$", "$"))


def _mark(found: re.Match[str]) -> str:
    if found[1]:
        return _RUST_MARKS[found[1]]
    if found[2]:
        return chr(int(found[2], 16))
    return "::" if found[0] == ".." else "-"
