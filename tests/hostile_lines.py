"""Lines made to cost a pattern as much as they can: samples of a grammar with a long run put in at one place, and a wrong end.

A backtracking matcher is slow where two repetitions can share one run, or where a search tries each place of it. The samples of a
grammar lead a pattern to each of its repetitions; the run is of a character of its neighbourhood, or repeats the next few tokens.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gclog.grammar.compile import LineGrammar, LineRule, compile_grammar
from gclog.recognise.formats import load_formats

ALWAYS = (" ", "0", "a", '"', "\\")
WRONG_END = "\x01"

SHORT, LONG = 3_000, 12_000
"""Four times the length: a linear pattern takes 4 times as long, a quadratic one 16 times."""
MOST_GROWTH = 9.0
SUSPICIOUS_NS = 400.0
"""A pattern slower than this per character, three times in a row, has its growth measured. Faster ones cannot be quadratic at SHORT."""

Matcher = Callable[[str], object]


class Hostile(NamedTuple):
    """A sample, the place of the run, and what is repeated there."""

    sample: str
    place: int
    unit: str

    def line(self, length: int) -> str:
        run = self.unit * (length // len(self.unit))
        return f"{self.sample[: self.place]}{run}{self.sample[self.place :]}{WRONG_END}"

    def __str__(self) -> str:
        return f"{self.sample[: self.place]}<{self.unit!r} * n>{self.sample[self.place :]}"


def _kind(char: str) -> str:
    return "0" if char.isdigit() else "a" if char.isalpha() else " " if char.isspace() else char


def places_of(sample: str) -> list[int]:
    """Where one token of a sample ends and the next begins."""
    return [0, *(at for at in range(1, len(sample)) if _kind(sample[at]) != _kind(sample[at - 1])), len(sample)]


def hostile(sample: str, most_places: int) -> Iterator[Hostile]:
    """Lines made of a sample, with the run at up to some of its places, spread evenly."""
    places = places_of(sample)
    for at in sorted({round(i * (len(places) - 1) / max(most_places - 1, 1)) for i in range(most_places)}):
        place = places[at]
        units = {*ALWAYS, sample[max(place - 1, 0) : place], sample[place : place + 1]}
        units |= {sample[place : places[at + count]] for count in (2, 3, 5) if at + count < len(places)}
        yield from (Hostile(sample, place, unit) for unit in sorted(units) if unit)


def matchers(grammar: LineGrammar, sample: str) -> dict[str, Matcher]:
    """How the reader tries the rules that read a sample, or its beginning."""
    if grammar.file.name == "fragments":
        formats = load_formats()
        found: dict[str, Matcher] = {"heads": _all_of(formats.heads), "frames": _all_of(formats.frame_head)}
        return found | {"body": formats.gc_body.match, "broken prefix": formats.broken_prefix.search}
    rules = [rule for rule in grammar.rules if rule.pattern.match(sample)]
    tried: dict[str, Matcher] = {rule.name: rule.pattern.fullmatch for rule in rules}
    if grammar.file.name == "gc_trace":
        tried |= {f"{rule.name}, cut": rule.cut_pattern("used_after_mb").match for rule in rules}
        tried |= {f"{rule.name}, its beginning": rule.pattern.match for rule in rules}
    return tried | {f"{rule.name}, its parts": _all_of(rule.part_pattern) for rule in rules if _is_part(rule)}


def _is_part(rule: LineRule) -> bool:
    return rule.name in ("figure", "spoken_figure", "setting")


def _all_of(pattern: re.Pattern[str]) -> Matcher:
    return lambda line: sum(1 for _ in pattern.finditer(line))


def cost_s(match: Callable[[str], object], line: str, runs: int = 1) -> float:
    """CPU seconds, the least of some runs."""
    best = float("inf")
    for _ in range(runs):
        began = time.thread_time()
        match(line)
        best = min(best, time.thread_time() - began)
    return best


def growth(match: Callable[[str], object], line_of: Callable[[int], str]) -> float:
    """How many times as long a line of LONG takes as one of SHORT."""
    return cost_s(match, line_of(LONG), 2) / cost_s(match, line_of(SHORT), 3)


def samples_of(name: str, *, one_a_rule: bool) -> list[str]:
    """The samples of a grammar; or of each rule only the shortest that it reads."""
    grammar = compile_grammar(name)
    if not one_a_rule:
        return list(grammar.file.samples)
    chosen: dict[str, str] = {}
    for sample in sorted(grammar.file.samples, key=len):
        if (read := grammar.read(sample)) is not None:
            chosen.setdefault(read[0].name, sample)
    return [*chosen.values()]


def slow_lines(name: str, most_places: int, *, one_a_rule: bool) -> list[str]:
    """The hostile lines of a grammar for which some pattern takes more than linear time."""
    grammar = compile_grammar(name)
    slow: list[str] = []
    for sample in samples_of(name, one_a_rule=one_a_rule):
        tried = matchers(grammar, sample)
        for shape in hostile(sample, most_places):
            line = shape.line(SHORT)
            for rule, match in tried.items():
                limit_s = SUSPICIOUS_NS * 1e-9 * len(line)
                if cost_s(match, line) < limit_s or cost_s(match, line, 3) < limit_s:
                    continue
                if (times := growth(match, shape.line)) > MOST_GROWTH:
                    slow.append(f"{rule}: x{times:.0f} for x{LONG / SHORT:.0f} the length: {shape}")
    return slow
