"""Readable names of native functions, from linker symbols.

lief demangles the Itanium C++ ABI (Linux, macOS). Rust's older mangling is the same with marks of its own and a hash at the end.
Microsoft's is read here only for the name: `?Run@node@@YAXXZ` is `node::Run`; special and template names are left as they are.
"""

from __future__ import annotations

import re

__all__ = ["readable"]

_RUST_HASH = re.compile(r"(?:::h[0-9a-f]{16}|17h[0-9a-f]{16}E)\b")
_RUST_MARKS = {"LT": "<", "GT": ">", "LP": "(", "RP": ")", "C": ",", "RF": "&", "BP": "*", "SP": "@"}
_RUST_MARK = re.compile(r"\$(?:(LT|GT|LP|RP|C|RF|BP|SP)|u([0-9a-f]{1,6}))\$|\.\.|\.")
_CLONE = re.compile(r"(?: \[clone [^\]]*\])+$|(?:\.(?:isra|constprop|part|cold|lto_priv|llvm|localalias)(?:\.\d+)*)+$")
"""Suffixes of a function's parts and variants made by the compiler, which still are that function."""

_MICROSOFT = re.compile(r"\?([A-Za-z_]\w*(?:@[A-Za-z_]\w*)*)@@")


def readable(name: str, demangled: str) -> str:
    """The name to display. `demangled` is lief's result, equal to `name` or empty if it failed."""
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
