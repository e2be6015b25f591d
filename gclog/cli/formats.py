"""Every kind of line that gclog can read, as text: made only from grammars, docstrings of records and `node_version`."""

from __future__ import annotations

import re
import textwrap

from gclog.analysis.measure.node_version import node_range
from gclog.grammar.compile import LineGrammar, LineRule, compile_grammar
from gclog.model.records import Collection, Envelope, NamedValue, Record
from gclog.recognise.formats import OTHER_GRAMMARS
from gclog.source.unwrap import NO_ENVELOPE

__all__ = ["describe_formats"]

WIDTH = 100
"""Columns of the text; a longer example is cut, and its length given."""

LINE_GRAMMARS = ("gc_trace", *OTHER_GRAMMARS, "v8_log", "envelope", "access_log")
"""The grammars of whole lines, in the order in which the reader tries them, then the envelopes around lines."""

_BANNER = re.compile(r"// (line|parser|sample|reject): ")
_FLAG = re.compile(r"--trace[a-z-]+")


def describe_formats() -> str:
    """A section for each grammar: what it reads, the flags that print it, and each form with its Node versions and an example."""
    return "\n\n".join(_describe(compile_grammar(name)) for name in LINE_GRAMMARS) + "\n"


def _describe(grammar: LineGrammar) -> str:
    about = _about(grammar.file.text)
    flags = ", ".join(dict.fromkeys(_FLAG.findall(about)))
    parts = [f"{grammar.file.name} ({flags})" if flags else grammar.file.name, _wrap(about)]
    return "\n".join(parts + [_entry(*form) for form in _forms(grammar)])


def _about(text: str) -> str:
    """The first sentence of the comment at the top of a grammar."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("//") or _BANNER.match(line):
            break
        lines.append(line.removeprefix("//").strip())
    return re.split(r"(?<=\.)\s", " ".join(lines), maxsplit=1)[0]


def _forms(grammar: LineGrammar) -> list[tuple[str, str]]:
    """Each form with its first sample: one for each rule of an era, else one for each record."""
    found: dict[str, str] = {}
    for sample in grammar.file.samples:
        read = grammar.read(sample)
        if read is not None:
            found.setdefault(_name(read[0]), sample)
    rules = [rule for rule in grammar.rules if rule.record is not NamedValue and rule.name != NO_ENVELOPE]
    order = dict.fromkeys(_name(rule) for rule in sorted(rules, key=_newest_first))
    return [(name, found[name]) for name in order if name in found]


def _newest_first(rule: LineRule) -> tuple[int, ...]:
    """Sort key: rules of an era, which are named after its first V8, the newest first; then the others in their order."""
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
