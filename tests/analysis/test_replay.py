"""The replay of a table: the same as the judge line by line, and never a look ahead."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_collections import fulls, made

from gclog.analysis.verdict.judge import Judge
from gclog.analysis.verdict.replay import replay, run_judge
from gclog.analysis.verdict.signals import CollectionSeen, FatalSeen, OptionSeen
from gclog.model.verdict import Forecast

STEPS = st.tuples(
    st.booleans(),  # a full collection
    st.floats(1, 500),  # ms since the last line
    st.floats(-12, 15),  # MB that the live set grows by
    st.floats(0, 30),  # MB freed, or garbage above the live set
    st.floats(0, 1),  # share of the time that GC takes
    st.sampled_from(["allocation failure", "last resort", "testing", "finalize incremental marking via task"]),
)


def table_of(steps: list[tuple[bool, float, float, float, float, str]]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    at_ms, live_mb = 10.0, 30.0
    for is_full, elapsed, growth, other, share, reason in steps:
        at_ms, live_mb = at_ms + elapsed, max(live_mb + growth, 1.0)
        after = live_mb if is_full else live_mb + other
        row = {"at_ms": at_ms, "used_after_mb": after, "used_before_mb": after + other, "pause_ms": elapsed * share}
        committed = {"committed_before_mb": after + 30, "committed_after_mb": after + 30}
        kind = {"type": "Mark-Compact" if is_full else "Scavenge", "reason": reason, "average_mu": 1 - share}
        rows.append(row | committed | kind)
    return made(*rows)


@settings(max_examples=150)
@given(steps=st.lists(STEPS, min_size=1, max_size=80), limit=st.sampled_from([None, 60.0, 120.0]), cut=st.floats(0, 1))
@pytest.mark.slow
def test_a_cut_log_gives_a_prefix_of_the_whole_timeline(steps: list[Any], limit: float | None, cut: float) -> None:
    table = table_of(steps)
    part = table.iloc[: 1 + int(cut * (len(table) - 1))]
    whole = replay(table, (), limit)
    assert replay(part, (), limit).timeline == tuple(e for e in whole.timeline if e.line <= part["line"].iloc[-1])


@settings(max_examples=150)
@given(steps=st.lists(STEPS, min_size=1, max_size=80), limit=st.sampled_from([None, 60.0, 120.0]))
@pytest.mark.slow
def test_passing_scavenges_over_in_bulk_changes_nothing(steps: list[Any], limit: float | None) -> None:
    table = table_of(steps)
    judge = Judge(limit)
    for row in table.itertuples():
        judge.see(
            CollectionSeen(
                line=row.line,
                at_ms=row.at_ms,
                full=row.collector == "mark_compact",
                before_mb=row.used_before_mb,
                after_mb=row.used_after_mb,
                committed_before_mb=row.committed_before_mb,
                committed_after_mb=row.committed_after_mb,
                gc_ms=row.pause_ms,
                mu=row.average_mu,
                type=row.type,
                reason=row.reason,
                collector_reason="",
                reduce=False,
                isolated=True,
            )
        )
    quick = run_judge(table, (), limit)
    assert quick.timeline == judge.timeline
    assert quick.forecast() == judge.forecast()


def leak(limit_mb: float | None = None, **common: Any) -> pd.DataFrame:
    return fulls(*((i * 1000.0, 5.0 + 5 * i) for i in range(1, 16)), committed_before_mb=90, committed_after_mb=90, **common)


def test_the_judgement_says_it_all() -> None:
    judgement = replay(leak(), (), 100)
    assert [(e.line, e.level) for e in judgement.timeline] == [
        (1, "not-assessable"),
        (3, "ok"),
        (5, "rising"),
        (14, "impending"),
    ]
    assert judgement.level == "impending"
    assert judgement.since == judgement.timeline[-1]
    assert judgement.growth == "steady"
    assert isinstance(judgement.forecast, Forecast)
    assert judgement.forecast.at_expected_ms == pytest.approx(19_000)
    assert len(judgement.what_if) == 3


def test_signals_come_at_their_lines() -> None:
    judgement = replay(leak(), (FatalSeen(16, "out of memory"), OptionSeen(12, 100)), None)
    assert [(e.line, e.level) for e in judgement.timeline][-2:] == [(14, "impending"), (16, "exhausted")]
    assert judgement.timeline[-1].at_ms == 15_000


def test_an_empty_table_is_not_assessable() -> None:
    judgement = replay(leak().iloc[:0], (), None)
    assert (judgement.level, judgement.timeline, judgement.since) == ("not-assessable", (), None)


def test_a_fatal_error_alone_is_exhausted() -> None:
    judgement = replay(leak().iloc[:0], (FatalSeen(3, "out of memory", 5.0),), None)
    assert [(e.line, e.at_ms, e.level) for e in judgement.timeline] == [(3, 5.0, "exhausted")]


def test_the_crash_ring_does_not_count_what_was_printed_already() -> None:
    table = leak(average_mu=0.2)  # strikes would count twice
    ring = table.iloc[-4:].assign(line=[20, 21, 22, 23], ring=True)
    both = pd.concat([table, ring], ignore_index=True)
    assert replay(both, (), 75) == replay(table, (), 75)
    alone = replay(ring, (), 110)
    assert [(e.line, e.level) for e in alone.timeline] == [(20, "not-assessable"), (22, "ok")]


def test_rows_without_clock_or_size_are_passed_over() -> None:
    table = leak()
    holes = table.copy()
    holes.loc[5, "at_ms"] = float("nan")
    holes.loc[7, "used_after_mb"] = float("nan")
    assert replay(holes, (), 100).level == replay(table.drop([5, 7]), (), 100).level == "impending"
