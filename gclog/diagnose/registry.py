"""The rules, in order of importance, and which findings give way to others, so that the list is short and causal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from gclog.diagnose.facts import died_of_heap
from gclog.diagnose.rules import (
    allocation_refused,
    death_spiral,
    diagnostic_report,
    event_emitter_leak_warning,
    explicit_gc,
    external_memory_pressure,
    fragmentation,
    gc_share_high,
    grows_with_lines,
    heap_ceiling_surprise,
    heap_exhausted,
    heap_exhaustion_impending,
    heap_figures_growth,
    heap_limit_above_memory,
    heap_limit_near,
    heap_limit_too_small,
    ineffective_mark_compacts,
    killed_from_outside,
    last_resort_gc,
    log_partial,
    log_unread_lines,
    long_pauses,
    machine_short_of_memory,
    mark_compact_storm,
    memory_limit_near,
    needs_more_flags,
    off_heap_growth,
    old_space_growth,
    one_large_allocation,
    restarts,
    scavenge_pressure,
    slow_collections,
    worker_out_of_memory,
)
from gclog.diagnose.sentences import SENTENCE_END
from gclog.diagnose.thresholds import override
from gclog.errors import UsageError
from gclog.model.finding import SEVERITIES, Finding
from gclog.model.report import ProcessReport

__all__ = ["RULES", "RuleEntry", "run_rules"]


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """A rule of the registry. `defaults` is the rule's own frozen `Thresholds`; `doc` has the five headings."""

    id: str
    doc: str
    defaults: Any
    check: Callable[[ProcessReport, Any], Iterable[Finding]]


def _enter(module: ModuleType) -> RuleEntry:
    return RuleEntry(id=module.ID, doc=module.__doc__ or "", defaults=module.DEFAULTS, check=module.check)


RULES: tuple[RuleEntry, ...] = tuple(
    _enter(module)
    for module in (
        heap_exhausted,
        killed_from_outside,
        worker_out_of_memory,
        death_spiral,
        heap_exhaustion_impending,
        heap_limit_too_small,
        old_space_growth,
        grows_with_lines,
        heap_figures_growth,
        one_large_allocation,
        off_heap_growth,
        memory_limit_near,
        machine_short_of_memory,
        heap_limit_above_memory,
        allocation_refused,
        diagnostic_report,
        heap_ceiling_surprise,
        event_emitter_leak_warning,
        heap_limit_near,
        ineffective_mark_compacts,
        last_resort_gc,
        slow_collections,
        mark_compact_storm,
        gc_share_high,
        scavenge_pressure,
        long_pauses,
        external_memory_pressure,
        explicit_gc,
        fragmentation,
        restarts,
        log_unread_lines,
        log_partial,
        needs_more_flags,
    )
)
"""Deaths, what is about to happen, causes, symptoms, cost, and last the log itself."""

PLACES = {rule.id: place for place, rule in enumerate(RULES)}

DEATHS = frozenset({"heap-exhausted", "worker-out-of-memory", "death-spiral"})

RESTATED_BY: dict[str, frozenset[str]] = {
    "heap-exhausted": frozenset({"killed-from-outside"}),
    "heap-limit-near": DEATHS | {"heap-exhaustion-impending", "heap-limit-too-small"},
    "mark-compact-storm": DEATHS | {"heap-exhaustion-impending", "heap-limit-too-small"},
    "gc-share-high": frozenset({"heap-limit-too-small", "death-spiral"}),
    "external-memory-pressure": frozenset({"off-heap-growth"}),
}
"""A finding that would only repeat one of these is left out, unless it is the more severe of the two."""

SYMPTOM_OF: dict[str, frozenset[str]] = {
    "ineffective-mark-compacts": DEATHS | {"heap-exhaustion-impending", "heap-limit-too-small"},
    "last-resort-gc": DEATHS | {"heap-exhaustion-impending"},
    "gc-share-high": DEATHS | {"heap-exhaustion-impending", "mark-compact-storm", "slow-collections"},
    "long-pauses": DEATHS | {"slow-collections"},
    "mark-compact-storm": frozenset({"slow-collections"}),
}
"""A finding that one of these explains stays, as information: it adds a fact, and nothing to do."""


def run_rules(process: ProcessReport, thresholds: Mapping[str, Mapping[str, float]] | None = None) -> tuple[Finding, ...]:
    """The findings of a process, the most severe first, then in the order of the registry.

    `thresholds` replaces some: `{rule-id: {name: value}}`. UsageError: no such rule or threshold.
    """
    thresholds = thresholds or {}
    unknown = sorted(thresholds.keys() - PLACES.keys())
    if unknown:
        raise UsageError(f"there is no rule {unknown[0]}", remedy=f"Known rules: {', '.join(rule.id for rule in RULES)}")
    found = [finding for rule in RULES for finding in rule.check(process, _thresholds(rule, thresholds))]
    shortened = _shorten(process, found)
    return _say_once(sorted(shortened, key=lambda finding: (SEVERITIES.index(finding.severity), PLACES[finding.id])))


def _thresholds(rule: RuleEntry, thresholds: Mapping[str, Mapping[str, float]]) -> Any:
    values = thresholds.get(rule.id)
    return rule.defaults if values is None else override(rule.defaults, values, rule.id)


def _shorten(process: ProcessReport, found: list[Finding]) -> list[Finding]:
    """Leave out what is said already, and make symptoms information."""
    leading = {finding.id: SEVERITIES.index(finding.severity) for finding in found if finding.severity != "info"}
    if process.crash is not None and not died_of_heap(process.crash):
        leading.pop("heap-exhausted", None)
    if process.crash is None or process.crash.kind != "worker-limit":
        leading.pop("worker-out-of-memory", None)  # the death of another isolate explains nothing here
    kept: list[Finding] = []
    for finding in found:
        severity = SEVERITIES.index(finding.severity)
        if any(leading[id] <= severity for id in RESTATED_BY.get(finding.id, ()) if id in leading):
            continue
        if any(id in leading for id in SYMPTOM_OF.get(finding.id, ())):
            kept.append(replace(finding, severity="info"))
            continue
        kept.append(finding)
    return kept


def _say_once(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings without sentences of advice that one before them has; one with nothing left to say refers to that."""
    said: dict[str, str] = {}
    once: list[Finding] = []
    for finding in found:
        sentences = SENTENCE_END.split(finding.remedy)
        advice = dict.fromkeys(f"Follow {said[sentence]}." if sentence in said else sentence for sentence in sentences)
        said |= {sentence: finding.id for sentence in sentences if sentence not in said}
        once.append(replace(finding, remedy=" ".join(advice)))
    return tuple(once)
