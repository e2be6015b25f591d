"""The rule long-pauses: the longest stop."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diagnose_cases import SLOW, make_case, make_pauses

from gclog.diagnose.rules import long_pauses as rule


def with_longest(max_ms: float, collector: str = "mark_compact"):
    healthy = make_pauses()
    by_collector = {**healthy.by_collector, collector: replace(healthy.by_collector[collector], max_ms=max_ms)}
    return make_case(pauses=make_pauses(all=replace(healthy.all, max_ms=max_ms), by_collector=by_collector))


@pytest.mark.parametrize(
    ("max_ms", "severity"),
    [(99.9, None), (100.0, "info"), (399.9, "info"), (400.0, "warning"), (999.9, "warning"), (1000.0, "error")],
)
def test_severity_climbs_at_100_400_and_1000_ms(max_ms: float, severity: str | None) -> None:
    found = list(rule.check(with_longest(max_ms)))
    assert [finding.severity for finding in found] == ([severity] if severity else [])


def test_the_title_names_the_collector_and_the_length() -> None:
    (full,) = rule.check(with_longest(431.0))
    (young,) = rule.check(with_longest(120.0, "scavenge"))
    assert full.title == "A full collection stopped the program for 431 ms"
    assert young.title == "A scavenge stopped the program for 120 ms"
    assert "smaller chunks" in young.remedy and "semi-space" not in young.remedy


def test_a_pause_out_of_proportion_is_not_put_down_to_the_survivors() -> None:
    case = with_longest(220.1, "scavenge")
    (finding,) = rule.check(replace(case, signs=replace(case.signs, slow=replace(SLOW, lines=(50,)))))
    assert finding.remedy.startswith(
        "A scavenge took 220 ms to copy 3.0 MB at most: the process had no CPU, or was swapped out."
    )
    (other,) = rule.check(replace(case, signs=replace(case.signs, slow=replace(SLOW, lines=(51,)))))
    assert "smaller chunks" in other.remedy


def test_a_percentile_that_is_not_known_is_left_out() -> None:
    (finding,) = rule.check(with_longest(120.0))
    assert finding.observed == "longest pause 120 ms of 69"
