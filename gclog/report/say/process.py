"""A report's answers in words: the sentences and figures that every renderer shows, so that all show the same ones.

Text in, text out: no layout, no colour. Numbers are written by `gclog.units` alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from gclog import units
from gclog.diagnose.death_remedies import advise_on_assertion
from gclog.diagnose.facts import is_open, say_growth, why_not_dated
from gclog.diagnose.sentences import first_step
from gclog.diagnose.verdict import danger_at, say_rising
from gclog.model.finding import SEVERITIES, Severity
from gclog.model.records import Collector
from gclog.model.report import FindingReport, ProcessReport
from gclog.model.verdict import GROWING, CrashKind, Forecast, GrowthKind, Level, NoForecast
from gclog.report.document import Badge, Said, Tone, Words

__all__ = [
    "CANNOT_SAY",
    "COLLECTOR_NAMES",
    "LEVEL_MEANINGS",
    "LEVEL_TITLES",
    "LEVEL_TONES",
    "SEVERITY_TONES",
    "crash_heading",
    "death_name",
    "forecast_sentence",
    "foreseeable",
    "headline",
    "last_gcs_heading",
    "level_meaning",
    "level_said",
    "memory_sentence",
    "node_name",
    "process_name",
    "severity_counts",
    "sorted_findings",
    "span_sentence",
    "time_left",
    "what_if_sentences",
    "what_to_do",
    "witness_sentence",
]

LEVEL_TITLES: dict[Level, str] = {
    "not-assessable": "NOT ASSESSABLE",
    "ok": "OK",
    "rising": "RISING",
    "impending": "IMPENDING",
    "critical": "CRITICAL",
    "exhausted": "EXHAUSTED",
}

LEVEL_TONES: dict[Level, Tone] = {
    "not-assessable": "strong",
    "ok": "good",
    "rising": "notice",
    "impending": "warning",
    "critical": "bad",
    "exhausted": "fatal",
}
SEVERITY_TONES: dict[Severity, Tone] = {"error": "bad", "warning": "warning", "info": "notice"}

LEVEL_MEANINGS: dict[Level, str] = {
    "not-assessable": "too little in the log to judge",
    "ok": "the live set is steady",
    "rising": "the live set climbs, or GC takes much of the time; the limit is far",
    "impending": "on the current trend the heap will be exhausted, or the live set stays near the limit",
    "critical": "V8 is already failing to free memory, or the process died of what is not known to be memory",
    "exhausted": "memory has run out: the log has V8's fatal error, or a kill for the memory of the container or the machine",
}

OUTSIDE_MEANINGS: dict[Level, str] = {
    "ok": "all its memory together is steady",
    "rising": "all its memory together climbs",
    "impending": "all its memory together nears the limit of the container",
    "critical": "it was killed, and no line says for what",
    "exhausted": "all its memory together was too much, and it was killed: not V8's doing",
}
"""Where the level comes from figures of all memory, or from a kill, and not from V8's heap."""

DEATH_NAMES: dict[CrashKind, str] = {"killed": "killed", "worker-limit": "worker stopped", "unknown": "crash"}
"""What ended the process, if it was not a fatal error in the log."""

COLLECTOR_NAMES: dict[Collector, str] = {
    "scavenge": "Scavenge",
    "mark_compact": "Mark-Compact",
    "minor_mark_sweep": "Minor Mark-Sweep",
}

CANNOT_SAY = "cannot say"

FOLLOW = re.compile(r"(?:Follow|Nothing separate: follow) ([a-z]+(?:-[a-z]+)+)")
"""A remedy that is another finding's."""

ABOUT_THE_LOG = ("needs-more-flags", "log-partial", "log-unread-lines")
"""Findings that ask for a better log, which helps nobody whose process is in need."""

OF_MEMORY = ("memory-limit-near", "off-heap-growth", "heap-figures-growth", "old-space-growth")
OF_HEAP_GROWTH = ("heap-limit-near", "old-space-growth")
"""Findings on what a headline says of all memory, and of a live set that rises."""

