"""The grammar of envelopes: its samples, and both readings of them."""

from __future__ import annotations

import pytest

from gclog.grammar.compile import compile_grammar

GRAMMAR = compile_grammar("envelope")


@pytest.mark.parametrize("sample", GRAMMAR.file.samples)
def test_lark_and_the_pattern_read_a_sample_alike(sample: str) -> None:
    read = GRAMMAR.read(sample)
    assert read is not None
    rule, fields = read
    assert rule.read_with_lark(sample) == fields


@pytest.mark.parametrize("line", GRAMMAR.file.rejects)
def test_a_reject_is_no_envelope(line: str) -> None:
    assert GRAMMAR.read(line) is None


def test_every_rule_reads_a_sample() -> None:
    rules = {read[0].name for sample in GRAMMAR.file.samples if (read := GRAMMAR.read(sample)) is not None}
    assert rules == {rule.name for rule in GRAMMAR.rules}
