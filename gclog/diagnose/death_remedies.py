"""What to do after a death: one step first, then what else helps. By what ran out, by the host, by what the log has already."""

from __future__ import annotations

import re

from gclog import units
from gclog.analysis.measure.full_heap import FAR_MB
from gclog.analysis.measure.locations import MOVING, RETRIED
from gclog.diagnose import facts, remedies, surroundings
from gclog.diagnose.hosts import HOST_STEPS, advise_in_host, host_of, is_users_tool
from gclog.diagnose.more_heap import more_heap, twice_mb
from gclog.diagnose.native_remedies import advise_on_native_memory, look_at_system
from gclog.diagnose.platform_names import platform_around
from gclog.diagnose.sentences import join
from gclog.diagnose.settings_place import say_where_to_set
from gclog.model.report import ProcessReport
from gclog.model.verdict import Crash, Limit

__all__ = ["advise_on_assertion", "advise_on_death"]

FULL_SHARE = 0.95
"""From here on the heap was full, whatever message is missing."""

NEARLY_FULL_SHARE = 0.9
"""From here on its limit is the likeliest reason for a death of which the message is missing."""

MOST_BUILDS_MB = 8192
"""What is enough for nearly all builds, if nothing shows what it had."""

WORK: dict[str, str] = {
    "jest": "A run of many tests",
    "vitest": "A run of many tests",
    "eslint": "Linting with types",
}
"""What a tool does that may need much, if it is not a build."""

WITH_LESS: dict[str, str] = {
    "jest": "Run `jest --logHeapUsage --runInBand`: it shows whether each test file leaves more behind, which is a leak in what they share.",
    "vitest": "Run `vitest run --logHeapUsage`: it shows whether each test file leaves more behind, which is a leak in what they share.",
    "eslint": "Lint fewer files at a time: its rules with types keep the whole program.",
}
"""What else to do about a tool that runs out of heap."""

TEST_RUNNERS = ("jest", "vitest")

FRESH_WORKERS = (
    "Have the test runner start fresh workers, and fewer: `jest --workerIdleMemoryLimit=512MB --maxWorkers=2` (Vitest: `--pool=forks "
    "--maxWorkers=2`), for its heap rises from test file to test file."
)

BUILD_LESS = "Build less at once: without source maps, with fewer workers in parallel, or part by part."
"""The same for all others: what fills their heap is the project, and nobody mends a bundler at night."""

START_ANEW = "A compiler or bundler that goes on after each change may keep more each time: start it anew now, and when its heap is large again."

ASSERTION = re.compile(r"\bcheck failed\b|\bunreachable code\b", re.IGNORECASE)
"""V8's own checks. What says that an interface was misused (`ToLocalChecked`, `HandleScope`) is Node's or an addon's doing."""


def advise_on_death(process: ProcessReport, crash: Crash) -> str:
    """What to do about a death for want of memory, or about the tail of a crash."""
    match crash.kind:
        case "native-memory":
            return join(advise_in_host(process), advise_on_native_memory(process, crash))
        case "one-large-allocation":
            return join(remedies.make_smaller(crash), advise_in_host(process))
        case "unknown" if not crash.message:
            return _advise_on_tail(process, crash)
        case "unknown" | "heap-limit" if surroundings.is_tiny(process):
            return join(
                f"The heap was nearly empty, so see what the system refuses: {look_at_system(process)}.",
                f"If there is room, one object was too large{_start_at(crash)}."
                if (crash.location or "").startswith(tuple(RETRIED))
                else "Start fewer processes or workers at a time: each takes address space and mappings, however little it holds.",
            )
        case "unknown" if (crash.location or "").startswith(MOVING) and facts.known(process.heap.live_mb) is not None:
            return join(
                f"See first whether the system, or the container's limit, refuses memory: {look_at_system(process)}.",
                "If there is room, the heap was full.",
                remedies.advise_evidence(process),
            )
        case "unknown" if (crash.location or "").startswith(MOVING) and crash.native_stack:
            return join(
                f"See first whether the system, or the container's limit, refuses memory: {look_at_system(process)}.",
                "If there is room, the heap was full.",
            )
        case "unknown" if surroundings.is_fault(crash):
            return join(
                "Keep stderr with it: V8's message, which says what ran out, goes there.",
                "If there was none, a native addon is the likelier cause: `npm rebuild`, and update it.",
            )
        case "unknown" if facts.known(process.heap.live_mb) is None:
            return join(
                "Keep V8's last collections with the message (`<--- Last few GCs --->` and the lines below it): they show how full the heap was.",
                _advise_on_heap(process, crash),
            )
        case _:
            return _advise_on_heap(process, crash)


