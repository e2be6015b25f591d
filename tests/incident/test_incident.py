"""What a real process left behind, as an archive and as a folder: one verdict, with all witnesses, and what grows.

`pytest tests/incident/test_incident.py --update-gold` writes the text report anew.
"""

from __future__ import annotations

import dataclasses
import json
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from rendered import render_html, render_markdown, render_terminal

from gclog.heap.diff import diff_heaps
from gclog.incident.pipeline import analyze
from gclog.model.heap import Holder
from gclog.model.report import Report
from gclog.report.json.v1 import render_json
from gclog.report.redact.report import redact

ROOT = Path(__file__).parents[2]
NAME = "samples/incident/incident-node14.tar.xz"
GOLD = Path(__file__).parents[1] / "gold" / "incident-node14.txt"
FILES = [
    ("gc.log", ("collections", "figures of memory")),
    ("stderr.log", ("crash",)),
    ("report.20261121.152130.3191.0.004.json", ("diagnostic report",)),
    ("Heap.20261121.152125.3191.0.001.heapsnapshot", ("heap snapshot",)),
    ("Heap.20261121.152127.3191.0.002.heapsnapshot", ("heap snapshot",)),
    ("Heap.20261121.152127.3191.0.003.heapsnapshot", ("heap snapshot",)),
]
ANSWER = "`Measurement` grows: +300 objects, +9.4 MB retained, from 1 to 3; held by `history` (Array) of gateway.js"
HOSTILE = "</script><b>[red]\x1b[31m\u202e`x`|@team"


@pytest.fixture(scope="module")
def archived() -> Report:
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        return dataclasses.replace(analyze(NAME), version="9.9", command=f"gclog analyze {NAME}")
    finally:
        os.chdir(before)


def told(report: Report) -> list[tuple[str, tuple[str, ...]]]:
    (process,) = report.processes
    return [(Path(witness.source).name, witness.tells) for witness in process.witnesses]


def test_one_verdict_with_all_witnesses(archived: Report) -> None:
    (process,) = archived.processes
    assert told(archived) == FILES
    assert (process.pid, process.verdict.level, process.node.range) == (3191, "exhausted", "14.21.3")
    assert process.memory is not None and process.crash is not None and len(process.reported) == 1


def test_what_grows_is_named_with_what_holds_it(archived: Report) -> None:
    diff = archived.processes[0].heap_diff
    assert diff is not None
    (grower,) = diff.growers
    assert (diff.method, grower.growth.name) == ("three", "Measurement")
    assert [figures.count for figures in grower.growth.figures] == [460, 755, 760]
    assert grower.holder == Holder("history", "Array", "/app/gateway.js")


def test_the_advice_is_about_the_constructor(archived: Report) -> None:
    (process,) = archived.processes
    by_id = {finding.id: finding.remedy for finding in process.findings}
    advice = by_id["heap-exhausted"]
    assert advice.startswith("`Measurement` grows from snapshot to snapshot (+300 objects, 9.4 MB more), held by `history`")
    assert "--heapsnapshot" not in advice
    assert by_id["old-space-growth"] == "Follow heap-exhausted."


def test_the_text_report_is_as_its_gold_file_says(archived: Report, request: pytest.FixtureRequest) -> None:
    text = render_terminal(archived)
    if request.config.getoption("--update-gold"):
        GOLD.write_text(text, encoding="utf-8")
    assert text == GOLD.read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["folder", "zip", "nested"])
def test_a_folder_and_any_archive_tell_the_same(tmp_path: Path, archived: Report, form: str) -> None:
    with lzma.open(ROOT / NAME) as packed, tarfile.open(fileobj=packed) as archive:
        archive.extractall(tmp_path / "in", filter="data")
    place = tmp_path / "in"
    if form == "zip":
        place = tmp_path / "incident.zip"
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive_too:
            for path in (tmp_path / "in" / "incident").iterdir():
                archive_too.write(path, f"web-1/{path.name}")
    if form == "nested":
        place = tmp_path / "beside"
        place.mkdir()
        (place / "incident.tar.xz").write_bytes((ROOT / NAME).read_bytes())
    report = analyze(place)
    assert told(report) == FILES
    assert report.processes[0].verdict == archived.processes[0].verdict
    ours, theirs = report.processes[0].heap_diff, archived.processes[0].heap_diff
    assert ours is not None and theirs is not None
    assert (ours.growers, ours.classes) == (theirs.growers, theirs.classes)


