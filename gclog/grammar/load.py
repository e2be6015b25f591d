"""Grammar files: where they are, and what their banners say.

A grammar file begins with banner comments that this module reads:

    // line: RULE -> RECORD      a rule that reads one whole line (or part of one), and the record that it fills
    // parser: lalr|earley       how Lark itself reads these lines (default: lalr)
    // sample: TEXT              a line that must be read
    // reject: TEXT              a line that must not be

Blanks at the end of a sample or a reject do not count.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import gclog
from gclog.errors import DISTRIBUTION, GrammarError

__all__ = ["GAP", "GrammarFile", "field_of", "grammar_folder", "load_file"]

GAP = r"[ \t]*+"
"""What may be between two tokens if the grammar ignores blanks; possessive, since no token begins with a blank."""

_BANNER = re.compile(r"^// (line|parser|sample|reject): (.*?)[ \t]*$", re.MULTILINE)
_IGNORE = re.compile(r"^%ignore ", re.MULTILINE)
_LINE_RULE = re.compile(r"^(\w+) -> (\w+)$")


@dataclass(frozen=True, slots=True, eq=False)
class GrammarFile:
    """One `grammars/NAME.lark`.

    line_rules  (rule, name of its record), in the order in which they are tried
    ignores     blanks may be between any two tokens
    """

    name: str
    path: Path
    text: str
    line_rules: tuple[tuple[str, str], ...]
    parser: str
    samples: tuple[str, ...]
    rejects: tuple[str, ...]
    ignores: bool

    def __repr__(self) -> str:
        return f"GrammarFile({self.name!r})"


def field_of(rule: str) -> str:
    """The field that a rule would fill, by its name: FIELD or FIELD__VARIANT."""
    return rule.partition("__")[0]


def grammar_folder() -> Path:
    """Where the grammars are: inside the installed package, or beside it in a checkout. Raises GrammarError if nowhere."""
    package = Path(gclog.__file__).parent
    for folder in (package / "grammars", package.parent / "grammars"):
        if folder.is_dir():
            return folder
    raise GrammarError(
        "the grammars are missing",
        where=str(package),
        remedy=f"Install gclog again: pip install --force-reinstall --no-deps {DISTRIBUTION}, in a checkout `.` for the name.",
    )


@functools.cache
def load_file(name: str, folder: Path | None = None) -> GrammarFile:
    """The grammar NAME.lark with its banners read. Raises GrammarError if a banner is wrong."""
    path = (folder or grammar_folder()) / f"{name}.lark"
    text = path.read_text(encoding="utf-8")
    banners: dict[str, list[str]] = {"line": [], "parser": [], "sample": [], "reject": []}
    for key, value in _BANNER.findall(text):
        banners[key].append(value)
    line_rules = []
    for value in banners["line"]:
        bound = _LINE_RULE.match(value)
        if bound is None:
            raise GrammarError(
                f"cannot read the banner `line: {value}`", where=str(path), remedy="Write: // line: RULE -> RECORD"
            )
        line_rules.append((bound[1], bound[2]))
    return GrammarFile(
        name=name,
        path=path,
        text=text,
        line_rules=tuple(line_rules),
        parser=(banners["parser"] or ["lalr"])[0],
        samples=tuple(banners["sample"]),
        rejects=tuple(banners["reject"]),
        ignores=_IGNORE.search(text) is not None,
    )
