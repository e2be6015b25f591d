from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from made_heaps import leaking
from rendered import render_as

from gclog.heap.diff import diff_heaps
from gclog.model.heap import HeapDiff, Holder
from gclog.model.not_known import NotKnown
from gclog.report.json.heap import render_heap_json
from gclog.report.render import text
from gclog.report.say import heap as wording
from gclog.report.say import heap_sentences as sentences

HOSTILE = "</script><b>[red]\x1b[31m‮`x`|@team"


@pytest.fixture
def three(tmp_path: Path) -> HeapDiff:
    heaps = leaking(400), leaking(800, churn_from=60001), leaking(1200, churn_from=70001)
    return diff_heaps([str(heap.write(tmp_path / f"{number}.heapsnapshot")) for number, heap in enumerate(heaps, 1)])


def shown_as_text(diff: HeapDiff, **style: Any) -> str:
    return text.render(wording.document_of(diff, "9.9"), **style)


def renderings(diff: HeapDiff) -> dict[str, str]:
    return {form: render_as("heap", form, diff, version="9.9") for form in ("text", "markdown", "html", "json")}


def test_the_first_words_say_what_grows_and_who_holds_it(three: HeapDiff) -> None:
    assert sentences.answer(three) == (
        "`Session` grows: +800 objects, +117.2 KB retained, from 1 to 3; held by `sessions` (Array) of orders.js"
    )
    text = shown_as_text(three, width=140)
    assert text.splitlines()[0] == sentences.answer(three)
    assert "variable sessions: Array @15" in text


def test_all_forms_show_the_same_figures(three: HeapDiff) -> None:
    shown = renderings(three)
    for form in ("text", "markdown", "html"):
        for figure in ("+800", "117.2", "58.6 KB", "400 → 800 → 1,200"):
            assert figure in shown[form].replace("\u00a0", " "), (form, figure)
    document = json.loads(shown["json"])["heap"]
    assert document["method"] == "three"
    assert document["growers"][0]["holder"] == {"name": "sessions", "constructor": "Array", "file": "/app/orders.js"}
    session = next(one for one in document["classes"] if one["name"] == "Session")
    assert session["snapshots"][2] == {"count": 1200, "shallow_bytes": 120000, "retained_bytes": 180000}
    assert (session["stayed"], session["stayed_bytes"], session["retained_change_bytes"]) == (400, 60000, 120000)


def test_what_is_not_known_is_a_reason_in_json_and_a_dash_elsewhere(tmp_path: Path) -> None:
    diff = diff_heaps([str(leaking(400).write(tmp_path / "1"))], retained=False)
    document = json.loads(render_heap_json(diff, "9.9"))["heap"]
    assert document["classes"][0]["snapshots"][0]["retained_bytes"] == {"reason": "retained sizes were not computed"}
    assert document["classes"][0]["new"] == {"reason": "there is only one snapshot"}
    assert "–" in shown_as_text(diff)


def test_hostile_names_are_shown_and_do_nothing(three: HeapDiff) -> None:
    grower = three.growers[0]
    growth = dataclasses.replace(grower.growth, name=HOSTILE)
    step = dataclasses.replace(grower.path[-1], name=HOSTILE, edge=HOSTILE)
    bad = dataclasses.replace(
        grower,
        growth=growth,
        path=(*grower.path[:-1], step),
        holder=Holder(HOSTILE, HOSTILE, f"/{HOSTILE}"),
        properties=(HOSTILE,),
        defined=HOSTILE,
    )
    snapshots = tuple(dataclasses.replace(one, name=HOSTILE) for one in three.snapshots)
    diff = dataclasses.replace(three, growers=(bad,), classes=(growth, *three.classes), snapshots=snapshots, notes=(HOSTILE,))
    shown = renderings(diff)
    for form, page in shown.items():
        assert "\x1b" not in page and "‮" not in page, form
    assert "[red]" in shown["text"]
    assert shown["html"].count("</script>") == 3 and "&lt;/script&gt;" in shown["html"]
    assert "<b>" not in shown["html"]
    outside = re.sub(r"(`+).*?\1", "", re.sub(r"(?s)```+.*?```+", "", shown["markdown"]))
    assert "@team" not in outside and "<b>" not in outside
    json.loads(shown["json"])


def test_a_narrow_terminal_cuts_no_line_and_plain_ascii_is_ascii(three: HeapDiff) -> None:
    text = shown_as_text(three, width=20, unicode=False)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 100
    assert max(len(line) for line in shown_as_text(three, width=100).splitlines()) <= 100


def test_colour_is_there_only_when_asked_for(three: HeapDiff) -> None:
    assert "\x1b[" in shown_as_text(three, colour=True)
    assert "\x1b" not in shown_as_text(three)


def test_nothing_that_grows_is_said_in_every_form(tmp_path: Path) -> None:
    heap = leaking(400)
    diff = diff_heaps([str(heap.write(tmp_path / "1")), str(heap.write(tmp_path / "2"))])
    assert all("Nothing grows" in text for text in renderings(diff).values())


def test_a_cut_snapshot_is_said_not_to_be_enough(tmp_path: Path) -> None:
    text = leaking(400).text()
    path = tmp_path / "cut"
    path.write_text(text[: text.index('"edges"') + 50], encoding="ascii")
    for shown in renderings(diff_heaps([str(path)])).values():
        assert "Cannot say what grows" in shown and "cut off" in shown


def test_what_grew_once_is_told_apart(tmp_path: Path) -> None:
    heaps = leaking(400), leaking(800), leaking(800)
    diff = diff_heaps([str(heap.write(tmp_path / str(number))) for number, heap in enumerate(heaps, 1)])
    assert wording.steadied(diff) == ["`Session`: 400 → 800 → 800 objects, 58.6 KB"]


@pytest.mark.parametrize(
    ("value", "sign", "text"),
    [
        (0, True, "0 bytes"),
        (1000, True, "+1000 bytes"),
        (-1000, True, "-1000 bytes"),
        (1536, False, "1.5 KB"),
        (-1536, True, "-1.5 KB"),
        (1024 * 1024, True, "+1.0 MB"),
        (3 * 1024**3, False, "3.00 GB"),
        (NotKnown("x"), True, "–"),
    ],
)
def test_sizes_are_given_in_the_unit_that_fits(value: int | NotKnown, sign: bool, text: str) -> None:
    assert sentences.size(value, sign) == text


def test_constructors_that_did_not_change_are_left_out_of_the_table_but_not_of_json(three: HeapDiff) -> None:
    assert [row.name for row in wording.class_rows(three)][:2] == ["Session", "(string)"]
    assert "(compiled code)" not in [row.name for row in wording.class_rows(three)]
    assert "(compiled code)" in [one["name"] for one in json.loads(render_heap_json(three, "9.9"))["heap"]["classes"]]
