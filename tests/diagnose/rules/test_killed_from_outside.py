"""The rule killed-from-outside: SIGKILL, told from V8's own death."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnose_cases import HITS, KILL, MEMORY, changed, make_case, make_crash

from gclog.diagnose.registry import run_rules
from gclog.diagnose.rules import killed_from_outside as rule
from gclog.model.not_known import NotKnown

HIT = HITS["killed-from-outside"]
UNKNOWN = replace(KILL, by="unknown", limit_mb=NotKnown("none"), because="got SIGKILL; no line says from whom")


def test_it_says_who_killed_and_with_how_much() -> None:
    (finding,) = rule.check(HIT)
    assert (finding.severity, finding.confidence) == ("error", "high")
    assert (
        finding.title
        == "Killed from outside, not by V8: it was killed with 505.0 MB in RAM at its container's limit of 512.0 MB"
    )
    assert finding.evidence == (98, 99, 100)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        pytest.param(HIT, "off-heap-growth", id="memory outside the heap"),
        pytest.param(changed(HIT, memory=None), "--max-old-space-size=384", id="nothing known but the limit"),
        pytest.param(changed(HIT, memory=None, kill=UNKNOWN), "--memory-limit", id="nothing known at all"),
        pytest.param(changed(HIT, memory=replace(MEMORY, growth="heap"), kill=UNKNOWN), "three quarters", id="the heap grew"),
    ],
)
def test_the_remedy_fits_what_grew(case, words: str) -> None:
    (finding,) = rule.check(case)
    assert words in finding.remedy


def test_it_takes_the_place_of_the_death_without_v8s_message() -> None:
    case = changed(HIT, crash=make_crash("killed"))
    assert "heap-exhausted" not in {finding.id for finding in run_rules(case)}


def test_no_kill_is_silent() -> None:
    assert list(rule.check(make_case())) == []


@pytest.mark.parametrize(
    ("kind", "by", "both"),
    [
        ("heap-limit", "container", True),
        ("ineffective-mark-compacts", "container", True),
        ("heap-limit", "machine", False),
        ("native-memory", "container", False),
        ("killed", "container", False),
    ],
)
def test_a_heap_that_v8_called_full_is_not_told_that_v8_will_say_why(kind: str, by: str, *, both: bool) -> None:
    case = changed(HIT, memory=None, crash=make_crash(kind), kill=replace(HIT.kill, by=by))
    (finding,) = rule.check(case)
    assert finding.remedy.startswith("Its heap was full as well, as V8 says") is both
    assert ("says why it dies" in finding.remedy or "ps aux" in finding.remedy) is not both
