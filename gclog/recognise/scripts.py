"""Whose a script is, by its path or URL."""

from __future__ import annotations

import re

from gclog.model.profile import Category

__all__ = ["ANONYMOUS", "category_of_script"]

ANONYMOUS = "(anonymous)"
"""The name of a function that has none."""

_PACKAGE = re.compile(r"(?:^|[\\/])node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/:]+)")
_NODE_SCRIPT = re.compile(r"(?:node:|internal/|node-internal:)|[\w.-]+\.js$|bootstrap_node|electron/js2c")


def category_of_script(script: str | None) -> tuple[Category, str | None]:
    """A script's category, and the innermost package in node_modules, if any."""
    if script is None:
        return "application", None
    if packages := _PACKAGE.findall(script):
        return "node_modules", packages[-1].replace("\\", "/")
    if script.startswith("native "):
        return "builtin", None
    return ("node" if _NODE_SCRIPT.match(script) else "application"), None
