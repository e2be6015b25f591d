"""The keys that other programs rely on, and that nothing in a report can break the document."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from made_reports import (
    ALL_HOSTILE,
    make_bare,
    make_empty,
    make_fleet,
    make_healthy,
    make_hostile,
    make_pauses,
    make_process,
    make_report,
    make_rising,
)

from gclog.model.not_known import NotKnown
from gclog.model.report import Report
from gclog.model.verdict import Forecast
from gclog.report.json.v1 import CYCLES_AT_MOST, render_json

PAUSE_KEYS = {"count", "total_ms", "max_ms", "max_line", "p50_ms", "p90_ms", "p99_ms"}

REQUIRED: dict[str, set[str]] = {
    "": {"format", "gclog", "sources", "processes", "profiles"},
    "sources.0": {"path", "kind", "envelope", "bytes", "lines", "unread_shapes"},
    "sources.0.lines": {"total", "recognised", "foreign", "continuation", "unread"},
    "sources.0.unread_shapes.0": {"shape", "count", "first_line", "sample"},
    "processes.0": {
        *("source", "pid", "isolate", "main", "node", "span", "collections", "pauses", "heap", "limit", "forecast"),
        *("verdict", "timeline", "crash", "findings", "run", "strikes", "growth", "what_if", "cycles", "cycles_total"),
    },
    "processes.0.node": {"range", "evidence"},
    "processes.0.span": {"first_ms", "last_ms", "first_line", "last_line", "wall_start"},
    "processes.0.collections": {"total", "scavenge", "mark_compact", "minor_mark_sweep"},
    "processes.0.pauses": PAUSE_KEYS
    | {"share", "share_with_incremental", "worst_60s_share", "by_collector", "by_reason", "mmu", "average_mu"},
    "processes.0.pauses.by_collector.mark_compact": PAUSE_KEYS,
    "processes.0.pauses.mmu.0": {"window_ms", "share"},
    "processes.0.heap": {
        *("live_mb", "live_min_mb", "live_max_mb", "committed_max_mb", "alloc_mb_per_s", "old_space_trend"),
        *("leak_events", "full_collections", "full_incremental"),
    },
    "processes.0.heap.old_space_trend": {"mb_per_h", "low_mb_per_h", "high_mb_per_h", "points"},
    "processes.0.limit": {"mb", "source"},
    "processes.0.forecast": {"at_ms", "in_ms", "basis"},
    "processes.0.forecast.at_ms": {"low", "expected", "high"},
    "processes.0.forecast.in_ms": {"low", "expected", "high"},
    "processes.0.verdict": {"level", "headline", "since_ms", "since_line"},
    "processes.0.timeline.0": {"at_ms", "line", "level", "because"},
    "processes.0.findings.0": {"id", "severity", "confidence", "title", "observed", "threshold", "evidence", "remedy"},
    "processes.0.findings.0.evidence.0": {"line", "text"},
    "processes.1.crash": {
        *("kind", "message", "line", "reason", "last_gcs", "js_stack", "native_stack", "foreseeable_ms"),
    },
    "processes.1.crash.last_gcs.0": {"line", "text"},
}


def load(report: Report) -> Any:
    return json.loads(render_json(report), parse_constant=pytest.fail)


def at(document: Any, path: str) -> Any:
    for step in filter(None, path.split(".")):
        document = document[int(step)] if step.isdigit() else document[step]
    return document


@pytest.mark.parametrize("path", REQUIRED)
def test_every_key_of_format_1_is_there(path: str) -> None:
    document = load(make_report(processes=(make_rising(), make_process())))
    assert REQUIRED[path] <= set(at(document, path))


def test_the_figures_are_the_reports_own_unrounded() -> None:
    process = load(make_report())["processes"][0]
    assert process["pauses"]["share"] == 0.00213302
    assert process["pauses"]["worst_60s_share"] == 0.1264
    assert process["pauses"]["by_reason"][2] == {
        "reason": "last resort",
        "collector": "mark_compact",
        "count": 4,
        "total_ms": 201.1,
        "max_ms": 52.2,
    }
    assert process["collections"] == {"total": 559, "scavenge": 516, "mark_compact": 43, "minor_mark_sweep": 0}
    assert process["limit"]["source"] == "log"
    assert process["span"]["wall_start"] == "2026-03-14T03:12:07.000Z"
    assert process["crash"]["foreseeable_ms"] == 420_000
    assert [gc["line"] for gc in process["crash"]["last_gcs"]] == [562, 563]
    assert process["crash"]["last_gcs"][0]["text"].startswith("[29125:0x19b50d50]")


def test_the_forecast_is_given_on_the_clock_and_from_the_last_line() -> None:
    forecast = load(make_report(processes=(make_rising(),)))["processes"][0]["forecast"]
    assert forecast["at_ms"] == {"low": 1_100_000, "expected": 1_232_000, "high": 1_470_000}
    assert forecast["in_ms"] == {"low": 240_000, "expected": 372_000, "high": 610_000}


def test_a_forecast_without_an_end_says_so_instead_of_infinity() -> None:
    endless = make_rising(forecast=Forecast(1000.0, 2000.0, math.inf, 500.0, "trend"))
    in_ms = load(make_report(processes=(endless,)))["processes"][0]["forecast"]["in_ms"]
    assert in_ms["low"] == 500 and in_ms["high"] is None
    assert "growth may also stop" in in_ms["high_reason"]


def test_what_cannot_be_said_is_its_reason() -> None:
    process = load(make_report(processes=(make_healthy(),)))["processes"][0]
    assert process["limit"] == {"reason": "no flag in the log, and nothing to infer it from", "default": None}
    assert process["forecast"] == {"reason": "no heap limit known"}
    assert process["heap"]["old_space_trend"] == {"reason": "the slope's interval holds 0"}
    assert process["heap"]["survival_share"] == {"reason": "not in this log: --trace-gc-nvp has it"}
    assert process["pauses"]["by_collector"]["mark_compact"]["p99_ms"]["reason"].startswith("99th percentile")
    assert process["crash"] is None


def test_nan_is_null_and_no_shares_are_reasons() -> None:
    process = load(make_report(processes=(make_bare(),)))["processes"][0]
    assert process["span"]["first_ms"] is None
    assert process["pauses"]["max_ms"] is None
    assert process["pauses"]["share"] == {"reason": "a single collection has no span"}
    assert process["pid"] is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf], ids=["nan", "inf", "-inf"])
def test_no_number_outside_json_is_ever_written(value: float) -> None:
    process = make_process(pauses=make_pauses(share=value, incremental_ms=value, average_mu=value))
    assert load(make_report(processes=(process,)))["processes"][0]["pauses"]["share"] is None


def test_an_empty_report_is_a_document_with_empty_lists() -> None:
    own_words = {"title": None, "note": None, "command": None}
    assert load(make_empty()) == {"format": 1, "gclog": "0.1.0", **own_words, "sources": [], "processes": [], "profiles": []}


def test_the_envelope_is_the_one_of_most_lines() -> None:
    source = load(make_report())["sources"][0]
    assert source["envelope"] == "docker-json"
    assert source["envelopes"] == {"docker-json": 590, "none": 3}


def test_full_collections_are_thinned_and_their_number_is_said() -> None:
    cycles = make_process().cycles * 100
    process = load(make_report(processes=(make_process(cycles=cycles),)))["processes"][0]
    assert process["cycles_total"] == 4300
    assert 100 < len(process["cycles"]) <= CYCLES_AT_MOST


def test_hostile_text_arrives_whole_in_pure_ascii() -> None:
    text = render_json(make_hostile())
    assert text.isascii() and "\x1b" not in text and "\x7f" not in text
    headline = json.loads(text)["processes"][0]["verdict"]["headline"]
    assert headline == ALL_HOSTILE.replace("\ud800", "\ufffd").replace("\udc80", "\ufffd")


def test_the_same_report_gives_the_same_bytes() -> None:
    assert render_json(make_fleet()) == render_json(make_fleet())


def test_a_reason_hides_no_other_key() -> None:
    pauses = make_pauses(share=NotKnown("too short"))
    assert load(make_report(processes=(make_process(pauses=pauses),)))["processes"][0]["pauses"]["total_ms"] == 1834.4