def advise_on_assertion(process: ProcessReport, crash: Crash) -> str:
    """What to do about a death that is not for want of memory."""
    if ASSERTION.search(crash.message):
        build = (
            "use a release build of V8 (this one has debug checks), and " if "debug check" in crash.message.casefold() else ""
        )
        owner = "Node" if process.node.host == "Node" else f"its host ({process.node.host})"
        return (
            f"An assertion of V8's own failed, which no heap flag changes: {build}update {owner} to the newest release of its line; if it "
            f"persists, report it with the version and the lines from {units.count(crash.line)} on."
        )
    where = f"at {crash.place}" if crash.place else "where the stack or the last lines before it point"
    return f"It is not about memory: look {where}, and at native addons (`npm rebuild` after each change of Node's version)."


def _advise_on_tail(process: ProcessReport, crash: Crash) -> str:
    """The message is missing. A full heap needs none; otherwise the rest of the text comes first."""
    fullness = surroundings.fullness_of(process)
    rest = (
        "Get the rest of the text: it breaks off before V8's message, which says what ran out."
        if crash.is_cut
        else "Keep stdout and stderr in one log: V8's message, which says what ran out, goes to stderr."
    )
    if surroundings.is_tiny(process):
        looked = f"The heap was nearly empty, so see what the system refuses: {look_at_system(process)}."
        return join(rest, looked) if crash.is_cut else join(looked, rest)
    is_full = fullness is not None and (fullness >= NEARLY_FULL_SHARE or _was_last_resort(process))
    if is_full or surroundings.written_snapshots(process):
        return join(_advise_on_heap(process, crash), rest)
    return join(rest, _advise_on_heap(process, crash))


def _was_last_resort(process: ProcessReport) -> bool:
    """Whether V8 had tried everything for an allocation when it died: that needs no message."""
    return bool(process.cycles) and process.cycles[-1].line in process.signs.last_resort_lines


def _advise_on_heap(process: ProcessReport, crash: Crash) -> str:
    """For a heap that was full: what its snapshots and profiles show, what its host asks for, more room if that is due, then how to find what fills it."""
    if fills := remedies.say_what_fills(process):
        return join(fills, remedies.say_what_more_buys(process))
    if written := _open_snapshots(process):
        return join(written, _give_more(process, crash))
    if host := advise_in_host(process):
        node, platform = surroundings.version_of(process), surroundings.platform_of(process)
        sampling = remedies.advise_sampling(node, surroundings.lived_ms(process), platform)
        return join(host, f"If you did: {_lower(sampling)}" if is_users_tool(process) and host_of(process) == "Node" else "")
    if crash.at_limit is not None and crash.at_limit.holds_large_object:
        return join(remedies.make_smaller(crash), remedies.advise_evidence(process))
    if surroundings.is_rebuilding(process) and process.node.host == "Node" and process.main:
        limit_mb = _limit_mb(process, crash)
        more = None if limit_mb is None else more_heap(process, limit_mb, twice_mb(limit_mb))
        rarer = "" if more is None else join(f"More heap makes that rarer: {_set_flag(process, more.mb)}.", more.first)
        return join(START_ANEW, rarer, "Update it and its plugins, where such leaks are mended.")
    given = _give_more(process, crash)
    if surroundings.is_test_run(process):
        return join(FRESH_WORKERS, given)
    is_build = surroundings.is_build(process) and not _is_far_below(process)
    tool = surroundings.build_tool(process) if is_build else ""
    if tool in TEST_RUNNERS:
        return join(_name_culprit(process, crash), WITH_LESS[tool], f"If none does: {_lower(given)}" if given else "")
    find = WITH_LESS.get(tool, BUILD_LESS) if is_build else remedies.advise_evidence(process)
    return join(
        _name_culprit(process, crash),
        given,
        f"Otherwise {_lower(find)}" if given and not find.startswith("From Node") else find,
        remedies.say_what_more_buys(process) if facts.is_growing(process.growth) else _buy_time(process, crash),
        "" if is_build else _record(process),
    )


def _lower(sentence: str) -> str:
    """A sentence as the second half of another."""
    return sentence if sentence.startswith("From Node") else f"{sentence[0].lower()}{sentence[1:]}"


