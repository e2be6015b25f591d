"""Gold files: what each stage makes of representative samples. `pytest tests/test_gold.py --update-gold` writes them anew."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import gclog
from gclog.model.records import column_specs
from gclog.report.json.v1 import render_json

ROOT = Path(__file__).parent.parent
GOLD = Path(__file__).parent / "gold"

SAMPLES = [
    "gc/leak-node0.10.log.gz", "gc/leak-node0.12.log.gz", "gc/healthy-node4.log", "gc/leak-node6.log", "gc/crash_tail-node8.log",
    "gc/spiral-node8.log", "gc/leak-node10.log", "gc/crash-node12.stdout.log", "gc/huge_join-node12.log", "gc/leak-node14.log",
    "gc/mutator_utilization-node16.log", "gc/workers-node16.log", "gc/leak-node18.log", "gc/healthy-node20.log", "gc/report-node20.log",
    "gc/restarts-node20.log", "gc/minor_ms-node22.log", "gc/last_resort-node24.log", "gc/many_flags-node24.log.gz", "gc/leak-node25.log",
    "gc/huge_array-node26.log", "gc/nvp-node8.log", "gc/nvp_leak-node26.log.gz", "gc/verbose-node10.log", "gc/explicit_gc-node14.log",
    "gc/event_emitter_leak-node24.log", "gc/external_buffers-node4.log", "wrapped/docker_json.log", "wrapped/utf16le.log",
    "ticks/node6.log.gz", "ticks/moves-node12.log.gz", "ticks/node16.log.gz", "ticks/node26.log.gz",
]  # fmt: skip
"""Every major version that has a form of its own, every kind of line, and every way to die; ticks of each way to write them."""

DIGITS = 6
LONGEST = 300
TOP_FUNCTIONS = 12
MOST_LINES_A_PROCESS = 45
"""Of a gold file: a person who reviews a difference should see what moved at a glance."""

FIGURES: dict[str, tuple[str, ...]] = {
    "node": ("range",),
    "span": ("first_ms", "last_ms", "first_line", "last_line", "wall_start"),
    "collections": ("total", "scavenge", "mark_compact", "minor_mark_sweep"),
    "pauses": (
        "share",
        "worst_60s_share",
        "count",
        "total_ms",
        "max_ms",
        "max_line",
        "p50_ms",
        "p90_ms",
        "p99_ms",
        "average_mu",
    ),
    "heap": ("live_mb", "live_min_mb", "live_max_mb", "used_max_mb", "committed_max_mb", "external_max_mb"),
    "rates": ("alloc_mb_per_s", "promoted_mb_per_s", "survival_share", "reclaim_median_share", "fragmentation_max_mb"),
    "trend": ("mb_per_h", "low_mb_per_h", "high_mb_per_h", "points", "basis", "reason"),
    "limit": ("mb", "source", "low_mb", "high_mb", "line", "reason"),
    "forecast": ("at_ms", "reason"),
    "verdict": ("level", "headline", "since_ms", "since_line", "foreseeable_ms", "foreseeable_reason"),
    "crash": ("kind", "message", "line", "location", "at_ms", "reason"),
}
"""What of each part of a process a person would check: another key of the report changes no gold file."""

PROFILE_FIGURES = (
    *("v8_version", "node", "pid", "isolate", "ticks", "counted", "lost", "interval_ms", "duration_ms", "gc_share", "headline"),
    *("summary", "top_total", "committed_total"),
)
FUNCTION_FIGURES = (
    "name",
    "kind",
    "script",
    "line",
    "category",
    "package",
    "self_ticks",
    "self_share",
    "total_ticks",
    "total_share",
)


def rounded(value: Any) -> Any:
    """Floats with six significant digits: neither a platform's last bit nor a shorter way to add up changes a gold file. Texts are cut."""
    match value:
        case float():
            return None if not math.isfinite(value) else float(f"{value:.{DIGITS}g}")
        case str():
            return value if len(value) <= LONGEST else f"{value[:LONGEST]}..."
        case dict():
            return {name: rounded(item) for name, item in value.items()}
        case list() | tuple():
            return [rounded(item) for item in value]
        case _:
            return value


