"""The text of node's tick processor: what real Nodes printed for real logs (samples/ticks, made by programs/make_ticks.sh)."""

from __future__ import annotations

from pathlib import Path

import pytest

from gclog.profile.node_tool.process import NodeFigures, process_as_node
from gclog.profile.node_tool.text import render_prof_process
from gclog.profile.options import ProfileOptions, parse_range
from gclog.profile.versions import rules_of
from gclog.source.blocks import Block
from gclog.source.open import SourceSpec, open_source

TICKS = Path(__file__).parent.parent.parent / "samples" / "ticks"
OPTIONS = {
    "txt": ProfileOptions(),
    "gc.txt": ProfileOptions(state="gc"),
    "summary.txt": ProfileOptions(only_summary=True, ignore_unknown=True),
    "separate.txt": ProfileOptions(separate_ic=False, separate_bytecodes=True, separate_builtins=False),
}
CASES = [path.name for path in sorted(TICKS.glob("*node*.txt"))]


def process(lines: str, options: ProfileOptions | None = None) -> NodeFigures:
    return process_as_node([Block(lines.encode(), 1)], options or ProfileOptions())


@pytest.mark.parametrize("name", CASES)
def test_the_text_is_that_of_the_node_that_wrote_the_log(name: str) -> None:
    node, _, suffix = name.partition(".")
    log, options = TICKS / f"{node}.log.gz", OPTIONS[suffix]
    with open_source(SourceSpec(log.name, log)) as source:
        figures = process_as_node(source.blocks(), options)
    assert render_prof_process(figures, "v8.log", options) == (TICKS / name).read_text(encoding="utf-8")


def test_there_are_samples_of_eleven_versions() -> None:
    assert len(list(TICKS.glob("node*.log.gz"))) == 11
    assert len(CASES) >= 43


HEAD = "v8-version,11,3,244,8,-node.38,0\ncode-creation,Builtin,2,10,0x1000,256,Add\n"


def test_it_stops_at_the_first_empty_line_as_node_does() -> None:
    figures = process(HEAD + "tick,0x1010,1,0,0x0,0\n\ntick,0x1010,2,0,0x0,0\n")
    assert (figures.ticks, figures.stopped) == (1, 4)


def test_a_last_line_without_an_end_is_left_out() -> None:
    figures = process(HEAD + "tick,0x1010,1,0,0x0,0\ntick,0x1010,2,0,0x0,0")
    assert (figures.ticks, figures.cut) == (1, True)


def test_a_name_with_a_comma_drops_its_record_and_says_so() -> None:
    figures = process(HEAD + "code-creation,JS,10,5,0x2000,16,a, b /x.js:1:1,0x3000,~\ntick,0x2001,1,0,0x0,0\n")
    assert figures.unaccounted == 1
    assert figures.messages == ["line 3: unknown code state: 0x3000"]


def test_a_tier_that_this_node_does_not_know_drops_its_record() -> None:
    figures = process(HEAD + "code-creation,JS,10,5,0x2000,16,f /x.js:1:1,0x3000,o*\ntick,0x2001,1,0,0x0,0\n")
    assert (figures.unaccounted, figures.messages) == (1, ["line 3: unknown code state: o*"])


def test_the_second_builtin_of_a_name_is_numbered_when_a_tick_meets_it() -> None:
    figures = process(HEAD + "code-creation,Builtin,2,11,0x2000,256,Add\ntick,0x2010,1,0,0x0,0\ntick,0x1010,1,0,0x0,0\n")
    assert dict(figures.paths) == {("Builtin: Add",): 1, ("Builtin: Add {1}",): 1}


def test_the_first_mapping_of_a_binary_wins_and_hides_code() -> None:
    lines = "shared-library,/n,0x400000,0x401000,0\nshared-library,/n,0x400000,0x500000,0\ncode-creation,Builtin,2,1,0x480000,16,B\n"
    figures = process(HEAD + lines + "tick,0x400010,1,0,0x0,0\ntick,0x480000,2,0,0x0,0\n")
    assert dict(figures.paths) == {("/n",): 1, ("UNKNOWN",): 1}


def test_ticks_outside_the_range_are_not_counted() -> None:
    figures = process(
        HEAD + "tick,0x1010,999,0,0x0,0\ntick,0x1010,1000,0,0x0,1\ntick,0x1010,3000,0,0x0,0\n",
        ProfileOptions(from_ms=1, to_ms=2),
    )
    assert (figures.ticks, figures.gc_ticks) == (1, 1)


@pytest.mark.parametrize(
    ("text", "meant"), [("1000,2500", (1000.0, 2500.0)), ("auto,2.5", (None, 2.5)), ("7,auto", (7.0, None))]
)
def test_a_range_is_two_moments(text: str, meant: tuple[float | None, float | None]) -> None:
    assert parse_range(text) == meant


def test_shares_are_rounded_as_javascript_does() -> None:
    figures = NodeFigures(rules_of((11, 3)), ticks=80)
    figures.paths.update({("Builtin: a",): 1, ("Builtin: b",): 79})
    text = render_prof_process(figures, "x", ProfileOptions())
    assert "\n     79   98.8%   98.8%  Builtin: b\n      1    1.3%    1.3%  Builtin: a\n" in text


def test_callers_are_shown_six_deep_and_rare_ones_not_at_all() -> None:
    figures = NodeFigures(rules_of((11, 3)), ticks=200)
    figures.paths.update({tuple("abcdefgh"): 199, ("z", "y"): 1})
    heavy = render_prof_process(figures, "x", ProfileOptions()).partition("ticks parent  name\n")[2]
    assert [line[17:].strip() for line in heavy.splitlines()] == ["a", "b", "c", "d", "e", "f", ""]


def test_no_ticks_give_one_line() -> None:
    figures = process(HEAD)
    assert render_prof_process(figures, "x", ProfileOptions()) == (
        "Statistical profiling result from x, (0 ticks, 0 unaccounted, 0 excluded).\n"
    )
