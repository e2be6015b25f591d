"""Profiles in the JSON report: the keys that other programs rely on, ticks that add up, lists that are bounded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_profiles import DEOPT, JS, MAIN, TICKS, make_hostile, make_join, make_profile, make_report
from made_reports import ALL_HOSTILE

import gclog
from gclog.model.profile import STATES
from gclog.model.report import Report
from gclog.report.json.profile import DEEPEST, TOP_AT_MOST, TREE_AT_MOST
from gclog.report.json.v1 import render_json

LOGS = sorted((Path(__file__).parent.parent.parent / "samples" / "ticks").glob("*.log.gz"))

REQUIRED: dict[str, set[str]] = {
    "": {"source", "ticks", "duration_ms", "gc_share", "summary", "top"},
    "summary": {"javascript", "cpp", "gc", "shared_libraries", "unaccounted"},
    "top.0": {
        *("name", "kind", "self_ticks", "self_share", "total_ticks", "total_share", "script", "line", "column"),
        *("category", "package", "library", "tag", "tiers", "deoptimisations", "deoptimisations_total"),
    },
    "top.0.tiers.0": {"tier", "marker", "self_ticks", "total_ticks", "code"},
    "top.0.deoptimisations.0": {"line", "at_ms", "kind", "reason", "position"},
    "categories.0": {"category", "package", "self_ticks", "self_share"},
    "top_down": {"self_ticks", "total_ticks", "other_ticks", "children", "nodes_at_most", "deepest"},
    "bottom_up.children.0": {
        *("name", "kind", "script", "line", "column"),
        *("self_ticks", "total_ticks", "other_ticks", "children"),
    },
    "states": {"names", "slices"},
    "states.slices.0": {"from_ms", "ticks"},
    "committed.0": {"line", "at_ms", "committed_mb"},
    "lines": {"total", "recognised", "foreign", "continuation", "unread"},
    "gc": {
        *("source", "pid", "isolate", "offset_ms", "offset_why", "pause_share", "gc_ticks_in_pauses", "gc_ticks_elsewhere"),
        *("pauses", "pauses_total", "windows", "windows_why"),
    },
    "gc.pauses.0": {"line", "at_ms", "pause_ms", "collector", "gc_ticks"},
    "gc.windows.0": {"from_ms", "to_ms", "allocated_mb", "mb_per_s", "ticks", "functions"},
    "gc.windows.0.functions.0": {"name", "kind", "script", "line", "self_ticks", "total_ticks"},
}


def load(report: Report) -> Any:
    return json.loads(render_json(report), parse_constant=pytest.fail)["profiles"]


def at(document: Any, path: str) -> Any:
    for step in filter(None, path.split(".")):
        document = document[int(step)] if step.isdigit() else document[step]
    return document


@pytest.mark.parametrize("path", REQUIRED)
def test_every_key_of_format_1_is_there(path: str) -> None:
    (profile,) = load(make_report(make_profile(between=DEOPT), gc=make_join()))
    assert REQUIRED[path] <= set(at(profile, path))


def test_the_figures_are_the_profiles_own() -> None:
    (profile,) = load(make_report(make_profile(between=DEOPT)))
    assert (profile["ticks"], profile["counted"], profile["duration_ms"], profile["gc_share"]) == (20, 20, 19.0, 0.15)
    assert profile["summary"] == {
        "javascript": 16,
        "cpp": 0,
        "gc": 3,
        "shared_libraries": 3,
        "unaccounted": 1,
        "excluded": 0,
    }
    first = profile["top"][0]
    assert (first["name"], first["kind"], first["script"], first["line"]) == ("hash", "function", "/srv/app.js", 12)
    assert (first["self_ticks"], first["self_share"], first["total_ticks"]) == (10, 0.5, 13)
    assert [(tier["tier"], tier["self_ticks"]) for tier in first["tiers"]] == [("optimised", 9), ("interpreted", 1)]
    assert first["deoptimisations"] == [
        {"line": 20, "at_ms": 9.0, "kind": "eager", "reason": "wrong map", "position": "</srv/app.js:13:9>"}
    ]
    assert (profile["pid"], profile["isolate"], profile["node"]) == (7, "0x10", "20")
    assert (profile["v8_version"], profile["interval_ms"], profile["first_ms"]) == ("11.3.244.8-node.38", 1.0, 1.0)
    assert [point["committed_mb"] for point in profile["committed"]] == [1.0, 3.0, 2.0]
    assert profile["states"]["names"] == list(STATES)


def test_what_cannot_be_said_is_its_reason() -> None:
    (profile,) = load(make_report(make_profile([], name="v8.log")))
    assert profile["duration_ms"] == profile["first_ms"] == {"reason": "the log has no ticks"}
    assert profile["gc_share"] == {"reason": "no tick was counted"}
    assert profile["gc"] == {"reason": "no GC log of the same isolate was given"}
    assert profile["pid"] is None and profile["top"] == []


def own_of(node: Any) -> int:
    return node["self_ticks"] + node["other_ticks"] + sum(own_of(child) for child in node["children"])


def nodes_of(node: Any) -> int:
    return sum(1 + nodes_of(child) for child in node["children"])


def depth_of(node: Any) -> int:
    return max((1 + depth_of(child) for child in node["children"]), default=0)


def add_up(profile: Any) -> None:
    counted = profile["counted"]
    summary = profile["summary"]
    assert sum(summary[name] for name in ("javascript", "cpp", "shared_libraries", "unaccounted")) == counted
    assert sum(row["self_ticks"] for row in profile["top"]) + profile["top_other_self_ticks"] == counted
    assert sum(row["self_ticks"] for row in profile["categories"]) == counted
    assert sum(sum(part["ticks"].values()) for part in profile["states"]["slices"]) == counted + profile["idle"]
    for tree in (profile["top_down"], profile["bottom_up"]):
        assert tree["total_ticks"] == own_of(tree) == counted
        assert nodes_of(tree) <= TREE_AT_MOST and depth_of(tree) <= DEEPEST


@pytest.mark.parametrize("log", LOGS, ids=lambda path: path.name)
def test_ticks_add_up_in_every_view_of_a_sample(log: Path) -> None:
    (profile,) = load(gclog.analyze(log))
    assert profile["counted"] == profile["ticks"] - profile["idle"] > 100
    add_up(profile)
    assert len(profile["top"]) <= TOP_AT_MOST


def test_a_list_that_is_cut_says_what_it_left_out() -> None:
    functions = "".join(
        f"code-creation,JS,10,5,0x{0x10000 + 16 * n:x},16,f{n} /a.js:{n + 1}:1,0x{0x900000 + 8 * n:x},~\n" for n in range(300)
    )
    ticks = [(f"0x{0x10000 + 16 * n:x}", JS, f",{MAIN}") for n in range(300)]
    (profile,) = load(make_report(make_profile([*TICKS[:9], *ticks], between=functions)))
    assert profile["top_total"] > len(profile["top"]) == TOP_AT_MOST
    assert profile["top_other_self_ticks"] == 309 - sum(row["self_ticks"] for row in profile["top"]) > 0
    assert profile["top_down"]["children"][0]["other_ticks"] > 0
    add_up(profile)


def test_hostile_names_cannot_break_the_document() -> None:
    text = render_json(make_report(make_hostile(ALL_HOSTILE)))
    assert text.isascii()
    (profile,) = json.loads(text)["profiles"]
    assert sum(row["self_ticks"] for row in profile["top"]) == 12
