"""Words of the glossary explained in a page: the first time that it uses one, it is a button that opens a short note.

It needs no script: the note is a popover. On paper the notes are a list at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup

from gclog.diagnose.glossary import explain_in_place
from gclog.report.render.page import set_prose

__all__ = ["Glossary"]

TAG = re.compile(r"(<[^<>]*>)")
NAME = re.compile(r"</?([a-z0-9]+)")

LEFT_ALONE = frozenset(
    (
        "a",
        "button",
        "code",
        "figcaption",
        "h1",
        "h2",
        "h3",
        "h4",
        "label",
        "output",
        "script",
        "style",
        "summary",
        "svg",
        "textarea",
    )
)
"""Elements in which no word is marked: controls, titles, what the log says itself."""


class Glossary:
    """The words that a page has used so far, each with its meaning."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._notes: list[tuple[str, str, str]] = []

    def mark(self, html: Markup) -> Markup:
        """Our own markup, with the words that come up for the first time as buttons."""
        return Markup("").join(self._marked(html))

    @property
    def notes(self) -> list[tuple[str, str, Markup]]:
        """Key, word and meaning of each word that was marked, in the order of the page."""
        return [(key, word, set_prose(meaning)) for key, word, meaning in self._notes]

    def _marked(self, html: Markup) -> Iterator[Markup]:
        inside = 0
        for part in TAG.split(str(html)):
            if not part.startswith("<"):
                yield from [Markup(part)] if inside else self._explained(part)
                continue
            name = NAME.match(part)
            if name is not None and name[1] in LEFT_ALONE:
                inside += -1 if part.startswith("</") else 1
            yield Markup(part)

    def _explained(self, text: str) -> Iterator[Markup]:
        for part, meaning in explain_in_place(text, self._known):
            if not meaning:
                yield Markup(part)
                continue
            key = f"word-{len(self._notes) + 1}"
            self._notes.append((key, part, meaning))
            yield Markup('<button type="button" class="term" popovertarget="{}">{}</button>').format(key, part)
