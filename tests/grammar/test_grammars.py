"""Every grammar: its samples are read, by the compiled pattern as by Lark; its rejects are not; nothing in it is unused."""

from __future__ import annotations

import functools
import re

import lark
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.lark import from_lark

from gclog.grammar.compile import LineRule, compile_grammar
from gclog.grammar.load import grammar_folder, load_file
from gclog.grammar.reference import line_parser, parse_line
from gclog.model.records import COLLECTOR_OF_TYPE, Record
from gclog.recognise.formats import PARTS

ALL = sorted(path.stem for path in grammar_folder().glob("*.lark") if load_file(path.stem).line_rules)
EXCLUSIVE = (
    "gc_trace",
    "gc_nvp",
    "gc_verbose",
    "v8_trace",
    "crash",
    "gc_profiler",
    "kernel",
    "platform",
    "messages",
    "memory_usage",
    "perf_hooks",
    "v8_log",
)
"""The grammars of a log's lines, in the order in which the reader tries them: a line belongs to one of them; v8_log has its own reader."""
NEVER_FIRST = {"setting", "figure", "spoken_figure", "test_figure"}
"""Found within lines by the reader; another rule of the same grammar reads a whole line of it."""
SAMPLES = [(name, sample) for name in ALL for sample in load_file(name).samples]
REJECTS = [(name, reject) for name in ALL for reject in load_file(name).rejects]
RULES = [(name, rule.name) for name in EXCLUSIVE for rule in compile_grammar(name).rules]
GENERATED = 30
"""Strings made from each rule; there are many rules, and Lark takes its time."""


def identify(value: object) -> str:
    return str(value)[:60]


def rule_of(name: str, rule: str) -> LineRule:
    return next(found for found in compile_grammar(name).rules if found.name == rule)


def read_by_lark(rule: LineRule, line: str) -> dict[str, str] | None:
    try:
        return rule.read_with_lark(line)
    except lark.exceptions.UnexpectedInput:
        return None


@pytest.mark.parametrize(("name", "sample"), SAMPLES, ids=identify)
def test_a_sample_is_read_and_lark_finds_the_same_fields(name: str, sample: str) -> None:
    found = compile_grammar(name).read(sample)
    assert found is not None, compile_grammar(name).explain(sample)
    rule, fields = found
    assert fields == rule.read_with_lark(sample)


@pytest.mark.parametrize(("name", "reject"), REJECTS, ids=identify)
def test_a_reject_is_refused_by_the_pattern_and_by_lark(name: str, reject: str) -> None:
    grammar = compile_grammar(name)
    assert grammar.read(reject) is None
    assert [rule.name for rule in grammar.rules if read_by_lark(rule, reject) is not None] == []


@pytest.mark.parametrize("name", EXCLUSIVE)
def test_every_rule_reads_a_sample(name: str) -> None:
    grammar = compile_grammar(name)
    used = {found[0].name for sample in grammar.file.samples if (found := grammar.read(sample)) is not None}
    assert {rule.name for rule in grammar.rules if rule.record is not Record} - used - NEVER_FIRST == set()


@functools.cache
def tokens_of_samples(name: str) -> dict[str, frozenset[str]]:
    """The tokens in a grammar's samples, by terminal, as Lark sees them."""
    grammar = compile_grammar(name)
    seen: dict[str, set[str]] = {}
    for sample in grammar.file.samples:
        for rule in grammar.rules:
            if rule.read(sample) is None:
                continue
            for token in parse_line(grammar.file, rule.name, sample).scan_values(lambda value: isinstance(value, lark.Token)):
                seen.setdefault(token.type, set()).add(str(token))
    return {terminal: frozenset(tokens) for terminal, tokens in seen.items()}


@pytest.mark.parametrize("name", EXCLUSIVE)
def test_every_terminal_is_used_by_a_sample(name: str) -> None:
    grammar = compile_grammar(name)
    ignored = {"_BLANK"}
    known: dict[str, str] = {}
    for rule in grammar.rules:
        known.update({terminal.name: terminal.pattern.value for terminal in line_parser(grammar.file, rule.name).terminals})
    unused = {text for terminal, text in known.items() if terminal not in tokens_of_samples(name) and terminal not in ignored}
    assert unused == set()


@pytest.mark.parametrize(("name", "sample"), [case for case in SAMPLES if case[0] in EXCLUSIVE], ids=identify)
def test_no_other_grammar_claims_a_sample(name: str, sample: str) -> None:
    rules = [rule for other in EXCLUSIVE if other != name for rule in compile_grammar(other).rules if rule.record not in PARTS]
    assert [rule.name for rule in rules if rule.read(sample) is not None] == []


@pytest.mark.parametrize(
    ("name", "sample"), [case for case in SAMPLES if case[0] in EXCLUSIVE and load_file(case[0]).ignores], ids=identify
)
def test_blanks_may_be_folded_and_added_around_a_line(name: str, sample: str) -> None:
    grammar = compile_grammar(name)
    whole = grammar.read(sample)
    folded = grammar.read("  " + re.sub(r"[ \t]+", " ", sample) + " ")
    assert whole is not None and folded is not None
    assert folded[0] is whole[0]
    assert fold_values(folded[1]) == fold_values(whole[1])


def fold_values(fields: dict[str, str]) -> dict[str, str]:
    return {name: re.sub(r"[ \t]+", " ", value) for name, value in fields.items()}


LOOKS_AROUND = re.compile(r"\(\?<?[=!]")
PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)


def token_strategies(rule: LineRule) -> dict[str, st.SearchStrategy[str]]:
    """For each terminal of a rule: what samples have, or what its pattern makes where it looks at nothing around it."""
    strategies: dict[str, st.SearchStrategy[str]] = {}
    for terminal in line_parser(rule.file, rule.name).terminals:
        pattern = terminal.pattern.to_regexp()
        seen = st.sampled_from(sorted(tokens_of_samples(rule.file.name).get(terminal.name, ["x"])))
        made = seen if LOOKS_AROUND.search(pattern) else st.from_regex(pattern, fullmatch=True, alphabet=PRINTABLE)
        token = st.one_of(seen, seen, made)
        if rule.file.ignores:
            token = st.tuples(token, st.sampled_from([" ", ""])).map("".join)
        strategies[terminal.name] = token
    return strategies


@pytest.mark.parametrize(("name", "rule"), RULES, ids=identify)
def test_the_pattern_reads_what_lark_reads_of_the_strings_that_a_rule_makes(name: str, rule: str) -> None:
    compiled = rule_of(name, rule)
    made = from_lark(line_parser(compiled.file, rule), start=rule, explicit=token_strategies(compiled), alphabet=PRINTABLE)

    accepted = []

    @settings(max_examples=GENERATED, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(made)
    def reads_the_same(line: str) -> None:
        if (by_lark := read_by_lark(compiled, line)) is not None:
            accepted.append(line)
            assert compiled.read(line) == by_lark

    reads_the_same()
    assert accepted


@pytest.mark.parametrize("name", ["gc_trace", "fragments"])
def test_every_type_of_collection_that_a_grammar_reads_has_a_collector(name: str) -> None:
    text = (grammar_folder() / f"{name}.lark").read_text(encoding="utf-8")
    rule = re.search(r"^type:((?:.|\n    \|)*)", text, re.MULTILINE)
    assert rule is not None
    types = set(re.findall(r'"([^"]+)"', rule[1]))
    assert types and types <= set(COLLECTOR_OF_TYPE)
