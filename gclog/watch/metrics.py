"""Processes under watch as Prometheus metrics: the text format 0.0.4, for node_exporter's textfile collector."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gclog.errors import UsageError
from gclog.model.process import LineCounts
from gclog.model.verdict import LEVELS, Limit
from gclog.units import BYTES_PER_MB, MS_PER_SECOND
from gclog.watch.view import View

__all__ = ["check_metrics", "render_metrics"]

Sample = tuple[dict[str, str], float]


@dataclass(frozen=True, slots=True)
class _Metric:
    """A metric: its name, type and help, and the samples that a process has of it."""

    name: str
    kind: str
    help: str
    samples: Callable[[View], Iterable[Sample]]


METRICS = (
    _Metric(
        "gclog_level",
        "gauge",
        "Verdict: " + ", ".join(f"{number} {level}" for number, level in enumerate(LEVELS)) + ".",
        lambda view: [({}, LEVELS.index(view.level))],
    ),
    _Metric(
        "gclog_live_set_bytes",
        "gauge",
        "Size of the objects that the last full collection left.",
        lambda view: [({}, view.live_mb * BYTES_PER_MB)],
    ),
    _Metric(
        "gclog_heap_limit_bytes",
        "gauge",
        "Limit of the old generation, as given, named in the log or inferred.",
        lambda view: [({}, view.limit.mb * BYTES_PER_MB)] if isinstance(view.limit, Limit) else [],
    ),
    _Metric(
        "gclog_resident_memory_bytes",
        "gauge",
        "Resident set size, as the program itself last printed it.",
        lambda view: [({}, view.rss_mb * BYTES_PER_MB)],
    ),
    _Metric(
        "gclog_external_memory_bytes",
        "gauge",
        "Memory outside the heap that V8 accounts for, as the program itself last printed it.",
        lambda view: [({}, view.external_mb * BYTES_PER_MB)],
    ),
    _Metric(
        "gclog_memory_limit_bytes",
        "gauge",
        "Limit of all memory of the process, as given or named in the log.",
        lambda view: [({}, view.memory_limit_mb * BYTES_PER_MB)],
    ),
    _Metric(
        "gclog_forecast_seconds",
        "gauge",
        "Time from the last line until the heap or, if the level comes from it, all memory is exhausted on the current trend; absent if not known.",
        lambda view: [({}, view.seconds_left)],
    ),
    _Metric(
        "gclog_gc_pause_seconds_total",
        "counter",
        "Time spent in stop-the-world pauses.",
        lambda view: [({}, view.pause_ms / MS_PER_SECOND)],
    ),
    _Metric(
        "gclog_gc_pause_share_last_minute",
        "gauge",
        "Share of the last minute, on V8's clock, spent in stop-the-world pauses, 0 to 1.",
        lambda view: [({}, view.minute_share)],
    ),
    _Metric(
        "gclog_collections_total",
        "counter",
        "Garbage collections.",
        lambda view: [({"collector": name}, count) for name, count in view.collections.items()],
    ),
    _Metric(
        "gclog_strikes",
        "gauge",
        "Ineffective full collections near the limit in a row; V8 gives up at 4.",
        lambda view: [({}, view.strikes)],
    ),
    _Metric(
        "gclog_clock_seconds",
        "gauge",
        "V8's clock at the last collection; it stops if the process is idle or gone.",
        lambda view: [({}, view.at_ms / MS_PER_SECOND)],
    ),
)


BEGINS = b"# HELP gclog_"
"""How every file of metrics begins."""


def check_metrics(path: Path, log: str) -> None:
    """Refuse to replace a file that holds no metrics of gclog's: a mistyped path may be that of anything. Raises UsageError."""
    if not path.is_file():
        return
    try:
        with path.open("rb") as file:
            begins = file.read(len(BEGINS))
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(path), remedy=ELSEWHERE) from error
    if begins and begins != BEGINS:
        is_log = Path(log).exists() and path.samefile(log)
        raise UsageError(
            "is the log itself" if is_log else "is not a file of gclog's metrics, and would be replaced",
            where=str(path),
            remedy=ELSEWHERE,
        )


ELSEWHERE = "Give --metrics another path, or remove the file first."


def render_metrics(views: Sequence[View], counts: LineCounts, skipped: int = 0) -> str:
    """All metrics as text. Unknown figures are left out. `skipped`: lines that were not read, so that the program need not wait."""
    lines: list[str] = []
    for metric in METRICS:
        lines += [f"# HELP {metric.name} {_escape_help(metric.help)}", f"# TYPE {metric.name} {metric.kind}"]
        for view in views:
            process = {"pid": "" if view.pid is None else str(view.pid), "isolate": view.isolate or ""}
            lines += [
                f"{metric.name}{_labels(process | more)} {_number(value)}"
                for more, value in metric.samples(view)
                if not math.isnan(value)
            ]
    lines += ["# HELP gclog_lines_total Lines of the log, each counted once.", "# TYPE gclog_lines_total counter"]
    for kind in ("recognised", "foreign", "continuation", "unread"):
        lines.append(f"gclog_lines_total{_labels({'kind': kind})} {getattr(counts, kind)}")
    lines.append(f"gclog_lines_total{_labels({'kind': 'skipped'})} {skipped}")
    return "\n".join(lines) + "\n"


def _labels(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items()) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _escape_help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(value)
