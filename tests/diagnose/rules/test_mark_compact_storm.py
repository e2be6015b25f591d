"""The rule mark-compact-storm: full collections that leave the program less time than they take."""

from __future__ import annotations

from dataclasses import replace

from diagnose_cases import HITS, STORM, make_case, make_cycles

from gclog.diagnose.rules import mark_compact_storm as rule


def test_five_in_a_row_are_a_storm() -> None:
    (finding,) = rule.check(HITS["mark-compact-storm"])
    assert finding.title == "5 full collections in a row took 65.2 % of 460 ms"
    assert (finding.severity, finding.evidence) == ("warning", (10, 20, 30, 40, 50))


def test_four_in_a_row_are_none() -> None:
    assert list(rule.check(make_case(cycles=STORM[:4]))) == []


def test_as_much_time_for_the_program_as_for_gc_is_none() -> None:
    assert list(rule.check(make_case(cycles=make_cycles(*[30.0] * 8, every_ms=100.0, pause_ms=50.0)))) == []
    assert len(list(rule.check(make_case(cycles=make_cycles(*[30.0] * 8, every_ms=100.0, pause_ms=50.1))))) == 1


def test_collections_that_the_program_asked_for_do_not_count() -> None:
    assert list(rule.check(make_case(cycles=STORM, explicit_gc_lines=(10, 20, 30, 40, 50)))) == []


def test_of_several_runs_the_longest_is_told() -> None:
    later = tuple(replace(cycle, at_ms=cycle.at_ms + 60_000.0, line=cycle.line + 100) for cycle in make_cycles(*[30.0] * 6))
    crowded = tuple(replace(cycle, at_ms=60_000.0 + 100.0 * i, pause_ms=60.0) for i, cycle in enumerate(later))
    (finding,) = rule.check(make_case(cycles=(*STORM, *crowded)))
    assert finding.title == "6 full collections in a row took 64.3 % of 560 ms"
    assert finding.observed == "2 such runs, the longest from +1 min to +1 min"
    assert finding.evidence == (110, 120, 130, 150, 160)
