from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gclog.grammar.compile import compile_grammar
from gclog.model.columns import records_of
from gclog.model.records import Collection, Record
from gclog.recognise.bulk import templates
from gclog.recognise.bulk.scan import UNKNOWN, scan_block
from gclog.recognise.bulk.templates import MOST_TEMPLATES, Templates
from gclog.recognise.reader import Reader
from gclog.source.open import Block

GC = compile_grammar("gc_trace")
SAMPLES = sorted({line.strip() for line in GC.file.samples})
ERAS = GC.rules[:-1]


@pytest.fixture(autouse=True)
def from_the_first_line_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "LINES_BEFORE", 0)


def read(lines: list[str], together: bool) -> list[Record]:
    """The records of lines, read as one block after the first of them was read, or each by a reader that has learned nothing."""
    if not together:
        return [record for number, line in enumerate(lines, 1) for record in read_alone(number, line)]
    reader = Reader()
    batches = [reader.read(Block((lines[0] + "\n").encode(), 1)), reader.read(block(lines[1:], 2)), reader.finish()]
    return [record for batch in batches for record in records_of(batch)]


def read_alone(number: int, line: str) -> list[Record]:
    reader = Reader()
    batches = [reader.read(Block((line + "\n").encode(), number)), reader.finish()]
    return [record for batch in batches for record in records_of(batch)]


def block(lines: list[str], first: int) -> Block:
    return Block("".join(line + "\n" for line in lines).encode(), first)


def other_numbers(line: str, dice: random.Random) -> str:
    """The line with other digits in every number but those of its prefix; as many decimals, fewer or more digits before them."""
    prefix = re.match(r"\[[^\]]*\]", line)
    begin = prefix.end() if prefix else 0

    def other(found: re.Match[str]) -> str:
        whole = str(dice.randrange(10 ** dice.randrange(1, 6)))
        return whole + "".join(dice.choice("0123456789") if c.isdigit() else c for c in found[2])

    return line[:begin] + re.sub(r"(?<![\w.])(\d+)((?:\.\d+)?)", other, line[begin:])


@pytest.mark.parametrize("line", SAMPLES)
def test_lines_that_differ_in_their_numbers_are_read_as_the_grammar_reads_each_of_them(line: str) -> None:
    dice = random.Random(line)
    lines = [line, *(other_numbers(line, dice) for _ in range(30))]
    assert read(lines, together=True) == read(lines, together=False)


def templates_of(line: str) -> Templates:
    made = Templates()
    rule = next(rule for rule in ERAS if rule.pattern.fullmatch(line))
    made.learn(rule, line)
    made.publish()
    return made


LINE = "[7:0x5a0b0d0]        3 ms: Scavenge 3.9 (4.0) -> 3.0 (5.0) MB, 0.35 / 0.00 ms  (average mu = 1.000, current mu = 1.000) task;"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(LINE.replace("[7:0x5a0b0d0]", "[7:...]"), id="an isolate that was left out"),
        pytest.param(LINE.replace("[7:0x5a0b0d0]", "[7]"), id="no isolate"),
        pytest.param(LINE.replace("[7:0x5a0b0d0]", "[12:34:56]"), id="a clock"),
        pytest.param(LINE.replace("[7:0x5a0b0d0]", "[]"), id="the mark of an identity"),
        pytest.param(LINE + "[7:0x5a0b0d0]", id="a second identity"),
        pytest.param(LINE.replace("0.35", "0.3"), id="fewer decimals"),
        pytest.param(LINE.replace("0.35", "0.351"), id="more decimals"),
        pytest.param(LINE.replace("0.35", "inf"), id="no number"),
        pytest.param(LINE.replace("Scavenge", "Mark-Compact"), id="another collector"),
        pytest.param(LINE.replace("task", "testing"), id="another reason"),
        pytest.param(LINE + " [", id="something after it"),
        pytest.param("x" + LINE, id="something before it"),
        pytest.param(LINE[:-20], id="a cut line"),
    ],
)
def test_a_line_that_differs_in_more_has_another_template(line: str) -> None:
    known = templates_of(LINE)
    assert known.match(LINE.encode()) is not None
    assert known.match(line.encode()) is None


