"""What GitHub's own parser makes of Markdown, with its extensions and with raw HTML let through, so that it would show."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Page(HTMLParser):
    """Tags by number, and the text outside of code."""

    counts: Counter[str] = field(default_factory=Counter)
    prose: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    depth: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    @property
    def tags(self) -> set[str]:
        return set(self.counts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.counts[tag] += 1
        self.depth += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "code"

    def handle_data(self, data: str) -> None:
        (self.code if self.depth else self.prose).append(data)


def read_github(text: str) -> Page:
    """The page of a Markdown text."""
    import cmarkgfm
    from cmarkgfm.cmark import Options

    page = Page()
    page.feed(cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE))
    return page
