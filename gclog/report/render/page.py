"""What every HTML page of ours needs: templates that escape, texts made harmless, and a policy that lets nothing else run."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from collections.abc import Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from gclog import units
from gclog.report.visible import cut, make_visible

__all__ = [
    "embed_document",
    "environment",
    "make_policy",
    "read_asset",
    "read_saving",
    "set_lines",
    "set_prose",
    "shorten",
    "show",
    "upper_first",
]

LONGEST_TEXT = 4000
"""Characters of a text shown before it is cut: the longest line of V8 has some 2,000."""

LONGEST_NAME = 200
"""Characters of a path or of a process's name that is not the subject."""

LARGEST_DOCUMENT = 100_000
"""Characters of the JSON document that a page carries along: a process has 8,000 to 30,000, a profile 60,000, a row of a fleet 1,200.

Beyond, the page names the option that writes it: much would double what there is to attach.
"""

FLAG = re.compile(r"(?<![\w-])--[a-z0-9][\w=.-]*")
"""An option of Node or of ours in a sentence: browsers break lines at its hyphens unless styled otherwise."""

FIGURE = re.compile(r"(?<=\d) (?=(?:ms|s|min|h|d|MB|GB|%)(?![\w]))")
"""The space between a number and its unit."""

NAMED = re.compile(r"`([^`]+)`")
"""A name within a sentence, as wording writes it for a terminal."""


@functools.cache
def environment() -> Environment:
    """The templates, with autoescape; a name that a template does not know is an error. Made once a process."""
    made = Environment(
        loader=PackageLoader("gclog", "report/render/templates"),
        autoescape=True,
        finalize=show,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals.update(units=units)
    made.filters.update(prose=set_prose, short=shorten, lines=set_lines, upper_first=upper_first)
    made.policies["json.dumps_kwargs"] = {"sort_keys": True, "separators": (",", ":")}
    return made


def show(value: Any) -> Any:
    """Every text on its way into the page, before it is escaped; what is markup already is ours."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return cut(make_visible(value), LONGEST_TEXT)
    return value


def set_prose(text: str) -> Markup:
    """A sentence with its names and options set as code and its figures kept together."""
    escaped = NAMED.sub(r'<code dir="ltr">\1</code>', str(escape(show(text))))
    return Markup(FIGURE.sub("\u00a0", FLAG.sub(r'<code class="flag">\g<0></code>', escaped)))


def set_lines(text: str) -> Markup:
    """What the user wrote, with its line breaks."""
    shown = cut(text.strip(), LONGEST_TEXT)
    return Markup("<br>\n").join(make_visible(line) for line in shown.splitlines())


def upper_first(text: str) -> str:
    """A word as the title of a column; an abbreviation with a figure, as p99, stays as it is."""
    return text if text[-1:].isdigit() else text[:1].upper() + text[1:]


def shorten(text: str) -> str:
    """A name that is not the subject."""
    return cut(make_visible(text), LONGEST_NAME)


def read_asset(folder: str, name: str) -> str:
    """A file of ours that is set into the page."""
    return resources.files("gclog.report.render").joinpath(folder, name).read_text(encoding="utf-8")


def read_saving() -> str:
    """The script that puts buttons on a page to copy, save and print it."""
    return read_asset("templates", "save.js") + read_asset("templates", "print.js")


def embed_document(document: str) -> Markup | None:
    """A report's JSON document without `<`, for a script element that does not run; None if it is too large."""
    short = json.dumps(json.loads(document), separators=(",", ":"))
    if len(short) > LARGEST_DOCUMENT:
        return None
    for character in "<>&":
        short = short.replace(character, f"\\u{ord(character):04x}")
    return Markup(short)


def make_policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """The Content-Security-Policy: these very scripts and styles, and nothing else from anywhere."""
    script = " ".join(map(_hash, scripts)) or "'none'"
    style = " ".join(map(_hash, styles))
    return f"default-src 'none'; script-src {script}; style-src {style}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"
