"""Statements of one report that exclude each other: what no reader may find side by side."""

from __future__ import annotations

import dataclasses
import html
import json
import re
from collections.abc import Iterator

from rendered import render_html, render_markdown, render_terminal

from gclog import units
from gclog.analysis.verdict.limit_size import is_range
from gclog.analysis.verdict.strikes import FATAL_STRIKES
from gclog.diagnose.signs import GC_BOUND_SHARE
from gclog.model.process import Trend
from gclog.model.report import ProcessReport, Report
from gclog.model.verdict import GROWING, LEVELS, Limit, NoForecast
from gclog.report.json.v1 import render_json
from gclog.report.say.process import what_to_do

__all__ = ["contradictions"]

GREW = r"live set grew from|took its live set from"

EXCLUDING: tuple[tuple[str, str], ...] = (
    (GREW, r"live set did not grow"),
    (GREW, r"\bno trend led to it\b"),
    (GREW, r"Growth +\|? *(flat(?! but)|cannot say)"),
    (r"^\W*OK\b", r"V8 may give up at any time|was at its limit|more and V8 gives up"),
    (r"nothing to foresee", r"(?<!no longer )V8 may give up|Heap exhaustion (impending|at hand)|is impending"),
    (r"no heap limit known", r"limit (?:is|may be) reached in|limit of [\d.]+ .B (?:is|may be) reached"),
    (
        r"no end in sight",
        r"on current trend the (?:inferred )?[\d.]+ .B limit (?:is|may be) reached|\bCRITICAL\b|\bEXHAUSTED\b",
    ),
    (
        r"none: it (died|was killed)",
        r"While it lives|[Rr]estart it|about [\d.]+ (s|min|h|d) \(four in five|\bnothing to foresee\b|(?:is|may be) reached in",
    ),
    (r"External memory, most +\|? *cannot say", r"External memory went from|external [\d.]+ .B to [\d.]+"),
    (r"too few collections", r"GC takes [1-9]\d(\.\d)? % of the time"),
    (r"no warning came before it", r"before the end, from line|foreseeable [\d.]+ (ms|s|min|h|d) before"),
    (r"\b0\.00 ms of log", r"on current trend"),
    (r"Healthy so far", r"collections free little"),
    (r"is not known yet", r"levelled off for|flat before and after"),
    (r"was at its last resort", r"live set is flat\b|Growth +\|? *flat\b"),
    (r"limit not known", r"Heap limit +\|? *[\d.]+ .B|of a(?:n inferred)? [\d.]+ .B limit"),
    (r"\bno trend led to it\b", r"Growth +\|? *gr(?:ew|owing) (?!in a sudden)"),
    (r"Heap limit +\|? *[\d.]+ .B[^|]*given by the user", r"an inferred [\d.]+ .B limit|limit \(inferred"),
    (r"no heap limit helps", r"[Rr]aise (?:the limit|--max-old-space-size)|--max-old-space-size=\d"),
    (r"^\W*(?:\w+ )*Not assessable", r"on current trend|Heap exhaustion|Growth +\|? *grow|Live-set trend +\|? *\+"),
    (r"(?:is|may be) reached in [\d.]+", r"Time left:? +\|? *(?:cannot say|no end in sight|none)"),
    (r"Killed from outside, not by V8", r"the process died (?:at|after|with)|Out of heap: "),
    (r"the fatal error is in the log", r"Killed from outside, not by V8|the fatal error is not in the log"),
    (r"\bHealthy so far\b|^\W*OK: live set", r"\bit (?:died|was killed)\b|What to do:? +\|? *[Rr]estart"),
    (r"no time left for a heap snapshot", r"take a heap snapshot there"),
    (r"could not allocate memory to start|no code of yours had run", r"[Ll]ive set [\d.]+ .B"),
    (r"full, and hardly anything can be freed", r"Growth +\|? *(?:flat|levelled off|growing)|^\W*OK\b"),
)
"""Pairs of patterns that may not both be found in the report of one process."""

NOT_SAID = r"<(script|style|svg|textarea)\b.*?</\1>|<div class=\"word\".*?</div>|<section id=\"method\".*?</section>|<title>.*?</title>|^.*?</header>"
"""Of a page: what is not text, explains words, or repeats the answer."""

TIMES_AND_SHARES = re.compile(r"(?:is|may be) reached in ([\d.]+ \w+)|(?<=takes )([\d.]+ %)")
"""Figures of a headline that the rest of the report must have, too."""

SIZE = re.compile(r"[\d.,]+ (?:kB|MB|GB)\b(?!/)")


