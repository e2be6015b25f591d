"""Tables for other programs: all rows, full precision, empty where a log does not say, and nothing that acts in a spreadsheet."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_logs import full, scavenge, tables_of

import gclog
from gclog.errors import UsageError
from gclog.model.not_known import NotKnown
from gclog.model.report import ProfileReport, Report
from gclog.processes.split import split_processes
from gclog.profile.build import build_profiles
from gclog.profile.options import ProfileOptions
from gclog.report.tables.columns import _at
from gclog.report.tables.forms import TABLES, Kept, TableForm, build_table, form_of, needs_collections, render_table
from gclog.source.blocks import Block

SAMPLES = Path(__file__).parents[2] / "samples"
WORKERS = SAMPLES / "gc" / "workers-node22.log"
VERBOSE = SAMPLES / "gc" / "verbose-node20.log"

EMPTY = Report("0", (), ())

OWNER = ["source", "pid", "isolate", "main", "run"]

needs_arrow = pytest.mark.skipif(importlib.util.find_spec("pyarrow") is None, reason="pyarrow is not installed")


def kept_of(path: Path) -> list[Kept]:
    return [("a.log", process) for process in split_processes(gclog.read_tables(path))]


@pytest.fixture(scope="module")
def workers() -> Report:
    return gclog.analyze(WORKERS)


@pytest.fixture(scope="module")
def profiled() -> Report:
    lines = ["v8-version,11,3,244,8,-node.38,0", "code-creation,JS,10,0,0x1000,100,burn /srv/app.js:3:5,0x2000,~"]
    lines += ["code-creation,JS,10,0,0x3000,100,next /srv/node_modules/express/x.js:7:1,0x4000,*"]
    lines += [f"tick,0x{at},1000,0,0x0,0" for at in ("1010", "1010", "1010", "3010")]
    profile = build_profiles("v8.log", [Block(("\n".join(lines) + "\n").encode(), 1)], ProfileOptions())[0]
    return Report("0", (), (), (ProfileReport("v8.log", profile, NotKnown("no GC log")),))


def read_csv(frame: pd.DataFrame) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render_table(frame, TableForm.CSV).decode("utf-8"))))


# ---------------------------------------------------------------- tables


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_its_columns_even_without_a_row(name: str) -> None:
    frame = build_table(name, EMPTY)
    assert len(frame) == 0
    header, *rest = render_table(frame, TableForm.CSV).decode().split("\n")
    assert header.startswith("source,")
    assert rest == [""]
    assert json.loads(render_table(frame, TableForm.JSON)) == []
    assert render_table(frame, TableForm.JSON_LINES) == b""


def test_the_columns_are_the_same_with_and_without_rows(workers: Report, profiled: Report) -> None:
    kept = kept_of(WORKERS)
    for name in TABLES:
        report = profiled if name in ("functions", "categories") else workers
        assert list(build_table(name, report, kept).columns) == list(build_table(name, EMPTY).columns), name


def test_collections_of_all_processes_have_whose_they_are_and_all_that_their_lines_say() -> None:
    lines = (full(100, pid=7), scavenge(200, pid=7), full(150, pid=9, isolate="0x20", after_mb=50.0))
    frame = build_table("collections", EMPTY, [("x.log", process) for process in split_processes(tables_of(*lines))])
    assert list(frame.columns[:6]) == [*OWNER, "line"]
    rows = [tuple(row) for row in frame[["source", "pid", "isolate", "run", "line", "collector", "used_after_mb"]].to_numpy()]
    assert rows == [
        ("x.log", 7, "0x10", 1, 1, "mark_compact", 40.0),
        ("x.log", 7, "0x10", 1, 2, "scavenge", 3.8),
        ("x.log", 9, "0x20", 1, 3, "mark_compact", 50.0),
    ]


def test_every_collection_of_a_log_is_a_row(workers: Report) -> None:
    frame = build_table("collections", workers, kept_of(WORKERS))
    assert len(frame) == sum(process.total for process in workers.processes) == 123
    assert frame["pause_ms"].sum() == pytest.approx(sum(process.pauses.all.total_ms for process in workers.processes))


def test_spaces_of_a_verbose_log_are_rows() -> None:
    frame = build_table("spaces", EMPTY, kept_of(VERBOSE))
    assert len(frame) == len(gclog.read_tables(VERBOSE).spaces) > 0
    assert "used_kb" in frame.columns


def test_tables_of_a_report_say_what_the_report_says(workers: Report) -> None:
    worst = workers.processes[0]
    cycles = build_table("cycles", workers)
    own = cycles[cycles["isolate"] == worst.isolate]
    assert list(own["after_mb"]) == [cycle.after_mb for cycle in worst.cycles]
    timeline = build_table("timeline", workers)
    assert list(timeline["level"])[: len(worst.timeline)] == [event.level for event in worst.timeline]
    processes = build_table("processes", workers)
    assert list(processes["level"]) == [process.verdict.level for process in workers.processes]
    assert list(processes["collections"]) == [process.total for process in workers.processes]
    findings = build_table("findings", workers)
    first = worst.findings[0]
    assert findings["evidence_lines"][0] == " ".join(str(line.line) for line in first.evidence)


def test_figures_that_cannot_be_given_are_missing(workers: Report) -> None:
    pauses = build_table("pauses", workers)
    assert pauses["p99_ms"].dtype == np.float64
    assert pauses["p99_ms"].isna().all()
    assert {row["p99_ms"] for row in read_csv(pauses)} == {""}


def test_functions_have_their_ticks_and_shares(profiled: Report) -> None:
    frame = build_table("functions", profiled)
    columns = ["name", "category", "package", "script_line", "self_ticks", "total_ticks", "self_share", "tier"]
    assert [tuple(row) for row in frame[columns].to_numpy()] == [
        ("burn", "application", None, 3, 3, 3, 0.75, "interpreted"),
        ("next", "node_modules", "express", 7, 1, 1, 0.25, "optimised"),
    ]


def test_categories_add_up(profiled: Report) -> None:
    frame = build_table("categories", profiled)
    assert frame["self_share"].sum() == 1.0


def test_only_two_tables_need_the_processes_as_they_were_read() -> None:
    assert [name for name in TABLES if needs_collections(name)] == ["collections", "spaces"]


def test_an_unknown_table_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="there is no table colections\nThere are: collections, spaces, processes"):
        build_table("colections", EMPTY)


# ---------------------------------------------------------------- forms


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("x.csv", TableForm.CSV),
        ("x.CSV", TableForm.CSV),
        ("x.json", TableForm.JSON),
        ("x.jsonl", TableForm.JSON_LINES),
        ("x.ndjson", TableForm.JSON_LINES),
        ("x.parquet", TableForm.PARQUET),
    ],
)
def test_the_suffix_says_the_form(name: str, form: TableForm) -> None:
    assert form_of(Path(name)) is form


def test_stdout_gets_csv() -> None:
    assert form_of(None) is TableForm.CSV


@pytest.mark.parametrize("name", ["x.html", "x"])
def test_another_suffix_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"Use \.csv, \.json, \.jsonl, \.ndjson, \.parquet\."):
        form_of(Path(name))


TRICKY = pd.DataFrame(
    {
        "text": pd.Series(
            ["=1+1", "+328.4 MB/h", "@x", "-3", "plain", 'quo"te,', "a\nb", "\x1b[31m", "", None, "\ud800"], dtype=object
        ),
        "number": [0.1, 1 / 3, float("nan"), float("inf"), 1e300, -0.0, 5.0, 2**53 + 0.0, 1e-9, 0.0, 1.0],
        "count": pd.array([1, None, 3, 4, 5, 6, 7, 8, 9, 10, 2**60], dtype="Int64"),
        "flag": [True, False] * 5 + [True],
    }
)


def test_csv_has_full_precision_and_empty_cells() -> None:
    rows = read_csv(TRICKY)
    assert [row["number"] for row in rows[:5]] == ["0.1", "0.3333333333333333", "", "inf", "1e+300"]
    assert [row["count"] for row in rows[:2]] == ["1", ""]
    assert rows[10]["count"] == str(2**60)


def test_no_cell_of_a_csv_is_a_formula_or_a_control_character() -> None:
    rows = read_csv(TRICKY)
    texts = ["'=1+1", "'+328.4 MB/h", "'@x", "'-3", "plain", 'quo"te,', "a^Jb", "^[[31m", "", "", "<U+D800>"]
    assert [row["text"] for row in rows] == texts


def test_numbers_below_zero_are_numbers() -> None:
    assert read_csv(pd.DataFrame({"x_ms": [-1.5]})) == [{"x_ms": "-1.5"}]


def test_json_lines_are_one_object_a_row_with_null_for_what_is_missing() -> None:
    rows = [json.loads(line) for line in render_table(TRICKY, TableForm.JSON_LINES).decode().splitlines()]
    assert rows[0] == {"text": "=1+1", "number": 0.1, "count": 1, "flag": True}
    assert rows[1] == {"text": "+328.4 MB/h", "number": 1 / 3, "count": None, "flag": False}
    assert [row["number"] for row in rows[2:4]] == [None, None]
    assert rows[6]["text"] == "a\nb"
    assert rows[10]["count"] == 2**60


def test_json_is_one_array_of_the_same_objects() -> None:
    lines = render_table(TRICKY, TableForm.JSON_LINES).decode().splitlines()
    assert json.loads(render_table(TRICKY, TableForm.JSON)) == [json.loads(line) for line in lines]


@needs_arrow
def test_parquet_has_the_same_rows_and_types(workers: Report) -> None:
    from pyarrow import parquet

    frame = build_table("collections", workers, kept_of(WORKERS))
    table = parquet.read_table(io.BytesIO(render_table(frame, TableForm.PARQUET)))
    assert table.num_rows == 123
    types = {field.name: str(field.type) for field in table.schema}
    assert (types["pid"], types["pause_ms"], types["ring"], types["isolate"][-6:]) == ("int64", "double", "bool", "string")
    assert table.column("pause_ms").to_pylist() == list(frame["pause_ms"])


@needs_arrow
def test_parquet_takes_texts_that_are_not_unicode_and_empty_tables() -> None:
    assert render_table(TRICKY, TableForm.PARQUET).startswith(b"PAR1")
    for name in TABLES:
        assert render_table(build_table(name, EMPTY), TableForm.PARQUET).startswith(b"PAR1")


def test_without_pyarrow_parquet_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r'pip install "gclog-node\[parquet\]"\. Or write \.csv'):
        render_table(TRICKY, TableForm.PARQUET)


def test_a_column_of_a_figure_that_no_process_has_is_refused() -> None:
    with pytest.raises(AttributeError, match=r"no process has heap\.dead_mb"):
        _at("heap.dead_mb")
