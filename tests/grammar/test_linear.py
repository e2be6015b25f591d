"""No line costs more than its length: every pattern on lines made from its grammar's own samples, and the reader on whole lines."""

from __future__ import annotations

import pytest
from hostile_lines import LONG, MOST_GROWTH, SHORT, growth, slow_lines

from gclog.grammar.load import grammar_folder
from gclog.recognise.reader import Reader
from gclog.source.escapes import clean, split_literal
from gclog.source.open import Block
from gclog.source.unwrap import unwrap

GRAMMARS = [path.stem for path in sorted(grammar_folder().glob("*.lark")) if path.stem != "prefix"]

SCAVENGE = (
    "[15801:0x29969b80]       50 ms: Scavenge 4.1 (4.2) -> 3.4 (5.2) MB, 0.57 / 0.00 ms  "
    "(average mu = 1.000, current mu = 1.000) allocation failure;"
)
FATAL = b"FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n"

KNOWN = {
    "blanks before a collector's name": ("x", " ", "Scavenge"),
    "digits before a collector's name": ("", "1", " Scavenge"),
    "digits after a collection": (SCAVENGE, "1", ""),
    "blanks after a collection": (SCAVENGE, " ", "x"),
    "backslashes in quotes": ('"', "\\", "x FATAL ERROR"),
    "words that may be labels": ("", "web ", "x FATAL ERROR"),
    "frames in a crash": ("1: 0xb7c56e ", "a::(", " x"),
    "reports of a kill": ("", "oom-kill:constraint=CONSTRAINT_MEMCG,task=node,", "oom_memcg="),
    "jobs of a shell": ("", "1 Killed ", "x"),
}


def _read(line: str) -> None:
    """Within a crash, where the frames of a stack are looked for, too."""
    reader = Reader()
    reader.read(Block(FATAL + line.encode() + b"\n", 1))
    reader.finish()


@pytest.mark.parametrize("name", GRAMMARS)
def test_no_pattern_is_slow_on_lines_made_of_its_samples(name: str) -> None:
    assert slow_lines(name, 6, one_a_rule=True) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", GRAMMARS)
def test_no_pattern_is_slow_on_a_run_anywhere_in_any_sample(name: str) -> None:
    assert slow_lines(name, 200, one_a_rule=False) == []


@pytest.mark.parametrize("what", KNOWN)
def test_a_line_costs_the_reader_no_more_than_its_length(what: str) -> None:
    begin, unit, end = KNOWN[what]
    assert growth(_read, lambda length: begin + unit * (4 * length // len(unit)) + end) < MOST_GROWTH


@pytest.mark.parametrize(
    "unit", ["\\", "\\\\r", "\\u00", "[1;", "&lt", "<a ", "\x1b[0", "\x1b]", "{", "|", "`", "'", '"\\', "a=b "]
)
def test_what_is_around_a_line_costs_no_more_than_its_length(unit: str) -> None:
    for taken_off in (unwrap, clean, split_literal):
        assert growth(taken_off, lambda length: '"' + unit * (8 * length // len(unit))) < MOST_GROWTH, taken_off


def test_lengths_are_far_enough_apart_to_tell() -> None:
    assert LONG / SHORT < MOST_GROWTH < (LONG / SHORT) ** 2