SETTLED: tuple[GrowthKind, ...] = ("none", "levelled-off", "high-plateau", "cyclic", "uneven", "one-allocation")
"""Kinds of growth that lead nowhere."""


# ---------------------------------------------------------------- process


def process_name(process: ProcessReport) -> str:
    """`process 29125, isolate 0x19b50d50 (worker), run 2`."""
    parts = [f"process {process.pid}" if process.pid is not None else "process without a pid"]
    if process.isolate is not None:
        parts.append(f"isolate {process.isolate}" + ("" if process.main else " (worker)"))
    elif not process.main:
        parts.append("worker")
    if process.run > 1:
        parts.append(f"run {process.run}")
    return ", ".join(parts)


def node_name(process: ProcessReport) -> str:
    """`Node 20`, `Node 12 to 14`; which Node wrote the lines."""
    if process.node.host != "Node":
        return "V8 in a host that is not Node" if process.node.host == "V8" else process.node.host
    return f"Node {process.node.range}" if process.node.range else "Node of unknown version"


def witness_sentence(process: ProcessReport) -> str:
    """`gc.log (collections), stderr.log (crash)`: the files that describe it, if there are several; else empty.

    Files in the same folder are named without it, and those that say the same are put together.
    """
    if len(process.witnesses) < 2:
        return ""
    names = _short_names([witness.source for witness in process.witnesses])
    alike: dict[tuple[str, ...], list[str]] = {}
    for witness, name in zip(process.witnesses, names, strict=True):
        alike.setdefault(witness.tells, []).append(name)
    return "; ".join(
        f"{', '.join(own)} ({', '.join(tells) + ('s' if len(own) > 1 and len(tells) == 1 else '') or 'nothing'})"
        for tells, own in alike.items()
    )


def _short_names(paths: list[str]) -> list[str]:
    """Paths without the folder that all of them are in."""
    folders = [path.replace("\\", "/").split("/")[:-1] for path in paths]
    common = 0
    while all(len(folder) > common and folder[common] == folders[0][common] for folder in folders):
        common += 1
    return ["/".join(path.replace("\\", "/").split("/")[common:]) for path in paths]


def span_sentence(process: ProcessReport) -> str:
    """How much of the process's life the log shows, and since when."""
    span = process.span
    text = f"lines {units.count(span.first_line)} to {units.count(span.last_line)}"
    if process.total == 0:
        text = f"no collection, {text}"
    elif not math.isnan(span.duration_ms):
        text = f"{units.duration(span.duration_ms)} of log, {text}"
    if span.wall_start_ms is not None:
        text += f", from {units.wall_clock(span.wall_start_ms)}"
    return text


def level_meaning(process: ProcessReport) -> str:
    """What the level says of this process."""
    level, crash = process.verdict.level, process.crash
    is_killed = crash is not None and crash.kind == "killed"
    if level in OUTSIDE_MEANINGS and (process.by_memory or (is_killed and level in ("critical", "exhausted"))):
        return OUTSIDE_MEANINGS[level]
    if is_killed:
        return f"of its heap, before the kill: {LEVEL_MEANINGS[level]}"
    if level == "critical" and crash is not None:
        return "the process died, and not for lack of memory by what is known"
    if level == "exhausted" and crash is not None and not crash.message:
        return "the tail of its crash is in the log"
    return "the fatal error is in the log" if level == "exhausted" else LEVEL_MEANINGS[level]


def death_name(process: ProcessReport) -> str:
    """What ended the process, as a mark in a picture; empty if nothing did."""
    return "" if process.crash is None else DEATH_NAMES.get(process.crash.kind, "fatal error")


def crash_heading(process: ProcessReport) -> str:
    """Heading of the part on the death."""
    return "The kill" if process.crash is not None and process.crash.kind == "killed" else "Crash"


