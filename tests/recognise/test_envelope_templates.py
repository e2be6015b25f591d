"""Lines in envelopes, read many at a time, against the reading of each line by itself."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from gclog.grammar.compile import compile_grammar
from gclog.model.columns import records_of
from gclog.model.records import Collection, Record
from gclog.recognise.bulk import templates
from gclog.recognise.bulk.envelopes import STEADY
from gclog.recognise.bulk.scan import scan_block
from gclog.recognise.reader import Reader
from gclog.source.open import Block

WRAPPED = Path(__file__).parent.parent.parent / "samples" / "wrapped"
LINE = "[7:0x5a0b0d0]        3 ms: Scavenge 3.9 (4.0) -> 3.0 (5.0) MB, 0.35 / 0.00 ms  (average mu = 1.000, current mu = 1.000) task;"

ENVELOPES = [
    pytest.param("2024-05-14T09:12:03.160007789Z stdout F ", id="cri"),
    pytest.param("2024-05-14T09:12:03.160007789Z ", id="date to the nanosecond"),
    pytest.param("[2024-05-14 09:12:03,160] ", id="date with a comma"),
    pytest.param("2024-05-14T09:12:03+0530 ", id="date with a zone"),
    pytest.param("2024/05/14 09:12:03 ", id="date without zone"),
    pytest.param("2024-05-14T09:12:03-0800 web-1 node[13384]: ", id="journald iso"),
    pytest.param("<14>1 2024-05-14T09:12:03.160Z web-1 node 7 - - ", id="syslog 5424"),
    pytest.param("May 14 09:12:03 web-1 node[13384]: ", id="a date without year"),
    pytest.param("Tue 2024-05-14 09:12:03 UTC web-1 node[7]: ", id="journald full"),
    pytest.param("web-1  | ", id="compose"),
    pytest.param("0|web  | ", id="pm2"),
    pytest.param("[pod/web-7c9/web] ", id="kubectl"),
    pytest.param("2024-05-14T09:12:03.118000+00:00 app[web.1]: ", id="heroku"),
]


def reader_of(lines: list[str]) -> tuple[Reader, list[Record]]:
    """All lines at once, after the first of them."""
    reader = Reader()
    batches = [reader.read(Block((lines[0] + "\n").encode(), 1))]
    batches += [reader.read(Block("".join(line + "\n" for line in lines[1:]).encode(), 2)), reader.finish()]
    return reader, [record for batch in batches for record in records_of(batch)]


def readings(lines: list[str], monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, list[Record]]]:
    """What is counted and read by templates from the first line on, and by the grammar alone."""
    found: list[tuple[object, list[Record]]] = []
    for before in (0, len(lines)):
        monkeypatch.setattr(templates, "LINES_BEFORE", before)
        reader, records = reader_of(lines)
        found.append(((reader.line_counts, reader.envelopes, reader.recognised_by), records))
        scan = scan_block(reader.plan, "".join(line + "\n" for line in lines).encode())
        assert (scan.which is not None) == (before == 0), "the whole is read at once with templates, and only with them"
    return found


def test_steady_envelopes_are_rules_of_the_grammar() -> None:
    assert {rule.name for rule in compile_grammar("envelope").rules} >= STEADY


def other_digits(text: str, dice: random.Random) -> str:
    return re.sub("[0-9]", lambda _: dice.choice("0123456789"), text)


IN_JSON = [
    pytest.param('{"log":"%s\\n","stream":"stdout","time":"2024-05-14T09:12:03.160007789Z"}', True, id="docker"),
    pytest.param('{"time":"2024-05-14T09:12:03.160+02:00","level":"info","msg":"%s"}', False, id="date before"),
    pytest.param('{"level":30,"pid":1,"msg":"%s"}', False, id="no date"),
]


@pytest.mark.parametrize(("envelope", "html_safe"), IN_JSON)
def test_lines_in_json_are_read_as_each_of_them_is(envelope: str, html_safe: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(envelope)
    line = LINE.replace(">", "\\u003e") if html_safe else LINE
    lines = [envelope % line]
    for number in range(200):
        dated = re.sub(r"(?<=T)[\d:.]+", lambda found: other_digits(found[0], dice), envelope) if number % 2 else envelope
        lines.append(dated % line.replace(" 3 ms", f" {number} ms"))
    at_once, one_by_one = readings(lines, monkeypatch)
    assert at_once == one_by_one
    assert sum(isinstance(record, Collection) for record in at_once[1]) == len(lines)


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_lines_in_an_envelope_are_read_as_each_of_them_is(envelope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(envelope)
    lines = [envelope + LINE]
    for number in range(300):
        seconds = re.sub(r"(?<=\d\d:\d\d:)\d\d(?:[.,]\d+)?", lambda found: other_digits(found[0], dice), envelope)
        any_date = re.sub(r"(?:\d{4}[-/]\d\d[-/])?\d\d[T ][\d:.,]+\d", lambda found: other_digits(found[0], dice), envelope)
        lines.append((any_date if number % 2 else seconds) + LINE.replace(" 3 ms", f" {number} ms"))
    at_once, one_by_one = readings(lines, monkeypatch)
    assert at_once == one_by_one
    assert sum(isinstance(record, Collection) for record in at_once[1]) == len(lines)


@pytest.mark.parametrize(
    "envelope",
    ["2024-05-14T09:12:03-0800 web-1 node[%d]: ", "May 14 09:12:03 node[%d]: ", "Tue 2024-05-14 09:12:03 UTC web-1 node[%d]: "],
)
def test_pids_in_envelopes_make_no_other_template(envelope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [envelope % (3**number) + LINE.replace("[7:", f"[{3**number}:") for number in range(30)]
    at_once, one_by_one = readings(lines, monkeypatch)
    assert at_once == one_by_one
    monkeypatch.setattr(templates, "LINES_BEFORE", 0)
    assert len(reader_of(lines)[0].plan.templates) == 1


def test_dates_that_do_not_exist_and_leap_seconds_are_as_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    dates = ["2024-02-29T23:59:60", "2023-02-29T00:00:00", "2024-13-01T00:00:00", "2024-00-10T00:00:00", "2024-04-31T01:02:03"]
    dates += ["0000-01-01T00:00:00", "1970-01-01T00:00:00", "9999-12-31T23:59:59", "2024-01-01T24:00:00", "2024-01-01T00:60:00"]
    lines = [f"{date}Z {LINE}" for date in ["2024-02-28T00:00:00", *dates, "2024-01-00T00:00:00", "2024-01-01T00:00:61"]]
    at_once, one_by_one = readings(lines, monkeypatch)
    assert at_once == one_by_one


@pytest.mark.parametrize("path", sorted(WRAPPED.glob("*.log")), ids=lambda path: path.stem)
def test_every_wrapped_sample_is_read_as_by_the_grammar_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
    lines = [line for line in text.split("\n") if line] * 3
    readers = []
    for before in (0, 10**9):
        monkeypatch.setattr(templates, "LINES_BEFORE", before)
        reader, records = reader_of(lines)
        readers.append((reader.line_counts, reader.envelopes, reader.recognised_by, reader.unread_shapes, records))
    assert readers[0] == readers[1]