def _open_snapshots(process: ProcessReport) -> str:
    """How to read the snapshots that it wrote at its limit: its own evidence, already paid for."""
    paths = surroundings.written_snapshots(process)[-3:]
    if not paths:
        return ""
    if len(paths) == 1:
        return f"Open the heap snapshot that it wrote at its limit: `gclog heapdiff {paths[0]}` shows what fills the heap."
    return f"Compare the heap snapshots that it wrote at its limit: `gclog heapdiff {' '.join(paths)}` shows what grows."


def _is_far_below(process: ProcessReport) -> bool:
    """Whether the heap was below any default, and nobody is known to have set a limit: a flag for twice as much would be one for less."""
    live_mb = surroundings.live_mb_of(process)
    is_named = isinstance(process.limit, Limit) and process.limit.source in ("option", "log", "report")
    return live_mb is not None and live_mb < FAR_MB and not is_named


def _name_culprit(process: ProcessReport, crash: Crash) -> str:
    """The operation on one large value under way, unless the heap was full without it."""
    what, fullness = surroundings.culprit_of(crash), surroundings.fullness_of(process)
    is_build = surroundings.is_build(process) and not _is_far_below(process)
    if not what or is_build or (fullness is not None and fullness >= FULL_SHARE):
        return ""
    return f"It died in {what}{_start_at(crash)}, which may have asked for too much: see how large its input can get, and stream or split it."


def _start_at(crash: Crash) -> str:
    """The JavaScript frame to look at first; empty if none is named."""
    return f" ({frame})" if (frame := surroundings.first_frame(crash)) else ""


def _give_more(process: ProcessReport, crash: Crash) -> str:
    """The flag for twice the limit, if its work may be that large: a build, or a young process under a limit that nobody chose."""
    limit_mb = _limit_mb(process, crash)
    age = surroundings.age_ms(process)
    is_build = surroundings.is_build(process) and not _is_far_below(process)
    if process.node.host != "Node" or not process.main or (age is not None and age > surroundings.LEAK_AGE_MS):
        return ""
    if limit_mb is None and not is_build:
        return ""
    more = more_heap(process, limit_mb, MOST_BUILDS_MB if limit_mb is None else twice_mb(limit_mb))
    flag = _set_flag(process, more.mb)
    if limit_mb is not None and surroundings.is_brief(process) and limit_mb <= FAR_MB:
        return join(f"Its limit is small, so give it more: {flag}.", more.first)
    if _is_service(process):
        return ""
    if is_build:
        work = "A build" if limit_mb is None else WORK.get(surroundings.build_tool(process), "A build")
        return f"{work} may simply need this much: {more.how}: {flag}."
    if crash.at_limit is not None and crash.at_limit.origin == "default":
        return f"If its work is simply this large, {more.how}: {flag}; the limit was a default."
    return ""


def _is_service(process: ProcessReport) -> bool:
    """Whether it serves requests, or is run as a service: what fills it in the end is no piece of work that is simply large."""
    if surroundings.is_build(process) or surroundings.is_rebuilding(process):
        return False
    return surroundings.is_server(process) or bool(platform_around(process))


def _buy_time(process: ProcessReport, crash: Crash) -> str:
    """How a service gets more heap than the default."""
    if not _is_service(process) or crash.at_limit is None or crash.at_limit.origin != "default" or process.node.host != "Node":
        return ""
    more = more_heap(process, crash.at_limit.mb, twice_mb(crash.at_limit.mb))
    return join(f"More heap only buys time if it leaks: {_set_flag(process, more.mb)}; the limit was a default.", more.first)


def _limit_mb(process: ProcessReport, crash: Crash) -> float | None:
    if crash.at_limit is not None and crash.at_limit.origin == "default":
        return crash.at_limit.mb
    return process.limit.mb if isinstance(process.limit, Limit) else crash.at_limit.mb if crash.at_limit is not None else None


def _set_flag(process: ProcessReport, mb: float) -> str:
    """The option, in the way that its version, system and tool take it."""
    is_tool = surroundings.is_build(process) or surroundings.is_rebuilding(process)
    program = f"node_modules/.bin/{surroundings.build_tool(process) or 'TOOL'}" if is_tool else ""
    return say_where_to_set(process, f"--max-old-space-size={mb:.0f}", program)


def _record(process: ProcessReport) -> str:
    """How to see next time what led to it, if this log has the end alone."""
    if process.verdict.not_foreseeable is None or process.node.host in HOST_STEPS:
        return ""
    return "Record what leads to it: start it with --trace-gc and keep the whole log."
