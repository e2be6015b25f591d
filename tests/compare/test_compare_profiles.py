"""Two profiles compared: what takes more is named, what only fills the place of others is not, and no figure is lost."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest
from made_cpu import spread, write_cpu_profile
from typer.testing import CliRunner

from gclog.cli.main import app
from gclog.compare.compare import compare
from gclog.errors import NothingToAnalyse, UsageError
from gclog.model.profile import CallNode
from gclog.model.profile_comparison import FunctionChange, ProfileCompareReport
from gclog.report.json.profile_comparison import render_profile_comparison_json
from gclog.report.say.profile_comparison import answer

SAMPLES = Path(__file__).parents[2] / "samples"

BEFORE = {
    "main;handle;hash": 40,
    "main;handle;parse": 10,
    "main;handle;render": 30,
    "main;handle;send;C:write": 20,
}
PARSE_GREW = BEFORE | {"main;handle;parse": 70}
PARSE_GONE = {stack: times for stack, times in BEFORE.items() if "parse" not in stack}
ROUNDS = 20


def compared(folder: Path, before: dict[str, int], after: dict[str, int], **after_more: Any) -> ProfileCompareReport:
    found = compare(
        write_cpu_profile(folder / "before.cpuprofile", spread(before, ROUNDS)),
        write_cpu_profile(folder / "after.cpuprofile", spread(after, ROUNDS), **after_more),
    )
    assert isinstance(found, ProfileCompareReport)
    return found


def by_name(report: ProfileCompareReport) -> dict[str, FunctionChange]:
    return {report.difference.frames[one.frame].name: one for one in report.comparison.functions}


def test_a_function_that_takes_more_is_worse_and_those_that_make_room_for_it_are_the_same(tmp_path: Path) -> None:
    report = compared(tmp_path, BEFORE, PARSE_GREW)
    found = by_name(report)
    assert report.comparison.overall == "worse"
    assert report.comparison.diluted == pytest.approx(100 / 160, rel=0.01)
    assert {name: one.verdict for name, one in found.items()} == {
        "main": "same", "handle": "same", "hash": "same", "render": "same", "send": "same", "write": "same", "parse": "worse",
    }  # fmt: skip
    assert (found["parse"].own.before, found["parse"].own.after) == pytest.approx((0.1, 70 / 160))
    assert (found["hash"].own.before, found["hash"].own.after) == pytest.approx((0.4, 40 / 160))
    assert answer(report) == "After is worse: `parse` app.js:41 takes 43.8 % of the work instead of 10.0 %"


def test_a_function_that_is_gone_is_better_and_no_other_is_worse(tmp_path: Path) -> None:
    report = compared(tmp_path, PARSE_GREW, PARSE_GONE)
    assert report.comparison.overall == "better"
    assert [name for name, one in by_name(report).items() if one.verdict != "same"] == ["parse"]


def test_what_is_native_is_said_with_the_function_that_called_it(tmp_path: Path) -> None:
    report = compared(tmp_path, BEFORE, BEFORE | {"main;handle;send;C:write": 90})
    assert answer(report) == "After is worse: `write` C++ takes 52.9 % of the work instead of 20.0 %, under `send` app.js:61"


def test_the_same_program_is_the_same(tmp_path: Path) -> None:
    report = compared(tmp_path, BEFORE, BEFORE)
    assert report.comparison.overall == "same"
    assert all(one.own.difference == one.total.difference == 0 for one in report.comparison.functions)


def test_lines_and_folders_may_move(tmp_path: Path) -> None:
    moved = compared(tmp_path, BEFORE, BEFORE, script="/app-2/app.js", lines={"main": 3, "hash": 99})
    assert moved.comparison.overall == "same"
    assert sorted(by_name(moved)) == sorted({"main", "handle", "hash", "parse", "render", "send", "write"})
    assert len(moved.comparison.functions) == 7


def test_few_samples_say_nothing(tmp_path: Path) -> None:
    few = [write_cpu_profile(tmp_path / f"{n}.cpuprofile", ["main;f", "main;g"] * 3) for n in (1, 2)]
    report = compare(*few)
    assert isinstance(report, ProfileCompareReport)
    assert report.comparison.overall == "cannot-say"
    assert answer(report) == "Cannot say whether after is better or worse: 7 and 7 samples are too few"


def test_idle_time_is_in_no_share_and_in_the_time_of_each_second(tmp_path: Path) -> None:
    idle = compared(tmp_path, BEFORE, BEFORE | {"(idle)": 100})
    found = by_name(idle)["hash"]
    assert idle.comparison.overall == "same"
    assert (found.own.before, found.own.after) == pytest.approx((0.4, 0.4))
    assert (found.own.per_s_before, found.own.per_s_after) == pytest.approx((400.0, 200.0))
    busy = idle.comparison.measures[0]
    assert (busy.measure, busy.before, busy.after, busy.verdict) == ("busy_share", 1.0, pytest.approx(0.5), "cannot-say")
    assert idle.comparison.after.idle == 2_000_000


def test_several_profiles_of_a_side_are_one(tmp_path: Path) -> None:
    for side, shares in (("before", BEFORE), ("after", PARSE_GREW)):
        (tmp_path / side).mkdir()
        for number in range(3):
            write_cpu_profile(tmp_path / side / f"{number}.cpuprofile", spread(shares, 5))
    report = compare(str(tmp_path / "before"), str(tmp_path / "after"))
    assert isinstance(report, ProfileCompareReport)
    assert (report.comparison.overall, len(report.comparison.after.sources)) == ("worse", 3)
    assert by_name(report)["parse"].own.after == pytest.approx(70 / 160)


def sides_of(node: CallNode) -> tuple[int, int]:
    assert node.sides is not None
    assert sum(node.sides) == node.total_ticks == node.self_ticks + sum(child.total_ticks for child in node.children)
    below = [sides_of(child) for child in node.children]
    assert all(sum(one[side] for one in below) <= node.sides[side] for side in (0, 1))
    return node.sides


@pytest.mark.parametrize("direction", ["top_down", "bottom_up"])
def test_both_sides_add_up_in_the_tree_of_what_changed(tmp_path: Path, direction: str) -> None:
    report = compared(tmp_path, PARSE_GONE, PARSE_GREW | {"main;new": 40})
    root: CallNode = getattr(report.difference, direction)
    before, after = sides_of(root)
    assert before == pytest.approx(10_000_000, abs=10) and after == pytest.approx(10_000_000, abs=10)
    if direction == "top_down":
        (main,) = root.children
        new = next(child for child in main.children if report.difference.frames[child.frame].name == "new")
        assert new.sides == (0, pytest.approx(40 / 200 * 10_000_000, abs=10))


def test_shares_are_those_that_a_count_of_the_document_gives() -> None:
    before, after = (str(SAMPLES / "cpu" / f"node{version}.cpuprofile.gz") for version in (20, 26))
    report = compare(before, after)
    assert isinstance(report, ProfileCompareReport)
    for path, side in ((before, "before"), (after, "after")):
        document = json.loads(gzip.decompress(Path(path).read_bytes()))
        names = {node["id"]: node["callFrame"]["functionName"] for node in document["nodes"]}
        time: dict[str, int] = {}
        for sample, delta in zip(document["samples"], document["timeDeltas"][1:], strict=False):
            time[names[sample]] = time.get(names[sample], 0) + delta
        work = sum(time.values()) - time["(idle)"]
        shown = [one.own for one in report.comparison.functions if report.difference.frames[one.frame].name == "fibonacci"]
        assert math.fsum(getattr(pair, side) for pair in shown) == pytest.approx(time["fibonacci"] / work)


def test_ticks_and_time_are_not_compared() -> None:
    with pytest.raises(UsageError, match="ticks cannot be compared with time"):
        compare(str(SAMPLES / "ticks" / "node20.log.gz"), str(SAMPLES / "cpu" / "node20.cpuprofile.gz"))


def test_a_tick_log_and_what_node_made_of_it_are_the_same() -> None:
    report = compare(*(str(SAMPLES / "ticks" / f"node12.{end}") for end in ("log.gz", "preprocessed.json.gz")))
    assert isinstance(report, ProfileCompareReport)
    functions = [one for one in report.comparison.functions if report.difference.frames[one.frame].kind == "function"]
    assert len(functions) > 50
    assert not {one.verdict for one in functions} & {"better", "worse"}, "native code has names in one of them only"


def test_a_log_and_a_profile_are_not_compared() -> None:
    with pytest.raises(UsageError, match="BEFORE is a GC log, AFTER is a CPU profile"):
        compare(str(SAMPLES / "compare" / "before-1.log.gz"), str(SAMPLES / "cpu" / "node20.cpuprofile.gz"))


def test_a_side_without_either_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text("nothing\n", encoding="utf-8")
    with pytest.raises(NothingToAnalyse, match="side AFTER"):
        compare(str(SAMPLES / "cpu" / "node20.cpuprofile.gz"), str(tmp_path / "x.log"))


# ---------------------------------------------------------------- as a command


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["compare", *words])


def test_the_command_fails_if_something_got_worse(tmp_path: Path) -> None:
    before = write_cpu_profile(tmp_path / "a.cpuprofile", spread(BEFORE, ROUNDS))
    after = write_cpu_profile(tmp_path / "b.cpuprofile", spread(PARSE_GREW, ROUNDS))
    assert run(before, after, "--fail-on", "worse").exit_code == 1
    assert run(after, before, "--fail-on", "worse").exit_code == 0
    assert run(before, after).output.startswith(" WORSE  After is worse: `parse` app.js:41 takes 43.8 % of the work")


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_every_form_has_the_answer_and_the_figures(tmp_path: Path, form: str) -> None:
    before = write_cpu_profile(tmp_path / "a.cpuprofile", spread(BEFORE, ROUNDS))
    after = write_cpu_profile(tmp_path / "b.cpuprofile", spread(PARSE_GREW, ROUNDS))
    text = " ".join(run(before, after, "--format", form).output.split())
    shown = ("0.4375", '"verdict": "worse"') if form == "json" else ("10.0 % → 43.8 %", "40.0 % → 25.0 %", "worse")
    assert all(part in text for part in ("43.8 % of the work instead of 10.0 %", *shown)), text[:3000]


def test_json_names_each_function_with_both_shares(tmp_path: Path) -> None:
    found = json.loads(render_profile_comparison_json(compared(tmp_path, BEFORE, PARSE_GREW)))["profile_comparison"]
    parse = next(one for one in found["functions"] if one["name"] == "parse")
    assert (parse["script"], parse["line"], parse["verdict"], parse["by"]) == ("/app/app.js", 41, "worse", "own")
    assert parse["own"]["per_s_after"] == pytest.approx(437.5)
    assert found["functions_total"] == len(found["functions"]) == 7


def test_a_redacted_comparison_has_no_name_of_the_application(tmp_path: Path) -> None:
    before = write_cpu_profile(tmp_path / "secret.cpuprofile", spread(BEFORE, ROUNDS), script="/secret/secret.js")
    after = write_cpu_profile(tmp_path / "secret2.cpuprofile", spread(PARSE_GREW, ROUNDS), script="/secret/secret.js")
    for form in ("text", "markdown", "html", "json"):
        text = run(before, after, "--redact", "--format", form).output
        assert "secret" not in text, form
        assert "43.8 % of the work instead of 10.0 %" in " ".join(text.split())