def test_every_form_says_what_grows_and_who_speaks(archived: Report) -> None:
    shown = {
        "text": render_terminal(archived, width=400),
        "markdown": render_markdown(archived).replace("`gateway.js`", "gateway.js"),
        "html": render_html(archived),
    }
    for form, text in shown.items():
        plain = text.replace("\u00a0", " ").replace('<code dir="ltr">', "`").replace("</code>", "`")
        assert ANSWER in plain, form
        assert "variable history: Array @36565" in plain, form
        for name, tells in FILES:
            assert name in plain and tells[0] in plain, form
    html = shown["html"]
    assert html.index("Witnesses") < html.index('<section id="p1-grows"') < html.index('<section id="p1-heap"')


def test_json_has_the_witnesses_and_what_grows(archived: Report) -> None:
    (process,) = json.loads(render_json(archived))["processes"]
    assert [(Path(one["path"]).name, tuple(one["tells"])) for one in process["witnesses"]] == FILES
    grows = process["what_grows"]
    assert (grows["answer"], grows["method"], len(grows["snapshots"])) == (ANSWER, "three", 3)
    (grower,) = grows["growers"]
    assert (grower["name"], grower["count_change"], grower["stayed"], grower["path"][-1]["name"]) == (
        "Measurement",
        300,
        295,
        "Measurement",
    )
    assert "heaps" not in json.loads(render_json(archived))


def test_without_snapshots_json_has_no_key_for_them() -> None:
    (process,) = json.loads(render_json(analyze(ROOT / "samples/witness/report-node20.log")))["processes"]
    assert "what_grows" not in process
    assert [one["tells"] for one in process["witnesses"]] == [["collections", "crash"]]


def test_a_redacted_report_names_nothing_of_the_programs(archived: Report) -> None:
    report = redact(archived)
    for text in (render_terminal(report), render_markdown(report), render_json(report), render_html(report)):
        for secret in ("Measurement", "history", "gateway", "incident-node14", "timerListMap", "Heap.2026"):
            assert secret not in text
        assert "class-1" in text
        assert "TimersList" in text


def test_hostile_names_in_a_snapshot_stay_text(archived: Report) -> None:
    (process,) = archived.processes
    assert process.heap_diff is not None
    (grower,) = process.heap_diff.growers
    bad = dataclasses.replace(
        grower,
        growth=dataclasses.replace(grower.growth, name=HOSTILE),
        holder=Holder(HOSTILE, HOSTILE, HOSTILE),
        path=tuple(dataclasses.replace(step, name=HOSTILE, edge=HOSTILE) for step in grower.path),
    )
    diff = dataclasses.replace(process.heap_diff, growers=(bad,))
    report = dataclasses.replace(archived, processes=(dataclasses.replace(process, heap_diff=diff),))
    page = render_html(report)
    assert "<b>" not in page and page.count("</script>") == render_html(archived).count("</script>")
    assert "\x1b" not in render_terminal(report) and "\u202e" not in render_terminal(report)
    assert "[red]" in render_terminal(report)
    assert "\x1b" not in render_markdown(report)
    assert json.loads(render_json(report))["processes"][0]["what_grows"]["growers"][0]["name"] == HOSTILE


def test_heapdiff_takes_the_snapshots_out_of_an_archive(archived: Report) -> None:
    diff = diff_heaps([str(ROOT / NAME)])
    assert archived.processes[0].heap_diff is not None
    assert diff.growers == archived.processes[0].heap_diff.growers