def last_gcs_heading(process: ProcessReport) -> str:
    """Heading of the collections before the death: V8's own words only if it printed them."""
    return "Last few GCs" if crash_heading(process) == "Crash" else "Last collections"


# ---------------------------------------------------------------- the first answers


def level_said(level: Level) -> Words:
    """A level within a table."""
    return Words(LEVEL_TITLES[level], LEVEL_TONES[level])


def headline(process: ProcessReport) -> Said:
    """The level and the verdict's sentence, which does not say the level again."""
    level, tone = process.verdict.level, LEVEL_TONES[process.verdict.level]
    sentence = process.verdict.headline
    first, _, rest = sentence.partition(": ")
    if first.upper() == LEVEL_TITLES[level] and rest:
        sentence = rest[0].upper() + rest[1:]
    return Badge(LEVEL_TITLES[level], tone), Words(sentence, "bad" if tone == "fatal" else tone)


def foreseeable(process: ProcessReport) -> str:
    """When it could have been known."""
    verdict = process.verdict
    if process.crash is not None or verdict.level == "exhausted":
        if verdict.not_foreseeable is not None:
            return f"{CANNOT_SAY}: {verdict.not_foreseeable}"
        if verdict.foreseeable_ms is None:
            return f"no: {say_rising(process) or 'nothing in the log warned of it'}"
        line = "" if verdict.foreseeable_line is None else f", from line {units.count(verdict.foreseeable_line)} on"
        return f"{units.duration(verdict.foreseeable_ms)} before the end{line}"
    match verdict.level:
        case "rising" | "impending" | "critical" if not process.total:
            return f"since line {units.count(verdict.since_line)}"
        case "rising" | "impending" | "critical":
            return _since(process)
        case "not-assessable":
            return f"{CANNOT_SAY}: too little in the log"
        case _:
            return "nothing to foresee"


def _since(process: ProcessReport) -> str:
    """Since when a living process is in danger; what is worse now began later. Without a danger, since when its level has held."""
    verdict, last_ms = process.verdict, process.span.last_ms
    danger = None if verdict.level == "rising" else danger_at(process.timeline, last_ms)
    if danger is None or danger.at_ms >= verdict.since_ms:
        at_ms, line, worse = verdict.since_ms, verdict.since_line, ""
    else:
        at_ms, line = danger.at_ms, danger.line
        worse = "" if danger.level == verdict.level else f"; {verdict.level} since line {units.count(verdict.since_line)}"
    return f"for {units.duration(last_ms - at_ms)} now, since {units.clock(at_ms)}, line {units.count(line)}{worse}"


def time_left(process: ProcessReport) -> str:
    """How long the process has, or why that cannot be said; for a dead one, when it died."""
    crash = process.crash
    if crash is not None:
        at = "" if crash.at_ms is None else f" at {units.clock(crash.at_ms)}"
        return f"none: it {'was killed' if crash.kind == 'killed' else 'died'}{at}, line {units.count(crash.line)}"
    if process.by_memory and process.total:
        if process.memory_left_ms is None:
            return f"{CANNOT_SAY}: {why_not_dated(process)}"
        return memory_sentence(process.memory_left_ms)
    if isinstance(process.forecast, NoForecast) and process.verdict.level == "ok":
        if is_open(process):
            return f"no end in sight; the live set is {say_growth(process)}"
        return f"no end in sight: the live set is {say_growth(process)}" if process.growth in SETTLED else "no end in sight"
    return forecast_sentence(process.forecast)


def memory_sentence(left_ms: float) -> str:
    """How long until all memory of a process reaches its limit."""
    if left_ms <= 0:
        return "none by the figures: all its memory has reached its limit, and it may be killed at any moment"
    return f"about {units.duration(left_ms)}, until all its memory reaches its limit"


