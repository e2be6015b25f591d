"""Heap snapshots that are of no process, in every form; and the sentence that names a process's witnesses."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from made_heaps import leaking
from made_reports import make_process
from rendered import render_html, render_markdown, render_terminal

from gclog.heap.diff import diff_heaps
from gclog.model.report import HeapReport, Report
from gclog.model.witness import Witness
from gclog.report.json.v1 import render_json
from gclog.report.say.process import witness_sentence

ANSWER = "`Session` grows: +400 objects, +58.6 KB retained, from 1 to 2; held by `sessions` (Array) of orders.js"
WHY = "process 9 has no log here"


@pytest.fixture
def lone(tmp_path: Path) -> HeapReport:
    heaps = leaking(400), leaking(800, churn_from=60001)
    diff = diff_heaps([str(heap.write(tmp_path / f"{number}.heapsnapshot")) for number, heap in enumerate(heaps, 1)])
    return HeapReport(9, 3, diff, WHY)


def forms(report: Report) -> dict[str, str]:
    html = render_html(report).replace("\u00a0", " ").replace('<code dir="ltr">', "`").replace("</code>", "`")
    return {
        "text": render_terminal(report, width=200),
        "markdown": render_markdown(report).replace("`orders.js`", "orders.js"),
        "html": html,
    }


def test_alone_they_are_the_report(lone: HeapReport) -> None:
    for form, text in forms(Report("9.9", (), (), heaps=(lone,))).items():
        assert ANSWER in text, form
        assert "Heap snapshots of process 9, thread 3, on their own" in text, form
        assert "No process" not in text, form
        assert "two snapshots cannot distinguish a leak from a cache" in text, form


def test_beside_processes_they_come_behind_them(lone: HeapReport) -> None:
    for form, text in forms(Report("9.9", (), (make_process(),), heaps=(lone,))).items():
        assert text.index(make_process().verdict.headline[:20]) < text.index("on their own"), form


def test_json_says_why_they_are_alone(lone: HeapReport) -> None:
    document = json.loads(render_json(Report("9.9", (), (), heaps=(lone,))))
    (heap,) = document["heaps"]
    assert (heap["pid"], heap["thread_id"], heap["why"], heap["what_grows"]["answer"]) == (9, 3, WHY, ANSWER)
    assert "heaps" not in json.loads(render_json(Report("9.9", (), ())))


def test_a_process_that_is_not_the_first_says_what_grows_in_a_line(lone: HeapReport) -> None:
    second = dataclasses.replace(make_process(), pid=9, heap_diff=lone.diff)
    assert f"What grows   {ANSWER}" in render_terminal(Report("9.9", (), (make_process(), second)), width=200)


@pytest.mark.parametrize(
    ("witnesses", "sentence"),
    [
        ((Witness("gc.log", ("collections",)),), ""),
        (
            (Witness("in/gc.log", ("collections", "crash")), Witness("in/a.heapsnapshot", ("heap snapshot",))),
            "gc.log (collections, crash); a.heapsnapshot (heap snapshot)",
        ),
        (
            (Witness("/x/in/gc.log", ("collections",)), *(Witness(f"/x/out/{n}", ("heap snapshot",)) for n in (1, 2))),
            "in/gc.log (collections); out/1, out/2 (heap snapshots)",
        ),
        (
            (Witness("C:\\in\\gc.log", ("collections",)), Witness("C:\\in\\err", ("crash",))),
            "gc.log (collections); err (crash)",
        ),
    ],
    ids=["one is none", "same folder", "two folders", "windows"],
)
def test_the_witnesses_are_named_where_there_are_several(witnesses: tuple[Witness, ...], sentence: str) -> None:
    assert witness_sentence(dataclasses.replace(make_process(), witnesses=witnesses)) == sentence
