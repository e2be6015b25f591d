"""Line rules compiled to patterns: what is filled, what is refused, and what is read of a line that was cut."""

from __future__ import annotations

from pathlib import Path

import lark
import pytest

from gclog.errors import GrammarError
from gclog.grammar.compile import CUT_GROUP, LineGrammar, compile_grammar
from gclog.grammar.load import load_file

HEADER = """
%ignore _BLANK
_BLANK: /[ \\t]+/
NUMBER: /\\d+/
WORD: /[a-z]+/
"""


def make(folder: Path, text: str, banner: str = "// line: start -> Collection") -> LineGrammar:
    """A grammar of its own folder, compiled."""
    (folder / "made.lark").write_text(f"{banner}\n{HEADER}{text}\n", encoding="utf-8")
    return compile_grammar("made", folder)


REFUSED = [
    pytest.param('start: type "x"\ntype: "(" type ")" | WORD\n', "`type` is recursive", id="recursive"),
    pytest.param(
        'start: part\npart: reason "," other\nother: part | reason\nreason: WORD\n',
        "`part` is recursive",
        id="recursive in two steps",
    ),
    pytest.param(
        'start: pause_ms "/" pause_ms\npause_ms: NUMBER\n', "`pause_ms` can be matched in two places", id="field twice"
    ),
    pytest.param(
        "start: pause_ms__whole | pause_ms__other\npause_ms__whole: NUMBER\npause_ms__other: WORD\n",
        "`pause_ms` can be matched in two places",
        id="two variants of a field",
    ),
    pytest.param("start: both{pause_ms}\nboth{x}: x x\npause_ms: NUMBER\n", "is a template", id="template"),
    pytest.param("start: pause_ms NOTHING_OF_THE_KIND\npause_ms: NUMBER\n", "Lark refuses the grammar", id="unknown terminal"),
]


@pytest.mark.parametrize(("text", "why"), REFUSED)
def test_a_rule_that_is_not_regular_or_not_unique_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(GrammarError, match=r"made\.lark") as refused:
        make(tmp_path, text)
    assert why in str(refused.value)


BANNERS = [
    pytest.param("// line: start to Collection", "cannot read the banner", id="no arrow"),
    pytest.param("// line: begin -> Collection", "names a rule `begin` that does not exist", id="no such rule"),
    pytest.param(
        "// line: start -> Collector", "names a record `Collector` that does not exist", id="a name that is no record"
    ),
]


@pytest.mark.parametrize(("banner", "why"), BANNERS)
def test_a_banner_that_cannot_be_carried_out_is_refused(tmp_path: Path, banner: str, why: str) -> None:
    with pytest.raises(GrammarError) as refused:
        make(tmp_path, "start: pause_ms\npause_ms: NUMBER\n", banner)
    assert why in str(refused.value)


SHAPE = """
start: shared? type (reduce | during_sweeping)? pause_ms ("/" external_ms)? ("[" reason__bracketed "]")? tail*
shared: "Shared"
type: "Scavenge" | "Mark-sweep"
reduce: "(reduce)"
during_sweeping: "(interleaved)" | "(during sweeping)"
pause_ms: NUMBER
external_ms: NUMBER
reason__bracketed: WORD WORD?
tail: "+" NUMBER "ms"
"""
FILLED = [
    pytest.param("Scavenge 12", {"type": "Scavenge", "pause_ms": "12"}, id="optional parts missing"),
    pytest.param("Scavenge 12 / 3", {"type": "Scavenge", "pause_ms": "12", "external_ms": "3"}, id="optional part"),
    pytest.param("Shared Mark-sweep 1", {"shared": "Shared", "type": "Mark-sweep", "pause_ms": "1"}, id="bool field"),
    pytest.param(
        "Mark-sweep (during sweeping) 1",
        {"type": "Mark-sweep", "during_sweeping": "(during sweeping)", "pause_ms": "1"},
        id="choice of literals",
    ),
    pytest.param(
        "Scavenge 1 [last  resort]", {"type": "Scavenge", "pause_ms": "1", "reason": "last  resort"}, id="variant of a field"
    ),
    pytest.param("Scavenge 1 + 2 ms+3ms +4 ms", {"type": "Scavenge", "pause_ms": "1"}, id="repeated part"),
    pytest.param(
        "\tScavenge(reduce)1\t", {"type": "Scavenge", "reduce": "(reduce)", "pause_ms": "1"}, id="blanks do not matter"
    ),
]


@pytest.mark.parametrize(("line", "fields"), FILLED)
def test_a_field_has_the_text_of_its_rule_or_is_missing(tmp_path: Path, line: str, fields: dict[str, str]) -> None:
    (rule,) = make(tmp_path, SHAPE).rules
    assert rule.read(line) == fields
    assert rule.read_with_lark(line) == fields


