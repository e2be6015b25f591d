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
LEFT_OUT = ("cycles", "series", "source", "witnesses")
"""Too long; and where the checkout lies."""

PROFILE_LEFT_OUT = ("source", "top_down", "bottom_up", "states", "committed")
"""Of a profile: the two trees are told by the functions and their totals, and the series would be most of the file."""

TOP_FUNCTIONS = 12
MOST_KB = 40


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


def make_gold(path: Path) -> dict[str, Any]:
    """Lines, records and report of a sample."""
    records = list(gclog.read(path))
    report = gclog.analyze(path)
    (source,) = report.sources
    document = json.loads(render_json(report))
    return {
        "lines": rounded(document["sources"][0]["lines"]) | {"recognised_by": dict(sorted(source.recognised_by.items()))},
        "records": dict(sorted(Counter(type(record).__name__ for record in records).items())),
        "first": [show(record) for record in records[:2]],
        "last": [show(record) for record in records[-2:]],
        "processes": [
            {name: rounded(value) for name, value in process.items() if name not in LEFT_OUT}
            for process in document["processes"]
        ],
        **({"profiles": [show_profile(profile) for profile in document["profiles"]]} if document["profiles"] else {}),
    }


def show_profile(profile: dict[str, Any]) -> dict[str, Any]:
    """A profile as the JSON report has it, with the hottest functions alone."""
    shown = {name: rounded(value) for name, value in profile.items() if name not in PROFILE_LEFT_OUT}
    return shown | {"top": shown["top"][:TOP_FUNCTIONS]}


def show(record: Any) -> dict[str, Any]:
    """What a record says, without the fields that it does not fill."""
    values = {name: getattr(record, name) for name in column_specs(type(record)) if name != "values"}
    filled = {name: rounded(value) for name, value in values.items() if value is not None and value is not False}
    return {"record": type(record).__name__, **filled}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read_and_judged_as_its_gold_file_says(name: str, request: pytest.FixtureRequest) -> None:
    gold = GOLD / (Path(name).name.removesuffix(".gz").removesuffix(".log") + ".json")
    made = json.dumps(make_gold(ROOT / "samples" / name), indent=1, sort_keys=False) + "\n"
    assert len(made) < MOST_KB * 1024
    if request.config.getoption("--update-gold"):
        gold.parent.mkdir(exist_ok=True)
        gold.write_text(made, encoding="utf-8")
        return
    wanted = json.loads(gold.read_text(encoding="utf-8"))
    for part, value in json.loads(made).items():
        assert value == wanted[part], f"{part} of {name}: if that is meant, run pytest tests/test_gold.py --update-gold"


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
    deaths = {process["crash"]["kind"] for document in documents for process in document["processes"] if process["crash"]}
    assert deaths >= {"ineffective-mark-compacts", "heap-limit", "worker-limit", "unknown"}
