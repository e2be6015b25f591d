"""Rows of fleets, made by hand."""

from __future__ import annotations

import dataclasses
from typing import Any

from gclog.model.fleet import FleetRow
from gclog.model.not_known import NotKnown

UNKNOWN = NotKnown("not in this log")

ROW = FleetRow(
    source="a/gc.log",
    host="web-1",
    line=1,
    pid=7,
    isolate="0x1000",
    main=True,
    run=1,
    node="22",
    family="22-24",
    span_ms=3_600_000.0,
    wall_start_ms=None,
    collections=100,
    full_collections=10,
    level="ok",
    headline="OK: the live set is steady.",
    since_ms=0.0,
    foreseeable_ms=None,
    left_ms=UNKNOWN,
    left_low_ms=UNKNOWN,
    left_high_ms=UNKNOWN,
    limit_mb=200.0,
    live_mb=100.0,
    live_share=0.5,
    trend_mb_per_h=0.0,
    trend_low_mb_per_h=0.0,
    trend_high_mb_per_h=0.0,
    share=0.02,
    p99_ms=5.0,
    max_ms=9.0,
    alloc_mb_per_s=10.0,
    growth="none",
    crash=None,
    findings=(),
    unread_lines=0,
)


def made_row(**changes: Any) -> FleetRow:
    """A healthy process of an hour, but for the changes."""
    return dataclasses.replace(ROW, **changes)


def made_rows(measure: str, values: list[float], **changes: Any) -> list[FleetRow]:
    """A row for each value of a measure; its source says which."""
    return [made_row(source=f"{number}/gc.log", **{measure: value}, **changes) for number, value in enumerate(values)]