@pytest.mark.parametrize("prefix", ["[8:0x5a0b0d0]", "[7:0x7f0000ABC]", "[7:0000000033E38130]", "[123456:0x1:2]"])
def test_a_line_of_another_process_has_the_same_template(prefix: str) -> None:
    assert templates_of(LINE).match(LINE.replace("[7:0x5a0b0d0]", prefix).encode()) is not None


def test_a_thousand_processes_have_one_template() -> None:
    reader = Reader()
    lines = [LINE.replace("[7:0x5a0b0d0]", f"[{pid}:0x{pid * 7919:x}]") for pid in range(1000)]
    records = [record for at in range(0, 1000, 100) for record in records_of(reader.read(block(lines[at : at + 100], at + 1)))]
    assert len(reader.plan.templates) == 1
    assert [record.isolate for record in records if isinstance(record, Collection)] == [
        f"0x{pid * 7919:x}" for pid in range(1000)
    ]


OF_ONE_ERA = [line for line in SAMPLES if sum(rule.pattern.fullmatch(line) is not None for rule in ERAS) == 1]
"""Of a line that two eras print, the reading depends on the lines before it, by the grammar too."""

HEX = "0123456789abcdefABCDEF"
PIDS = st.integers(0, 10**7).map(str) | st.text("0123456789", min_size=1, max_size=17)
ISOLATES = (
    st.text(HEX, min_size=1, max_size=18).map("0x{}".format)
    | st.text("0123456789ABCDEF", min_size=8, max_size=16)
    | st.text(HEX, min_size=1, max_size=4)
    | st.sampled_from(["...", "0x..."])
)
PREFIXES = (
    st.builds("[{}]".format, PIDS)
    | st.builds("[{}:{}]".format, PIDS, ISOLATES)
    | st.builds("[{}:{}:{}]".format, PIDS, ISOLATES, PIDS)
    | st.sampled_from(["[12:34:56]", "[123:34:56]", "[]", "[7]", ""])
)


@given(
    st.lists(st.tuples(st.sampled_from(OF_ONE_ERA), PREFIXES), min_size=1, max_size=30),
    st.sampled_from(["", "2024-05-14T09:12:03Z "]),
)
def test_lines_of_any_processes_are_read_as_by_the_grammar(drawn: list[tuple[str, str]], envelope: str) -> None:
    lines = [envelope + re.sub(r"^(?:\[[^\]]*\])?", lambda _, to=prefix: to, line) for line, prefix in drawn] * 2
    found = []
    for before in (0, 10**9):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(templates, "LINES_BEFORE", before)
            reader = Reader()
            half = len(lines) // 2
            batches = [reader.read(block(lines[:half], 1)), reader.read(block(lines[half:], half + 1)), reader.finish()]
            assert bool(reader.plan.templates) <= (before == 0)
            records = sorted((record for batch in batches for record in records_of(batch)), key=lambda record: record.line)
            found.append((records, reader.line_counts, reader.recognised_by, reader.envelopes))
    assert found[0] == found[1]


CRASH = (Path(__file__).parent.parent.parent / "samples" / "crash.log").read_text().splitlines()
OTHER_LINES = [
    "GET /orders 200 3 ms",
    "",
    "[]",
    LINE[:-20],
    LINE.replace("[7:0x5a0b0d0]", "[]"),
    "{ rss: 4935680,",
    "rss: 4935680",
    "<--- Last few GCs --->",
    "<--- JS stacktrace --->",
    *CRASH[-30:],
]
RUNS = st.lists(
    st.sampled_from([LINE]) | st.sampled_from(OTHER_LINES) | st.sampled_from(OF_ONE_ERA[:5]), min_size=1, max_size=80
)


@given(RUNS, st.integers(1, 40), st.booleans())
def test_lines_among_others_are_read_as_by_the_grammar(lines: list[str], size: int, with_foreign: bool) -> None:
    found = []
    for before in (0, 10**9):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(templates, "LINES_BEFORE", before)
            reader = Reader()
            reader.tally.foreign_lines = [] if with_foreign else None
            read_too = [LINE, *OF_ONE_ERA[:5], *lines]
            batches = [reader.read(block(read_too[at : at + size], at + 1)) for at in range(0, len(read_too), size)]
            batches.append(reader.finish())
            records = sorted(
                (record for batch in batches for record in records_of(batch)), key=lambda record: (record.line, repr(record))
            )
            counted = (
                reader.line_counts,
                reader.recognised_by,
                reader.envelopes,
                reader.unread_shapes,
                reader.tally.foreign_lines,
            )
            found.append((records, counted))
    assert found[0] == found[1]


