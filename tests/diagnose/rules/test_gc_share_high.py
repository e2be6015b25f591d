"""The rule gc-share-high: the worst minute."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnose_cases import BUSY_YOUNG, HITS, SLOW, make_case, make_pauses

from gclog.diagnose.rules import gc_share_high as rule
from gclog.model.effort import EmbedderTime
from gclog.model.not_known import NotKnown
from gclog.model.process import NodeVersion


@pytest.mark.parametrize(
    ("share", "severity"),
    [(0.0499, None), (0.05, "info"), (0.0999, "info"), (0.10, "warning"), (0.2499, "warning"), (0.25, "error")],
)
def test_severity_climbs_at_5_10_and_25_percent(share: float, severity: str | None) -> None:
    found = list(rule.check(make_case(pauses=make_pauses(worst_window_share=share))))
    assert [finding.severity for finding in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("window_ms", "title", "confidence"),
    [
        (60_000.0, "GC took 31.2 % of the worst minute", "high"),
        (59_900.0, "GC took 31.2 % of the log's 59.9 s", "medium"),
        (10_000.0, "GC took 31.2 % of the log's 10.0 s", "medium"),
        (9_900.0, "GC took 31.2 % of the log's 9.9 s", "low"),
        (1_000.0, "GC took 31.2 % of the log's 1.0 s", "low"),
    ],
)
def test_a_short_log_is_called_so_and_trusted_less(window_ms: float, title: str, confidence: str) -> None:
    (finding,) = rule.check(make_case(pauses=make_pauses(worst_window_share=0.312, worst_window_ms=window_ms)))
    assert (finding.title, finding.confidence) == (title, confidence)


def test_the_evidence_is_the_window_and_the_longest_pauses() -> None:
    (finding,) = rule.check(make_case(pauses=make_pauses(worst_window_share=0.06)))
    assert finding.evidence == (7, 50, 100)


def test_a_share_that_is_not_known_is_silent() -> None:
    assert list(rule.check(make_case(pauses=make_pauses(worst_window_share=NotKnown("one collection"))))) == []


def test_the_remedy_depends_on_the_collector_that_takes_the_time() -> None:
    young = make_case(pauses=make_pauses(worst_window_share=0.06, by_collector={"scavenge": BUSY_YOUNG}))
    (of_young,) = rule.check(young)
    (of_old_node,) = rule.check(replace(young, node=NodeVersion("10", 10, 10, "")))
    (of_leak,) = rule.check(make_case(pauses=make_pauses(worst_window_share=0.06), growth="steady"))
    assert "`node --heap-prof`" in of_young.remedy
    assert "--heap-prof" not in of_old_node.remedy
    assert "because the live set grows. `kill -USR1 7`" in of_leak.remedy


def test_it_advises_what_the_finding_of_its_cause_does() -> None:
    busy = HITS["scavenge-pressure"]
    young = replace(busy, pauses=make_pauses(worst_window_share=0.06, by_collector={"scavenge": BUSY_YOUNG}))
    (of_young,) = rule.check(young)
    (of_slow,) = rule.check(replace(young, signs=replace(young.signs, slow=SLOW)))
    assert of_young.remedy.startswith("Scavenges take 100 % of the time in GC. Start it with `node --max-semi-space-size=32`")
    assert of_slow.remedy.startswith("The collections are slow, not too many. Give it CPU and memory, no flag:")


@pytest.mark.parametrize(
    ("changes", "advised"),
    [
        (
            {"embedder": EmbedderTime(926.0, 0.87, 925.8, 0.88, 50)},
            "926 ms, 87.0 % of all pauses, went into the embedder's callbacks",
        ),
        ({"embedder": EmbedderTime(400.0, 0.4, 10.0, 0.1, 50)}, "keep less alive"),
        (
            {"explicit_gc_lines": (10, 20, 30, 40, 50)},
            "Collections that were asked for take 55.6 % of the time in full collections. Remove the calls",
        ),
        ({"explicit_gc_lines": (10, 20, 30, 40)}, "keep less alive"),
    ],
    ids=["the embedder's", "hardly the embedder's", "asked for", "hardly asked for"],
)
def test_the_live_set_is_not_blamed_for_what_others_do(changes, advised: str) -> None:
    (finding,) = rule.check(make_case(pauses=make_pauses(worst_window_share=0.3), **changes))
    assert advised in finding.remedy


def test_less_than_a_second_is_no_log_to_take_a_share_of() -> None:
    assert list(rule.check(make_case(pauses=make_pauses(worst_window_share=1.0, worst_window_ms=999.0)))) == []


def test_a_heap_that_multiplies_is_to_be_looked_at() -> None:
    case = make_case(pauses=make_pauses(worst_window_share=0.06), growth="not-known")
    (young,) = rule.check(case)
    (grown,) = rule.check(replace(case, verdict=replace(case.verdict, level="rising")))
    assert "because the heap grows. `kill -USR1 7`" in grown.remedy
    assert "because the heap grows" not in young.remedy
