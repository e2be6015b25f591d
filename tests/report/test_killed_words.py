"""A process that was killed from outside: no renderer calls that a fatal error of V8's."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest
from made_reports import make_crash, make_process, make_rising
from rendered import render_html, render_markdown, render_terminal

from gclog.incident.pipeline import analyze
from gclog.incident.settings import Settings
from gclog.model.report import Report
from gclog.model.verdict import CrashKind, Level
from gclog.report.json.v1 import render_json
from gclog.report.say import process as wording

SAMPLES = Path(__file__).parent.parent.parent / "samples"
TRACED = "witness/buffers_trace-node20.log"
FIGURES_ALONE = "witness/buffers_object-node12.log"


def killed(name: str, limit_mb: float | None = 185) -> Report:
    return analyze(SAMPLES / name, Settings(memory_limit_mb=limit_mb))


def verdict_card(page: str) -> str:
    found = re.search(r'<div class="card verdict.*?</dl>', page, re.DOTALL)
    assert found is not None
    return found[0]


@pytest.mark.parametrize("name", [TRACED, FIGURES_ALONE])
def test_no_renderer_speaks_of_a_fatal_error(name: str) -> None:
    report = killed(name)
    for text in (render_terminal(report), render_markdown(report), verdict_card(render_html(report)), render_json(report)):
        assert "killed" in text.lower()
        assert "fatal error" not in text.lower()


def test_the_marks_and_headings_say_that_it_was_killed() -> None:
    report = killed(TRACED)
    text, page, markdown = render_terminal(report), render_html(report), render_markdown(report)
    assert "╳ killed" in text and "\nThe kill\n" in text and "Last collections" in text
    assert ">The kill</h2>" in page and ">killed</text>" in page and "Last few GCs" not in page
    assert "### The kill" in markdown
    assert json.loads(render_json(report))["processes"][0]["crash"]["kind"] == "killed"


@pytest.mark.parametrize(
    ("name", "limit_mb", "level", "meaning"),
    [
        (TRACED, 185, "exhausted", "all its memory together was too much, and it was killed: not V8's doing"),
        (FIGURES_ALONE, 185, "exhausted", "all its memory together was too much, and it was killed: not V8's doing"),
        (FIGURES_ALONE, None, "critical", "it was killed, and no line says for what"),
        (TRACED, None, "critical", "it was killed, and no line says for what"),
        ("crash.log", None, "exhausted", "the fatal error is in the log"),
    ],
)
def test_the_label_beside_the_level_is_true(name: str, limit_mb: float | None, level: str, meaning: str) -> None:
    process = killed(name, limit_mb).processes[0]
    assert (process.verdict.level, wording.level_meaning(process)) == (level, meaning)


def test_no_line_of_v8s_warns_of_a_kill() -> None:
    process = killed(FIGURES_ALONE).processes[0]
    assert wording.foreseeable(process) == "cannot say: it was killed from outside, of which V8 gives no warning"
    assert wording.time_left(process) == "none: it was killed, line 309"


@pytest.mark.parametrize(
    ("kind", "name"),
    [("killed", "killed"), ("worker-limit", "worker stopped"), ("unknown", "crash"), ("heap-limit", "fatal error")],
)
def test_a_death_has_its_name(kind: CrashKind, name: str) -> None:
    assert wording.death_name(make_process(crash=make_crash(kind=kind))) == name
    assert wording.death_name(make_rising()) == ""


@pytest.mark.parametrize(
    ("level", "said", "shown"),
    [
        ("ok", "OK: live set 30.0 MB, flat.", "Live set 30.0 MB, flat."),
        ("not-assessable", "Not assessable: one collection.", "One collection."),
        ("ok", "Healthy so far: few collections.", "Healthy so far: few collections."),
        ("ok", "OK by the program's own figures.", "OK by the program's own figures."),
    ],
)
def test_the_level_is_said_once(level: Level, said: str, shown: str) -> None:
    process = make_process(verdict=dataclasses.replace(make_process().verdict, level=level, headline=said))
    badge, words = wording.headline(process)
    assert (badge.text, words.text) == (wording.LEVEL_TITLES[level], shown)