def test_blanks_before_the_clock_and_around_the_line_vary() -> None:
    assert templates_of(LINE).match(LINE.replace("        3 ms", " 12345678 ms").encode() + b" \t") is not None


def test_the_lines_of_a_block_that_have_known_templates_are_scanned() -> None:
    reader = Reader()
    reader.read(block([LINE], 1))
    known, foreign, other = LINE, "GET / 200", LINE.replace("task", "testing")
    all_alike = scan_block(reader.plan, block([known] * 3, 1).data)
    some_foreign = scan_block(reader.plan, block([foreign, known, foreign, known, foreign], 1).data)
    one_unknown = scan_block(reader.plan, block([known, other, known], 1).data)
    assert all_alike.which is not None and all_alike.opened is None and all_alike.count == 3
    assert some_foreign.which is not None and some_foreign.opened is not None
    assert some_foreign.opened.tolist() == [1, 3] and some_foreign.count == 5
    assert one_unknown.which is not None and one_unknown.opened is not None
    assert one_unknown.which.tolist() == [0, UNKNOWN, 0] and one_unknown.count == 3
    assert scan_block(reader.plan, block([other, foreign], 1).data).which is None


def test_a_last_line_without_an_end_is_counted() -> None:
    reader = Reader()
    reader.read(block([LINE], 1))
    assert scan_block(reader.plan, block([LINE, LINE], 1).data[:-1]).count == 2
    assert scan_block(reader.plan, b"GET / 200\nGET / 201").count == 2


@pytest.mark.parametrize(
    "clock",
    [
        pytest.param("9" * 15, id="the longest number that is exact"),
        pytest.param("9" * 16, id="one digit more"),
        pytest.param("9" * 40, id="no integer of the machine holds it"),
    ],
)
def test_numbers_are_read_alike_however_long_they_are(clock: str) -> None:
    lines = [LINE, LINE.replace(" 3 ms", f" {clock} ms"), LINE.replace("0.35", f"{clock}.35")]
    assert read(lines, together=True) == read(lines, together=False)


def test_the_longest_exact_number_is_read_as_it_stands_and_a_line_with_a_longer_clock_is_unread() -> None:
    (record,) = read_alone(1, LINE.replace(" 3 ms", f" {'9' * 15} ms"))
    assert isinstance(record, Collection) and record.at_ms == float("9" * 15)
    assert list(read_alone(1, LINE.replace(" 3 ms", f" {'9' * 16} ms"))) == []


def test_lines_between_those_of_the_application_are_read_at_once_and_every_line_is_counted_once() -> None:
    lines = [LINE, *(line for i in range(50) for line in (f"GET /{i} 200", LINE.replace("3 ms", f"{i} ms")))]
    for wanted in (None, []):
        reader = Reader()
        reader.tally.foreign_lines = wanted
        reader.read(block(lines[:1], 1))
        records = list(records_of(reader.read(block(lines[1:], 2))))
        assert [record.line for record in records] == list(range(3, 102, 2))
        assert (reader.line_counts.recognised, reader.line_counts.foreign) == (51, 50)
        assert reader.tally.foreign_lines in (None, list(range(2, 102, 2)))


def test_a_log_of_ever_new_reasons_is_read_all_the_same() -> None:
    lines = [LINE.replace("task", "reason " + "x" * i) for i in range(1, MOST_TEMPLATES + 20)]
    assert read([*lines, *lines], together=True) == read([*lines, *lines], together=False)


def test_no_literal_of_the_grammar_has_two_blanks_in_a_row() -> None:
    assert not [literal for literal in re.findall(r'"([^"\n]*)"', GC.file.text) if "  " in literal]


def test_a_short_log_is_read_by_the_grammar_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    reader = Reader()
    reader.read(block([LINE] * templates.LINES_BEFORE, 1))
    assert not reader.plan.templates
    reader.read(block([LINE], templates.LINES_BEFORE + 1))
    assert len(reader.plan.templates) == 1
