"""Metrics for Prometheus, checked against the text format's own rules."""

from __future__ import annotations

import dataclasses
import math
import re

import pytest
from made_views import VIEW

from gclog.model.process import LineCounts
from gclog.model.verdict import NoForecast, NoLimit
from gclog.watch.metrics import render_metrics

COUNTS = LineCounts(total=10, recognised=6, foreign=2, continuation=1, unread=1)

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")


def parse(text: str) -> dict[str, float]:
    """Samples by name and labels. Asserts what the text exposition format 0.0.4 asks for."""
    assert text.endswith("\n")
    found: dict[str, float] = {}
    kind = name = ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ", 3)[2]
            assert f"# TYPE {name} " in text
        elif line.startswith("# TYPE "):
            assert line.split(" ")[2] == name, "HELP stands before its TYPE"
            kind = line.split(" ")[3]
            assert kind in ("gauge", "counter")
            assert (kind == "counter") == name.endswith("_total")
        else:
            sample = SAMPLE.fullmatch(line)
            assert sample is not None, line
            assert sample[1] == name, "the samples of a metric stand together"
            labels = LABEL.findall(sample[2] or "")
            assert ",".join(f'{key}="{value}"' for key, value in labels) == (sample[2] or "")
            assert len({key for key, _ in labels}) == len(labels)
            key = f"{sample[1]}{{{sample[2] or ''}}}"
            assert key not in found, "no sample twice"
            found[key] = float(sample[3].replace("Inf", "inf"))
    return found


def test_a_process_has_its_figures_in_base_units() -> None:
    who = 'pid="7",isolate="0x10"'
    assert parse(render_metrics([VIEW], COUNTS)) == {
        f"gclog_level{{{who}}}": 3,
        f"gclog_live_set_bytes{{{who}}}": 63_438_848,
        f"gclog_heap_limit_bytes{{{who}}}": 100_663_296,
        f"gclog_forecast_seconds{{{who}}}": 30,
        f"gclog_gc_pause_seconds_total{{{who}}}": 1.25,
        f"gclog_gc_pause_share_last_minute{{{who}}}": 0.125,
        f'gclog_collections_total{{{who},collector="scavenge"}}': 40,
        f'gclog_collections_total{{{who},collector="mark_compact"}}': 5,
        f'gclog_collections_total{{{who},collector="minor_mark_sweep"}}': 0,
        f"gclog_strikes{{{who}}}": 2,
        f"gclog_clock_seconds{{{who}}}": 61.5,
        'gclog_lines_total{kind="recognised"}': 6,
        'gclog_lines_total{kind="foreign"}': 2,
        'gclog_lines_total{kind="continuation"}': 1,
        'gclog_lines_total{kind="unread"}': 1,
        'gclog_lines_total{kind="skipped"}': 0,
    }


def test_what_is_not_known_is_left_out() -> None:
    bare = dataclasses.replace(VIEW, live_mb=math.nan, limit=NoLimit("none"), forecast=NoForecast("none"), at_ms=math.nan)
    found = parse(render_metrics([bare], COUNTS))
    for name in ("live_set_bytes", "heap_limit_bytes", "forecast_seconds", "clock_seconds"):
        assert not any(key.startswith(f"gclog_{name}") for key in found)


def test_growth_without_an_end_in_sight_is_infinite() -> None:
    endless = dataclasses.replace(VIEW, forecast=dataclasses.replace(VIEW.forecast, at_expected_ms=math.inf))
    assert parse(render_metrics([endless], COUNTS))['gclog_forecast_seconds{pid="7",isolate="0x10"}'] == math.inf


@pytest.mark.parametrize(("isolate", "shown"), [('a"b', r"a\"b"), ("a\\b", r"a\\b"), ("a\nb", r"a\nb")])
def test_labels_are_escaped(isolate: str, shown: str) -> None:
    found = parse(render_metrics([dataclasses.replace(VIEW, isolate=isolate)], COUNTS))
    assert f'gclog_level{{pid="7",isolate="{shown}"}}' in found


def test_without_a_process_there_are_lines_to_count() -> None:
    assert sum(parse(render_metrics([], COUNTS)).values()) == COUNTS.total