def contradictions(report: Report) -> Iterator[str]:
    """What contradicts itself in the report of each process, in terminal and in Markdown, each with the words found."""
    for process in report.processes:
        alone = dataclasses.replace(report, processes=(process,), profiles=(), heaps=(), sources=())
        name = f"{process.source}, {process.pid}, {process.verdict.headline!r}"
        for said in _in_types(process):
            yield f"{name}: {said}"
        yield from (f"{name}: {said}" for said in _in_json(alone))
        for text in map(
            _in_a_row, (render_terminal(alone, width=10_000), render_markdown(alone), _text_of(render_html(alone)))
        ):
            for one, other in EXCLUDING:
                first, second = re.search(one, text), re.search(other, text)
                if first and second:
                    yield f"{name}: {first[0]!r} beside {second[0]!r}"
            for size in _single_limits(process, text):
                yield f"{name}: a limit of {size}, which is only known as a range"
            figures = set(SIZE.findall(text.replace(process.verdict.headline, "")))
            for size in SIZE.findall(process.verdict.headline):
                if size not in figures:
                    yield f"{name}: {size} of the headline is nowhere else"
            rest = text.replace(process.verdict.headline, "")
            for left, share in TIMES_AND_SHARES.findall(process.verdict.headline):
                if (left or share) not in rest:
                    yield f"{name}: {left or share} of the headline is nowhere else"


ONE_LIMIT = re.compile(r"limit of (?:about )?([\d.]+ [MG]B)(?! to)|(?<!to )([\d.]+ [MG]B)(?= limit\b)")


def _single_limits(process: ProcessReport, text: str) -> set[str]:
    """Sizes that a text gives as the heap's limit, if all that is known of that is a range."""
    limit = process.limit
    if not isinstance(limit, Limit) or not is_range(limit):
        return set()
    return {units.mb(limit.mb)} & {size for found in ONE_LIMIT.findall(text) for size in found}


def _in_a_row(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _text_of(page: str) -> str:
    """What a page says, without the explanations of its words and how it was computed."""
    said = re.sub(NOT_SAID, " ", page, flags=re.DOTALL)
    return html.unescape(
        re.sub(r"<[^>]*>", "", re.sub(r"</?(?:p|d[tdl]|t[hdr]|li|h\d|div|section|article)\b[^>]*>", " ", said))
    )


def _in_json(alone: Report) -> Iterator[str]:
    """What JSON says in another way than the process."""
    (process,), (written,) = alone.processes, json.loads(render_json(alone))["processes"]
    verdict = written["verdict"]
    if (verdict["level"], verdict["headline"]) != (process.verdict.level, process.verdict.headline):
        yield f"JSON has {verdict['level']}, {verdict['headline']!r}"
    if process.crash is not None and written["forecast"].get("in_ms") is not None:
        yield "JSON has a time left of a dead process"
    advice = what_to_do(process)
    if not advice.strip():
        yield "no advice"
    if process.crash is not None and re.search(r"[Rr]estart it|while it lives", advice):
        yield f"advice to the dead: {advice!r}"


def _in_types(process: ProcessReport) -> Iterator[str]:
    """What the types allow, and a reader would not."""
    level, trend, crash = process.verdict.level, process.heap.old_space_trend, process.crash
    if isinstance(trend, Trend):
        if trend.low_mb_per_h > 0 and process.growth not in GROWING:
            yield f"growth {process.growth} beside a trend above zero"
        if trend.low_mb_per_h <= 0 and process.growth in GROWING:
            yield f"growth {process.growth} beside a trend that may be zero"
        if trend.points < 4:
            yield f"a trend of {trend.points} points"
    if process.growth in GROWING and process.heap.full_collections < 4:
        yield f"growth {process.growth} by {process.heap.full_collections} full collections"
    now = f"{process.verdict.headline} {process.verdict.because}"
    if "will be reached" in now and isinstance(process.forecast, NoForecast) and "slowing down" in process.forecast.reason:
        yield f"{now!r} beside {process.forecast.reason!r}"
    for event in process.timeline:
        if re.search(r"inferred[^;]*will be reached", event.because):
            yield f"a limit that is inferred will be reached: {event.because!r}"
    if re.search(r"inferred[^;]*\b(?:will be|is) reached", now):
        yield f"a limit that is inferred is reached: {now!r}"
    found = {finding.id for finding in process.findings}
    if process.growth in GROWING and level in ("rising", "impending", "critical") and "old-space-growth" not in found:
        yield f"growth {process.growth} without the finding old-space-growth"
    if crash is not None and LEVELS.index(level) < LEVELS.index("critical"):
        yield f"{level} of a process that died ({crash.kind})"
    if (
        level == "rising"
        and process.growth == "none"
        and not process.by_memory
        and "raises the level" not in process.verdict.headline
    ):
        yield "rising beside a flat live set, and the headline does not say why"
    if level == "ok":
        share = process.pauses.share
        if isinstance(share, float) and share >= GC_BOUND_SHARE and process.total >= 3 and process.span.duration_ms >= 2100:
            yield f"ok with {share:.0%} of the time in GC"
        live, limit = process.heap.live_mb, process.limit
        if isinstance(live, float) and isinstance(limit, Limit) and limit.source != "inferred" and live >= 0.95 * limit.mb:
            yield f"ok with {live} of {limit.mb} MB alive"
        if any(finding.severity == "error" and finding.id.startswith("heap-exh") for finding in process.findings):
            yield "ok beside the finding of an exhausted heap"
    for finding in process.findings:
        strikes = [int(number) for number in re.findall(rf"strike (\d+) of {FATAL_STRIKES}", finding.title)]
        if any(number > FATAL_STRIKES for number in strikes):
            yield finding.title