@pytest.mark.parametrize(
    "line", ["", "Scavenge", "12", "Scavenge 1 /", "Scavenge 1 2", "Sweep 1", "Scavenge 1 [two three four]", "xScavenge 1"]
)
def test_a_line_of_another_form_is_not_read(tmp_path: Path, line: str) -> None:
    (rule,) = make(tmp_path, SHAPE).rules
    assert rule.read(line) is None
    with pytest.raises(lark.exceptions.UnexpectedInput):
        rule.read_with_lark(line)


def test_a_choice_between_rules_is_the_name_of_the_rule_that_matched(tmp_path: Path) -> None:
    text = 'start: kind NUMBER\nkind: starting | stopping\nstarting: "start" WORD?\nstopping: "stop"\n'
    (rule,) = make(tmp_path, text, "// line: start -> TraceLine").rules
    assert rule.read("  start now 12") == {"kind": "starting", "text": "start now 12"}
    assert rule.read("stop 12") == {"kind": "stopping", "text": "stop 12"}
    assert rule.read_with_lark("stop 12") == {"kind": "stopping", "text": "stop 12"}


def test_without_an_ignored_blank_none_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "strict.lark").write_text('// line: start -> Collection\nstart: "a" pause_ms\npause_ms: /[0-9]+/\n')
    (rule,) = compile_grammar("strict", tmp_path).rules
    assert rule.read("a12") == {"pause_ms": "12"}
    assert rule.read("a 12") is None


def test_the_first_rule_of_the_banner_that_reads_a_line_wins(tmp_path: Path) -> None:
    text = "narrow: pause_ms__a\nwide: pause_ms__b WORD?\npause_ms__a: NUMBER\npause_ms__b: NUMBER\n"
    grammar = make(tmp_path, text, "// line: narrow -> Collection\n// line: wide -> Collection")
    assert [read[0].name for line in ("12", "12 a") if (read := grammar.read(line)) is not None] == ["narrow", "wide"]
    assert grammar.read("a") is None


EXPLAINED = [
    pytest.param("[29125:0x1]    18: Scavenge", 'column 18: expected "ms:"', id="a literal"),
    pytest.param("[29125:0x1]    18 ms: Scavenge now", "or a number", id="a named terminal in words"),
    pytest.param("[29125:0x1]    18 ms: Scavenge 2.4 (3.2) -> 2.0", 'column 48: expected "("', id="an early end"),
]


@pytest.mark.parametrize(("line", "why"), EXPLAINED)
def test_an_explanation_says_where_and_what_was_expected(line: str, why: str) -> None:
    assert why in compile_grammar("gc_trace").explain(line)


def test_a_cut_rule_is_refused_where_the_field_up_to_which_it_must_be_whole_is_missing(tmp_path: Path) -> None:
    (rule,) = make(tmp_path, SHAPE).rules
    with pytest.raises(GrammarError, match="no field `used_after_mb`"):
        rule.cut_pattern("used_after_mb")


CUTS = [
    pytest.param("abc 12 / 3 d", {"type": "abc", "pause_ms": "12", "external_ms": "3", "reason": "d"}, "", id="whole"),
    pytest.param("abc 12 /", {"type": "abc", "pause_ms": "12"}, "", id="inside an optional part"),
    pytest.param(
        "abc 12 / [1:2]", {"type": "abc", "pause_ms": "12"}, "/ [1:2]", id="a part that is begun and not cut is the rest"
    ),
    pytest.param("abc 12 d [1:2]", {"type": "abc", "pause_ms": "12", "reason": "d"}, "[1:2]", id="something follows"),
]


@pytest.mark.parametrize(("line", "fields", "rest"), CUTS)
def test_a_cut_line_has_the_fields_before_the_cut_and_a_rest(
    tmp_path: Path, line: str, fields: dict[str, str], rest: str
) -> None:
    text = 'start: type pause_ms ("/" external_ms)? reason?\ntype: WORD\npause_ms: NUMBER\nexternal_ms: NUMBER\nreason: WORD\n'
    (rule,) = make(tmp_path, text).rules
    found = rule.cut_pattern("pause_ms").match(line)
    assert found is not None
    assert rule.fields_of(found, line) == fields
    assert found[CUT_GROUP] == rest


@pytest.mark.parametrize("sample", load_file("gc_trace").samples, ids=lambda sample: sample[:60])
def test_a_gc_line_cut_anywhere_yields_no_wrong_field_but_the_value_that_was_cut(sample: str) -> None:
    read = compile_grammar("gc_trace").read(sample)
    assert read is not None
    rule, whole = read
    found = rule.pattern.fullmatch(sample)
    assert found is not None
    for end in range(found.end("used_after_mb") + 1, len(sample) + 1):
        text = sample[:end]
        cut = rule.cut_pattern("used_after_mb").match(text)
        assert cut is not None, text
        for name, value in rule.fields_of(cut, text).items():
            ends_with_the_text = name not in rule.choices and cut.end(name) >= len(text.rstrip(" \t."))
            assert value == whole.get(name) or ends_with_the_text, (name, value, text)