def forecast_sentence(forecast: Forecast | NoForecast) -> str:
    """How long until the heap is exhausted on the current trend, or why that cannot be said."""
    match forecast:
        case NoForecast(reason=reason):
            return f"{CANNOT_SAY}: {reason}"
        case Forecast(at_low_ms=low, at_expected_ms=expected, at_high_ms=high, now_ms=now):
            return _time_left(low - now, expected - now, high - now)


def _time_left(low: float, expected: float, high: float) -> str:
    if expected <= 0:
        return "none by the trend: the live set has reached the limit"
    earliest = "any moment now" if low <= 0 else units.duration(low)
    if math.isinf(expected):
        return f"{earliest} at the least; growth may also stop"
    if math.isinf(high):
        return f"about {units.duration(expected)}, {earliest} at the least; growth may also stop"
    return f"about {units.duration(expected)} (four in five: {earliest} to {units.duration(high)})"


def sorted_findings(process: ProcessReport) -> tuple[FindingReport, ...]:
    """The findings, the most severe first, otherwise as they came."""
    return tuple(sorted(process.findings, key=lambda finding: SEVERITIES.index(finding.severity)))


def what_to_do(process: ProcessReport) -> str:
    """One thing: the beginning of the first finding's remedy, or of the one that it refers to."""
    if process.crash is not None and process.crash.kind == "not-memory":
        return first_step(advise_on_assertion(process, process.crash))
    if remedy := _first_remedy(process):
        return first_step(remedy)
    if process.crash is not None:
        return f"look at what the program did where the stack or the last lines before line {units.count(process.crash.line)} point"
    if process.verdict.level == "ok":
        if any(finding.severity != "info" for finding in process.findings):
            return "nothing for the process; what the findings ask for is a better log"
        return "nothing: there is no finding" + (" but for information" if process.findings else "")
    if not process.total:
        return "log process.memoryUsage() every minute for an hour or so, and give the container's limit with --memory-limit"
    host = "d8" if process.node.host == "d8" else "node"
    return f"record it for longer, from the start of the process: `{host} --trace-gc app.js > gc.log 2>&1`"


def _first_remedy(process: ProcessReport) -> str:
    """The remedy of what the headline speaks of, else of the first finding that asks for something. Information does only of a process
    that is not well."""
    findings = sorted_findings(process)
    if spoken_of := [finding for finding in findings if finding.id in _ids_of_headline(process)]:
        return _followed(spoken_of[0], findings)
    asking = [finding for finding in findings if finding.severity != "info"]
    if process.verdict.level == "ok" and all(finding.id in ABOUT_THE_LOG for finding in asking):
        return ""
    if not asking and process.verdict.level not in ("ok", "not-assessable"):
        asking = [finding for finding in findings if finding.id not in ABOUT_THE_LOG]
    if not asking:
        return ""
    return _followed(asking[0], findings)


def _ids_of_headline(process: ProcessReport) -> tuple[str, ...]:
    """The findings, any of which explains the headline of a living process that is on the rise; empty if nothing climbs."""
    if process.crash is not None or process.kill is not None or process.verdict.level in ("ok", "not-assessable"):
        return ()
    if process.by_memory:
        return OF_MEMORY
    return OF_HEAP_GROWTH if process.verdict.level == "rising" and process.growth in GROWING else ()


def _followed(finding: FindingReport, findings: Sequence[FindingReport]) -> str:
    """The remedy of a finding, or of the one that it refers to."""
    followed = FOLLOW.match(finding.remedy)
    named = "" if followed is None else followed[1]
    return next((other.remedy for other in findings if other.id == named), finding.remedy)


def what_if_sentences(process: ProcessReport) -> tuple[str, ...]:
    """What a larger limit would buy."""
    return tuple(
        f"{units.mb(what_if.extra_mb)} more heap buys {units.duration(what_if.gained_ms)} on the current trend"
        for what_if in process.what_if
    )


def severity_counts(process: ProcessReport) -> dict[Severity, int]:
    """Number of findings by severity."""
    return {severity: sum(finding.severity == severity for finding in process.findings) for severity in SEVERITIES}
