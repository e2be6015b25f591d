"""Text as Markdown for GitHub, GitLab and Jira: nothing in it becomes markup, a link, a mention, an issue or a table's border.

A backslash is not enough: GitHub and GitLab look for mentions (`@team`), issues (`#12`) and addresses in the finished page, where
the backslash is gone. They leave code alone, and so does Markdown itself: every word with a character that may mean something is
set as a code span. What is left are words, figures and the punctuation of plain sentences. No HTML is written: Jira drops it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gclog.report.visible import cut, make_visible

__all__ = ["as_code", "as_fence", "as_item", "as_table", "as_text", "mark_begin"]

LONGEST_TEXT = 600
"""Characters of a sentence in a ticket; a message may be megabytes long."""

LEAST_FENCE = 3

_OWN_CODE = re.compile(r"`([^`\n]+)`")
"""Code within our own sentences, as in "run `kill -USR2 <pid>`". Whoever wrote it: in a code span it is inert."""

_MEANS_SOMETHING = re.compile(
    r"""[^\w.,;:()%+\-/'"?=<>–…·×→]  # any other character: @ # $ & ! ~ ^ \ * [ ] { } | and what nobody knows
    | _                              # emphasis
    | <(?![\d.])                     # a tag; `<0.1 %` is none
    | :[A-Za-z+-][\w+-]*:            # an emoji
    | ://|www\.|:\S+@                # an address
    | \.[A-Za-z]                     # a host's name, a file's
    | %["\w]                         # a milestone of GitLab
    | (?:^|["'(])/[a-z]              # a quick action of GitLab, a path
    | (?:^|["'(])--?[A-Za-z]         # an option: code to every reader
    | \b[A-Za-z][A-Za-z0-9]*-\d      # a key of Jira, or of an issue (GH-12)
    | \b[0-9a-fA-F]{7,}\b            # a commit
    """,
    re.VERBOSE,
)

_BEGINS_SOMETHING = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[-+=]))")
"""Of a line: a numbered list, a list, the rule under a heading, dashes. `24.0 MB` begins nothing."""

_AT_THE_END = re.compile(r"^(.*?)([.,;:)?]*)$", re.DOTALL)
"""A word, and the sentence's punctuation after it, which is not part of the code."""

TABLE_BORDER = "|"
BORDER_AS = "¦"
"""In a table even code may not hold its border, and parsers disagree about a border after a backslash."""


def as_text(text: str, length: int = LONGEST_TEXT) -> str:
    """A sentence, in one line. Safe anywhere but at the very beginning of a line."""
    parts: list[tuple[bool, str]] = []
    text = cut(make_visible(text), length)
    end = 0
    for code in _OWN_CODE.finditer(text):
        _add_words(parts, text[end : code.start()])
        _add(parts, True, code[1])
        end = code.end()
    _add_words(parts, text[end:])
    return "".join(_code(part) if is_code else _plain(part) for is_code, part in parts).strip()


def as_item(text: str, length: int = LONGEST_TEXT) -> str:
    """A line of the user's as an item of a list: what would begin another one, or a rule, is a character like any other."""
    return mark_begin(as_text(text, length))


def mark_begin(text: str) -> str:
    """Markdown that is to begin a line or an item, so that its first character begins nothing else."""
    return _BEGINS_SOMETHING.sub(r"\1\\", text)


def as_code(text: str, length: int = LONGEST_TEXT) -> str:
    """A name, as a code span; nothing if it is empty."""
    return _code(" ".join(cut(make_visible(text), length).split()))


def as_fence(lines: Iterable[str], length: int) -> str:
    """Lines in a fenced block, each cut to a length. The fence is longer than any run of backticks in them."""
    shown = [cut(make_visible(line), length) for line in lines]
    fence = "`" * max(LEAST_FENCE, 1 + max(map(_longest_run, shown), default=0))
    return "\n".join([fence, *shown, fence])


def as_table(titles: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """A table of cells that are Markdown already. `right`: columns of figures, by their place."""
    marks = ["---:" if column in right else "---" for column in range(len(titles))]
    return "\n".join(_row(row) for row in (titles, marks, *rows))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace(TABLE_BORDER, BORDER_AS) for cell in cells)} |"


def _add_words(parts: list[tuple[bool, str]], text: str) -> None:
    for blanks, word in re.findall(r"(\s*)(\S*)", text):
        if blanks:
            _add(parts, False, " ")
        if not word:
            continue
        if not _MEANS_SOMETHING.search(word):
            _add(parts, False, word)
            continue
        found = _AT_THE_END.match(word)
        bare, after = (found[1], found[2]) if found is not None else (word, "")
        opening = bare[:1] if bare[:1] in "(\"'" and _MEANS_SOMETHING.search(bare[1:]) else ""
        _add(parts, False, opening)
        _add(parts, True, bare[len(opening) :])
        _add(parts, False, after)


def _add(parts: list[tuple[bool, str]], is_code: bool, text: str) -> None:
    """Append, joined to what is of the same kind: two code spans that touch would be read as something else."""
    if not text:
        return
    if parts and parts[-1][0] is is_code:
        parts[-1] = (is_code, parts[-1][1] + text)
    else:
        parts.append((is_code, text))


def _plain(text: str) -> str:
    return re.sub(" +", " ", text).replace("<", "\\<").replace(">", "\\>")


def _code(text: str) -> str:
    if not text:
        return ""
    fence = "`" * (1 + _longest_run(text))
    blank = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{blank}{text}{blank}{fence}"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
