"""What gclog can read, as text: every kind of line, written from the grammars' own banners and samples.

Nothing is said here that a grammar, a record's docstring or `gclog.analysis.measure.node_version` does not say.
"""

from __future__ import annotations

import re
import textwrap

from gclog.analysis.measure.node_version import node_range
from gclog.grammar.compile import LineGrammar, LineRule, compile_grammar
from gclog.model.records import Collection, Envelope, NamedValue, Record
from gclog.recognise.formats import OTHER_GRAMMARS

__all__ = ["describe_formats"]

WIDTH = 100
"""Of the text; an example that is longer is cut, with its number of characters."""

LINE_GRAMMARS = ("gc_trace", *OTHER_GRAMMARS, "v8_log", "envelope")
"""The grammars of whole lines, in the order in which the reader tries them, and what may stand around those lines."""

NO_ENVELOPE = "bare"
"""The rule of the envelopes' grammar that stops the search at V8's own lines."""

_BANNER = re.compile(r"// (line|parser|sample|reject): ")
_FLAG = re.compile(r"--trace[a-z-]+")


def describe_formats() -> str:
    """A section per grammar: what it reads, the flags that print it, and each of its forms with its Node versions and an example."""
    return "\n\n".join(_describe(compile_grammar(name)) for name in LINE_GRAMMARS) + "\n"


def _describe(grammar: LineGrammar) -> str:
    about = _about(grammar.file.text)
    flags = ", ".join(dict.fromkeys(_FLAG.findall(about)))
    parts = [f"{grammar.file.name} ({flags})" if flags else grammar.file.name, _wrap(about)]
    return "\n".join(parts + [_entry(*form) for form in _forms(grammar)])


def _about(text: str) -> str:
    """The comment that a grammar begins with, up to its first banner: its first sentence."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("//") or _BANNER.match(line):
            break
        lines.append(line.removeprefix("//").strip())
    return re.split(r"(?<=\.)\s", " ".join(lines), maxsplit=1)[0]


def _forms(grammar: LineGrammar) -> list[tuple[str, str]]:
    """What each form is, and its first sample: rules of an era one by one, the others by their record."""
    found: dict[str, str] = {}
    for sample in grammar.file.samples:
        read = grammar.read(sample)
        if read is not None:
            found.setdefault(_name(read[0]), sample)
    rules = [rule for rule in grammar.rules if rule.record is not NamedValue and rule.name != NO_ENVELOPE]
    order = dict.fromkeys(_name(rule) for rule in sorted(rules, key=_newest_first))
    return [(name, found[name]) for name in order if name in found]


def _newest_first(rule: LineRule) -> tuple[int, ...]:
    """Rules of an era are named after its first V8; others stay where they are, behind them."""
    return tuple(-int(number) for number in re.findall(r"\d+", rule.name)) if node_range(rule.name) else (0,)


def _name(rule: LineRule) -> str:
    era = node_range(rule.name)
    if era is not None:
        return f"Node {era[0]}: {era[1]}"
    if rule.record in (Envelope, Collection):
        return rule.name
    return _first_sentence(rule.record)


def _first_sentence(record: type[Record]) -> str:
    first = (record.__doc__ or record.__name__).strip().splitlines()[0]
    return re.split(r"\.\s|: `", first, maxsplit=1)[0].rstrip(".")


def _entry(name: str, sample: str) -> str:
    sample = sample.strip()
    cut = sample if len(sample) <= WIDTH - 6 else f"{sample[: WIDTH - 6]}... ({len(sample):,} characters)"
    return f"{_wrap(name)}\n      {cut}"


def _wrap(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
