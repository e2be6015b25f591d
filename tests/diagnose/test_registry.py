"""The registry: complete, ordered, documented; a short and causal list of findings; thresholds that can be replaced."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import replace
from pathlib import Path

import pytest
from diagnose_cases import (
    DEAD,
    FULL_LINES,
    HITS,
    LAST_LINE,
    LEAKING,
    SPIRAL,
    TIGHT,
    changed,
    make_case,
    make_crash,
    make_cycles,
    make_heap,
    make_pauses,
)

import gclog.diagnose.rules
from gclog.diagnose.registry import RESTATED_BY, RULES, SYMPTOM_OF, run_rules
from gclog.errors import UsageError
from gclog.model.finding import SEVERITIES, Finding
from gclog.model.not_known import NotKnown
from gclog.model.process import Span
from gclog.model.report import ProcessReport
from gclog.model.verdict import NoLimit

HEADINGS = ["What it looks for", "Why it matters", "Evidence", "Known problems", "Remedy"]
IDS = [rule.id for rule in RULES]


def ids(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.id for finding in findings]


def severities(case: ProcessReport) -> dict[str, str]:
    return {finding.id: finding.severity for finding in run_rules(case)}


def test_every_rule_file_is_in_the_registry_and_named_like_its_id() -> None:
    folder = Path(gclog.diagnose.rules.__file__).parent
    stems = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert stems == {id.replace("-", "_") for id in IDS}
    assert len(IDS) == len(set(IDS)) == 33


def test_every_rule_has_a_test_of_its_own() -> None:
    stems = {path.stem for path in (Path(__file__).parent / "rules").glob("test_*.py")}
    assert {f"test_{id.replace('-', '_')}" for id in IDS} <= stems


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_an_id_is_in_kebab_case(rule) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.id)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_a_docstring_has_a_first_line_and_exactly_the_five_headings_in_order(rule) -> None:
    first, blank, *rest = rule.doc.splitlines()
    assert first.endswith(".") and blank == ""
    assert [line for line in rest if line and not line.startswith(" ")] == HEADINGS
    sections = re.split(r"^(?:" + "|".join(HEADINGS) + r")$", rule.doc, flags=re.MULTILINE)[1:]
    assert all(section.strip() for section in sections)


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_every_threshold_is_frozen_and_says_why(rule) -> None:
    assert rule.defaults.__dataclass_params__.frozen
    assert all(field.metadata["reason"] for field in dataclasses.fields(rule.defaults))


def test_there_is_a_hit_for_every_rule() -> None:
    assert list(HITS) == IDS


@pytest.mark.parametrize("id", IDS)
def test_each_rule_fires_on_its_own_hit_with_evidence_that_exists(id: str) -> None:
    rule = next(rule for rule in RULES if rule.id == id)
    found = list(rule.check(HITS[id], rule.defaults))
    assert len(found) == 1
    finding = found[0]
    assert finding.id == id
    assert 1 <= len(finding.evidence) <= 5
    assert list(finding.evidence) == sorted(set(finding.evidence))
    assert all(1 <= line <= LAST_LINE for line in finding.evidence)
    assert all((finding.title, finding.observed, finding.threshold, finding.remedy))


@pytest.mark.parametrize("id", IDS)
def test_every_rule_can_judge_the_hit_of_any_other(id: str) -> None:
    for finding in run_rules(HITS[id]):
        text = f"{finding.title} {finding.observed} {finding.threshold} {finding.remedy}"
        assert "None" not in text and "nan" not in text.split() and "NotKnown" not in text and "  " not in text


def test_a_healthy_process_has_no_findings() -> None:
    assert run_rules(make_case()) == ()


def test_findings_come_by_severity_and_then_in_the_order_of_the_registry() -> None:
    case = make_case(
        run_starts=(30,), pauses=make_pauses(worst_window_share=0.3), explicit_gc_lines=(20,), last_resort_lines=(80,)
    )
    found = run_rules(case)
    assert ids(found) == ["gc-share-high", "last-resort-gc", "explicit-gc", "restarts"]
    keys = [(SEVERITIES.index(finding.severity), IDS.index(finding.id)) for finding in found]
    assert keys == sorted(keys)


def test_a_death_by_a_leak_is_told_once_with_its_cause_and_its_symptoms_as_information() -> None:
    case = changed(
        DEAD,
        strikes=HITS["ineffective-mark-compacts"].strikes,
        last_resort_lines=(90,),
        pauses=make_pauses(worst_window_share=0.4, all=replace(make_pauses().all, max_ms=1500.0)),
    )
    assert severities(case) == {
        "heap-exhausted": "error",
        "old-space-growth": "warning",
        "ineffective-mark-compacts": "info",
        "last-resort-gc": "info",
        "gc-share-high": "info",
        "long-pauses": "info",
    }


def test_an_impending_exhaustion_is_told_once_with_its_cause() -> None:
    assert severities(LEAKING) == {"heap-exhaustion-impending": "error", "old-space-growth": "warning"}


def test_a_limit_that_is_too_small_swallows_the_share_and_the_nearness_that_it_tells() -> None:
    assert severities(TIGHT) == {"heap-limit-too-small": "warning"}


def test_a_more_severe_finding_does_not_give_way() -> None:
    case = changed(TIGHT, pauses=make_pauses(worst_window_share=0.3))
    assert severities(case) == {"gc-share-high": "error", "heap-limit-too-small": "warning"}


def test_a_death_of_native_memory_explains_no_garbage_collection() -> None:
    case = make_case(crash=make_crash("native-memory"), pauses=make_pauses(worst_window_share=0.3))
    assert severities(case) == {"heap-exhausted": "error", "gc-share-high": "error"}


def test_the_death_of_a_worker_explains_its_own_isolate_only() -> None:
    busy = make_pauses(worst_window_share=0.3)
    worker = make_case(crash=make_crash("worker-limit"), pauses=busy, cycles=make_cycles(90.0))
    main = changed(HITS["worker-out-of-memory"], pauses=busy)
    assert severities(worker) == {"worker-out-of-memory": "error", "gc-share-high": "info"}
    assert severities(main) == {"worker-out-of-memory": "error", "gc-share-high": "error"}


def test_a_spiral_is_told_once() -> None:
    case = changed(SPIRAL, pauses=make_pauses(worst_window_share=0.9))
    assert list(severities(case)) == ["death-spiral", "heap-exhaustion-impending"]


def test_the_tables_of_precedence_name_rules() -> None:
    for table in (RESTATED_BY, SYMPTOM_OF):
        assert set(table) | {id for givers in table.values() for id in givers} <= set(IDS)


def test_a_threshold_can_be_replaced_by_its_name() -> None:
    case = make_case(pauses=make_pauses(worst_window_share=0.07))
    assert severities(case) == {"gc-share-high": "info"}
    assert ids(run_rules(case, {"gc-share-high": {"info_share": 0.08}})) == []
    assert run_rules(case, {"gc-share-high": {"warning_share": 0.06}})[0].severity == "warning"


@pytest.mark.parametrize(
    ("thresholds", "words"),
    [
        ({"gc-share-hihg": {"info_share": 0.1}}, "there is no rule gc-share-hihg"),
        ({"gc-share-high": {"infoshare": 0.1}}, "did you mean info_share?"),
        ({"heap-exhausted": {"zzz": 1}}, "it has: none"),
    ],
    ids=["unknown rule", "misspelled threshold", "rule without thresholds"],
)
def test_an_unknown_rule_or_threshold_is_a_usage_error(thresholds, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        run_rules(make_case(), thresholds)


def test_findings_about_the_source_are_given_with_one_process_only() -> None:
    for id in ("worker-out-of-memory", "event-emitter-leak-warning", "restarts", "log-unread-lines"):
        assert id in severities(HITS[id])
        assert id not in severities(changed(HITS[id], speaks_for_source=False))


@pytest.mark.parametrize("id", IDS)
def test_a_log_that_says_next_to_nothing_breaks_no_rule(id: str) -> None:
    unknown = NotKnown("one collection")
    nothing = make_heap(
        **dict.fromkeys(("live_mb", "live_min_mb", "live_max_mb", "committed_max_mb"), unknown), live_basis="none"
    )
    bare = {
        "cycles": (),
        "heap": nothing,
        "span": Span(500.0, 500.0, 1, 1, None),
        "pauses": make_pauses(share=unknown, worst_window_share=unknown, by_collector={}),
        "timeline": (),
        "limit": NoLimit("not in the log"),
    }
    found = run_rules(changed(HITS[id], **bare))
    assert all(finding.evidence and "None" not in finding.title for finding in found)


def test_the_lines_of_the_healthy_case_are_those_of_its_cycles() -> None:
    assert tuple(cycle.line for cycle in make_case().cycles) == FULL_LINES
