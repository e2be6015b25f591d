"""The rule scavenge-pressure: a young generation that is too small."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnose_cases import BUSY_YOUNG, HITS, MINUTE_MS, SLOW, changed, make_heap, make_pauses, option

from gclog.diagnose.rules import scavenge_pressure as rule
from gclog.model.effort import Young
from gclog.model.not_known import NotKnown
from gclog.model.process import NodeVersion

HIT = HITS["scavenge-pressure"]
UNKNOWN = NotKnown("not in this log")


def with_total(total_ms: float, **changes):
    pauses = make_pauses(by_collector={"scavenge": replace(BUSY_YOUNG, total_ms=total_ms)})
    return changed(HIT, pauses=pauses, **changes)


def test_frequent_scavenges_with_many_survivors_are_a_warning() -> None:
    (finding,) = rule.check(HIT)
    assert finding.title == "300 scavenges take 5.0 % of the time, 45.0 % survive"
    assert finding.observed == "5.0 scavenges per second, 5.0 % of the time, 45.0 % survive"
    assert (finding.severity, finding.confidence) == ("warning", "high")


@pytest.mark.parametrize(
    ("case", "count"),
    [
        (changed(HIT, scavenges=119), 0),
        (changed(HIT, scavenges=120), 1),
        (with_total(0.0199 * MINUTE_MS), 0),
        (with_total(0.02 * MINUTE_MS), 1),
        (changed(HIT, heap=make_heap(survival_share=0.299)), 0),
        (changed(HIT, heap=make_heap(survival_share=0.3)), 1),
        (with_total(0.0499 * MINUTE_MS, heap=make_heap(survival_share=NotKnown("not in this log"))), 0),
        (with_total(0.05 * MINUTE_MS, heap=make_heap(survival_share=NotKnown("not in this log"))), 1),
        (changed(HIT, pauses=make_pauses(by_collector={})), 0),
    ],
    ids=["1.98/s", "2/s", "1.99 % of time", "2 %", "29.9 % survive", "30 %", "blind 4.99 %", "blind 5 %", "no scavenges"],
)
def test_all_three_thresholds_must_be_reached(case, count: int) -> None:
    assert len(list(rule.check(case))) == count


def test_without_survival_it_is_a_guess_that_asks_for_nvp() -> None:
    (finding,) = rule.check(changed(HIT, heap=make_heap(survival_share=UNKNOWN)))
    assert (finding.severity, finding.confidence) == ("info", "low")
    assert finding.remedy.startswith("Record survival first with `node --trace-gc-nvp`, on the command line")
    assert "semi-space" not in finding.remedy


def test_sizes_before_and_after_stand_in_for_survival() -> None:
    (finding,) = rule.check(changed(HIT, heap=make_heap(survival_share=UNKNOWN), young=Young(UNKNOWN, 0.4)))
    assert (finding.severity, finding.confidence) == ("info", "medium")
    assert finding.title == "300 scavenges take 5.0 % of the time, 40.0 % survive"


@pytest.mark.parametrize(
    ("semi_space_mb", "count"),
    [(2.0, 1), (16.0, 0), (UNKNOWN, 0)],
    ids=["small", "as large as this version lets it be", "not known"],
)
def test_few_survivors_are_worth_a_word_if_the_young_generation_may_grow(semi_space_mb, count: int) -> None:
    found = list(rule.check(changed(HIT, heap=make_heap(survival_share=0.05), young=Young(semi_space_mb, 0.05))))
    assert [(finding.severity, "--min-semi-space-size=16" in finding.remedy) for finding in found] == [("info", True)] * count
    assert not any("--max-semi-space-size" in finding.remedy for finding in found)


@pytest.mark.parametrize(("survival", "larger"), [(0.5, True), (0.79, True), (0.8, False), (0.955, False), (1.0, False)])
@pytest.mark.parametrize("printed", [True, False], ids=["printed", "by the sizes"])
def test_a_larger_semi_space_is_no_help_if_nearly_all_survive(survival: float, larger: bool, printed: bool) -> None:
    known = {"heap": make_heap(survival_share=survival)} if printed else {"young": Young(UNKNOWN, survival)}
    (finding,) = rule.check(changed(HIT, **{"heap": make_heap(survival_share=UNKNOWN), **known}))
    assert ("--max-semi-space-size" in finding.remedy) is larger
    assert ("free next to nothing" in finding.remedy) is not larger


def test_slow_scavenges_say_nothing_of_the_young_generation() -> None:
    assert list(rule.check(changed(HIT, slow=SLOW))) == []


@pytest.mark.parametrize(
    ("node", "options", "words"),
    [
        (NodeVersion("20", 20, 20, ""), (), "`node --max-semi-space-size=32` (MB, this version's default is 16)"),
        (NodeVersion("24", 24, 24, ""), (), "`node --max-semi-space-size=128` (MB, this version's default is 64)"),
        (NodeVersion("26", 26, 26, ""), (), "`node --max-semi-space-size=64` (MB, this version's default is 32)"),
        (NodeVersion("20", 20, 20, ""), (option(64.0, name="max_semi_space_size"),), "=128` (MB, it is set to 64)"),
        (NodeVersion("12", 12, 12, ""), (), "caps --max-semi-space-size at 16 MB"),
        (NodeVersion("0.10", 0, 0, ""), (), "--max-new-space-size in KB"),
    ],
    ids=["20", "24", "26", "set in the log", "12", "0.10"],
)
def test_the_size_doubles_what_this_version_has(node, options, words: str) -> None:
    (finding,) = rule.check(changed(HIT, node=node, options=options))
    assert words in finding.remedy


@pytest.mark.parametrize(("last_ms", "count"), [(999.0, 0), (1000.0, 1)])
def test_less_than_a_second_is_no_log_to_take_a_pace_of(last_ms: float, count: int) -> None:
    assert len(list(rule.check(changed(HIT, span=replace(HIT.span, last_ms=last_ms))))) == count
