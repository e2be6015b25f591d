"""`gclog docs`: the pages of the manual, shipped with the package, in the terminal."""

from __future__ import annotations

import difflib
import importlib.resources
import io
import os
import shutil
import sys

import gclog
from gclog.errors import UsageError

__all__ = ["list_pages", "pages", "show_page"]

SUFFIX = ".md"
WIDEST = 100
"""Columns of a page on a terminal: longer lines are hard to read."""


def pages() -> dict[str, str]:
    """Subject -> page, in alphabetical order."""
    folder = importlib.resources.files(gclog).joinpath("docs")
    found = [page for page in folder.iterdir() if page.name.endswith(SUFFIX)] if folder.is_dir() else []
    return {
        page.name.removesuffix(SUFFIX): page.read_text(encoding="utf-8") for page in sorted(found, key=lambda page: page.name)
    }


def list_pages() -> str:
    """Each page with the first line under its title."""
    found = pages()
    width = max(map(len, found), default=0)
    return "\n".join(f"{subject:<{width}}  {_about(text)}" for subject, text in found.items())


def _about(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if not line.startswith("#")), lines[0].lstrip("# ") if lines else "")


def show_page(subject: str) -> str:
    """A page: laid out for a terminal, as it is for a pipe. Raises UsageError for an unknown one, with those of a similar name."""
    found = pages()
    wanted = subject.lower().removesuffix(SUFFIX).replace("_", "-").replace(" ", "-")
    if wanted not in found:
        near = difflib.get_close_matches(wanted, found) or [name for name in found if wanted and wanted in name]
        remedy = f"Did you mean: {', '.join(near)}?" if near else "`gclog docs` lists all."
        raise UsageError(f"there is no page {subject!r}", remedy=remedy)
    return _laid_out(found[wanted]) if sys.stdout.isatty() and os.environ.get("TERM") != "dumb" else found[wanted]


def _laid_out(text: str) -> str:
    from rich.console import Console
    from rich.markdown import Markdown

    width = min(shutil.get_terminal_size((WIDEST, 0)).columns or WIDEST, WIDEST)
    console = Console(file=io.StringIO(), force_terminal=True, width=width, no_color="NO_COLOR" in os.environ)
    with console.capture() as captured:
        console.print(Markdown(text))
    return captured.get()
