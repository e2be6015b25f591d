"""A profile without its unknown ticks, and with the places of a source map: every view alike."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gclog.model.profile import STATES, Profile
from gclog.profile.build import build_profiles
from gclog.profile.filters import with_original_places, without_unknown
from gclog.profile.options import ProfileOptions
from gclog.profile.source_map import SourceMap
from gclog.source.open import Block, SourceSpec, open_source

TICKS = Path(__file__).parent.parent.parent / "samples" / "ticks"
HEAD = "v8-version,11,3,244,8,-node.38,0\ncode-creation,JS,10,5,0x2000,256,f /app/x.js:1:1,0x3000,~\n"
KNOWN, UNKNOWN, UNKNOWN_GC = "tick,0x2010,{},0,0x0,0\n", "tick,0x9999,{},0,0x0,0\n", "tick,0x9999,{},0,0x0,1,0x2020\n"


def build(*lines: str) -> Profile:
    text = "".join(line.format(1000 * number) for number, line in enumerate(lines, 1))
    (profile,) = build_profiles("v8.log", [Block((HEAD + text).encode(), 1)], ProfileOptions())
    return profile


def test_ticks_of_unknown_code_are_left_out_of_every_view() -> None:
    profile = without_unknown(build(KNOWN, UNKNOWN, KNOWN, UNKNOWN_GC, KNOWN))
    assert (profile.ticks, profile.excluded, profile.unaccounted) == (5, 2, 0)
    assert (profile.summary.javascript, profile.summary.unaccounted, profile.summary.excluded) == (3, 0, 2)
    assert [(profile.frames[row.frame].name, row.self_ticks, row.total_ticks) for row in profile.flat] == [("f", 3, 3)]
    assert [(row.category, row.self_ticks) for row in profile.categories] == [("application", 3)]
    assert profile.top_down.total_ticks == profile.bottom_up.total_ticks == 3
    assert list(profile.samples.at_us) == [1000, 3000, 5000]
    assert list(profile.samples.path) == [0, 0, 0]
    assert sum(sum(part.ticks) for part in profile.states) == 3


def test_idle_ticks_stay_over_the_time_when_unknown_ones_go() -> None:
    ticks = "".join(
        f"tick,{pc},{i * 1000},0,0x0,{state}\n" for i, (pc, state) in enumerate([("0x2010", 0), ("0x9", 0), ("0x9", 8)])
    )
    (whole,) = build_profiles("v8.log", [Block((HEAD + ticks).encode(), 1)], ProfileOptions())
    profile = without_unknown(whole)
    assert (profile.idle, profile.excluded) == (1, 2)
    assert [(sum(part.ticks), part.ticks[STATES.index("idle")]) for part in profile.states] == [(2, 1)]


def test_a_profile_that_knows_all_its_ticks_stays_as_it_is() -> None:
    profile = build(KNOWN, KNOWN)
    assert without_unknown(profile) is profile


@pytest.mark.parametrize("log", sorted(TICKS.glob("*.log.gz")), ids=lambda path: path.name)
def test_what_is_left_adds_up_in_every_view(log: Path) -> None:
    with open_source(SourceSpec(log.name, log)) as source:
        (whole,) = build_profiles(log.name, source.blocks(), ProfileOptions())
    profile = without_unknown(whole)
    counted = whole.ticks - whole.idle - whole.unaccounted
    assert profile.ticks - profile.excluded == counted
    assert sum(row.self_ticks for row in profile.flat) == counted
    assert sum(path.ticks for path in profile.paths) == counted
    assert sum(row.self_ticks for row in profile.categories) == counted
    assert len(profile.samples.at_us) == len(profile.samples.path) == len(profile.samples.state) == counted


def test_functions_have_the_locations_of_the_source_map(tmp_path: Path) -> None:
    path = tmp_path / "x.js.map"
    path.write_text(json.dumps({"version": 3, "sources": ["x.ts"], "mappings": "AAEI"}))
    (frame,) = (f for f in with_original_places(build(KNOWN), SourceMap(path)).frames if f.name == "f")
    assert (frame.script, frame.line, frame.column) == ("x.ts", 3, 5)