def chosen(part: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The figures of these names that there are; of one that is not known, why."""
    return {name: rounded(part[name]) for name in names if part.get(name) is not None}


def make_gold(path: Path) -> dict[str, Any]:
    """Lines, records, processes and profiles of a sample, as far as a person would check them."""
    records = list(gclog.read(path))
    report = gclog.analyze(path)
    document = json.loads(render_json(report))
    (source,) = document["sources"]
    return {
        "lines": source["lines"],
        "recognised_by": source["recognised_by"],
        "envelopes": source["envelopes"],
        "records": dict(sorted(Counter(type(record).__name__ for record in records).items())),
        "some": [show(record) for record in (*records[:1], *records[-1:])],
        "processes": [show_process(process) for process in document["processes"]],
        "profiles": [show_profile(profile) for profile in document["profiles"]],
    }


def show_process(process: dict[str, Any]) -> dict[str, Any]:
    """Level, headline, since when, limit, live set, trend, pauses, death and findings of a process."""
    heap, crash = process["heap"], process["crash"] or {}
    parts = process | {"rates": heap, "trend": heap["old_space_trend"], "crash": crash}
    return {
        "who": [process[name] for name in ("pid", "isolate", "main", "run")],
        **{part: chosen(parts[part], names) for part, names in FIGURES.items()},
        "by_collector": {
            name: [rounded(figures[key]) for key in ("count", "total_ms", "max_ms")]
            for name, figures in process["pauses"]["by_collector"].items()
        },
        "by_reason": [[by["reason"], by["collector"], by["count"]] for by in process["pauses"]["by_reason"]],
        "growth": process["growth"],
        "timeline": [[event["line"], event["level"]] for event in process["timeline"]],
        "strikes": [[strike["line"], strike["count"]] for strike in process["strikes"]],
        "what_if": [[rounded(step["extra_mb"]), rounded(step["gained_ms"])] for step in process["what_if"]],
        "stack": [frame[:LONGEST] for frame in (*crash.get("js_stack", [])[:2], *crash.get("native_stack", [])[:2])],
        "memory": chosen(process["memory"] or {}, ("readings", "growth", "outside_share", "because")),
        "findings": [
            [finding["id"], finding["severity"], [line["line"] for line in finding["evidence"]]]
            for finding in process["findings"]
        ],
    }


def show_profile(profile: dict[str, Any]) -> dict[str, Any]:
    """The figures of a profile, and its hottest functions with their shares."""
    return {
        **chosen(profile, PROFILE_FIGURES),
        "lines": profile["lines"],
        "categories": [[c["category"], c["package"], c["self_ticks"]] for c in profile["categories"]],
        "notes": [note["id"] for note in profile["notes"]],
        "top": [chosen(function, FUNCTION_FIGURES) for function in profile["top"][:TOP_FUNCTIONS]],
    }


def show(record: Any) -> dict[str, Any]:
    """What a record says, without the fields that it does not fill."""
    values = {name: getattr(record, name) for name in column_specs(type(record)) if name != "values"}
    filled = {name: rounded(value) for name, value in values.items() if value is not None and value is not False}
    return {"record": type(record).__name__, **filled}


def written(gold: dict[str, Any]) -> str:
    """A gold file: a line for each part, and for each part of a process or a profile; what is empty is left out."""

    def lines(parts: dict[str, Any], indent: str) -> str:
        return ",\n".join(
            f"{indent}{json.dumps(name)}: {value(part, indent)}" for name, part in parts.items() if part or part == 0
        )

    def value(part: Any, indent: str) -> str:
        if not (isinstance(part, list) and part and isinstance(part[0], dict)):
            return json.dumps(part)
        deep = indent + " "
        if "who" in part[0] or "top" in part[0]:
            return "[\n" + ",\n".join(f"{deep}{{\n{lines(item, deep + ' ')}\n{deep}}}" for item in part) + f"\n{indent}]"
        return "[\n" + ",\n".join(deep + json.dumps(item) for item in part) + f"\n{indent}]"

    return "{\n" + lines(gold, " ") + "\n}\n"


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read_and_judged_as_its_gold_file_says(name: str, request: pytest.FixtureRequest) -> None:
    gold = GOLD / (Path(name).name.removesuffix(".gz").removesuffix(".log") + ".json")
    found = make_gold(ROOT / "samples" / name)
    made = written(found)
    assert made.count("\n") <= MOST_LINES_A_PROCESS * max(1, len(found["processes"]))
    if request.config.getoption("--update-gold"):
        gold.parent.mkdir(exist_ok=True)
        gold.write_text(made, encoding="utf-8")
        return
    wanted = json.loads(gold.read_text(encoding="utf-8"))
    shown = json.loads(made)
    for part in {**wanted, **shown}:
        assert shown.get(part) == wanted.get(part), (
            f"{part} of {name}: if that is meant, run pytest tests/test_gold.py --update-gold"
        )


def test_every_gold_file_has_its_sample() -> None:
    names = {Path(name).name.removesuffix(".gz").removesuffix(".log") for name in SAMPLES}
    assert {path.stem for path in GOLD.glob("*.json")} == names


def test_the_gold_files_have_every_major_version_and_every_kind_of_record() -> None:
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in GOLD.glob("*.json")]
    kinds = {kind for document in documents for kind in document["records"]}
    assert kinds >= {
        "Collection",
        "DetailedCollection",
        "RingCollection",
        "FatalError",
        "CrashMarker",
        "NativeFrame",
        "JsFrame",
    }
    assert kinds >= {
        "SpaceUsage",
        "MemoryTotal",
        "GcTimeTotal",
        "MutatorUtilisation",
        "HeapLimitChange",
        "TraceLine",
        "Message",
    }
    deaths = {
        process["crash"]["kind"] for document in documents for process in document.get("processes", []) if "crash" in process
    }
    assert deaths >= {"ineffective-mark-compacts", "heap-limit", "worker-limit", "unknown"}
