"""The rule diagnostic-report: what Node wrote of the process at its end."""

from __future__ import annotations

from dataclasses import replace

from diagnose_cases import HITS, REPORTED, make_case

from gclog.diagnose.rules import diagnostic_report as rule
from gclog.model.not_known import NotKnown
from gclog.model.witness import ReportSpace


def test_it_says_the_heap_and_its_fullest_space() -> None:
    (finding,) = rule.check(HITS["diagnostic-report"])
    assert finding.title == (
        "The diagnostic report of Node 20.20.2 says: 47.0 MB of heap in use, heap_size_limit 96.0 MB, most in old_space (40.0 MB)"
    )
    assert (finding.severity, finding.evidence) == ("info", (5, 40, 60))


def test_detached_contexts_are_a_warning() -> None:
    (finding,) = rule.check(make_case(reported=(replace(REPORTED, detached_contexts=3, native_contexts=9),)))
    assert finding.severity == "warning" and "3 detached contexts" in finding.observed
    (near,) = rule.check(make_case(reported=(replace(REPORTED, detached_contexts=2),)))
    assert near.severity == "info"


def test_a_heap_of_large_objects_is_a_warning() -> None:
    spaces = (ReportSpace("old_space", 20.0, 22.0), ReportSpace("large_object_space", 20.0, 22.0))
    (finding,) = rule.check(make_case(reported=(replace(REPORTED, spaces=spaces),)))
    assert finding.severity == "warning" and "large objects" in finding.remedy


def test_a_report_without_figures_says_its_event() -> None:
    nothing = NotKnown("not in it")
    bare = replace(REPORTED, used_mb=nothing, heap_limit_mb=nothing, spaces=(), lines={})
    (finding,) = rule.check(make_case(reported=(bare,)))
    assert REPORTED.event in finding.title and finding.evidence


def test_no_report_is_silent() -> None:
    assert list(rule.check(make_case())) == []
