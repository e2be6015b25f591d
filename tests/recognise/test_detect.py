"""Which log a source is, by its first block."""

from __future__ import annotations

import pytest
from made_logs import FATAL, full, scavenge

from gclog.model.tick_records import CodeCreation, LogVersion, ProfilerEvent, SharedLibrary, Tick
from gclog.recognise.detect import DECISIVE_WORDS, detect, without_log_lines
from gclog.recognise.v8_log import rules_by_word
from gclog.source.open import Block

HEAD = "v8-version,11,3,244,8,-node.38,0"
TICK = "tick,0x2010,1000,0,0x0,0"
GC = scavenge(18)


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        pytest.param([HEAD, TICK], "ticks", id="a v8.log"),
        pytest.param([TICK], "ticks", id="a tick alone"),
        pytest.param(["code-creation,JS,10,5,0x2000,256,f /app/x.js:1:1,0x3000,~"], "ticks", id="code alone"),
        pytest.param(["", "hello", TICK], "ticks", id="behind other lines"),
        pytest.param([GC, full(99)], "gc", id="a GC log"),
        pytest.param([GC, HEAD, TICK], "mixed", id="both"),
        pytest.param([HEAD, TICK, FATAL], "mixed", id="ticks and a crash"),
        pytest.param(["script-source,1,/a.js,// " + GC, TICK], "ticks", id="a GC line in a script's source"),
        pytest.param(["api,GET,200", "map,of,europe", "new,arrival", "script,deserialize,1,2"], "gc", id="somebody's table"),
        pytest.param(["tick,tock"], "gc", id="a clock"),
        pytest.param(["hello"], "gc", id="neither"),
    ],
)
def test_a_log_is_known_by_its_lines(lines: list[str], kind: str) -> None:
    assert detect(Block("\n".join([*lines, ""]).encode(), 1)) == kind


def test_the_decisive_words_are_those_of_the_grammar_for_what_nothing_else_looks_like() -> None:
    decisive = {LogVersion, SharedLibrary, CodeCreation, ProfilerEvent, Tick}
    words = {word.encode() + b"," for word, rules in rules_by_word().items() if any(rule.record in decisive for rule in rules)}
    assert set(DECISIVE_WORDS) == words
    assert all(rule.record in decisive for word in words for rule in rules_by_word()[word[:-1].decode()])


def test_an_empty_source_is_read_as_a_gc_log() -> None:
    assert detect(None) == "gc"


def test_lines_of_a_v8_log_leave_empty_ones_behind_so_that_numbers_stay() -> None:
    block = without_log_lines(Block(f"{HEAD}\n{GC}\n{TICK}\nticks,1\n".encode(), 5))
    assert block == Block(f"\n{GC}\n\nticks,1\n".encode(), 5)
