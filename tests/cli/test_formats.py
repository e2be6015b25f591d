"""`gclog formats`: every grammar, every era of the GC line, and an example that is really read."""

from __future__ import annotations

import pytest

from gclog.analysis.measure.node_version import ERAS, node_range
from gclog.cli.formats import LINE_GRAMMARS, WIDTH, describe_formats
from gclog.grammar.compile import compile_grammar
from gclog.grammar.load import grammar_folder, load_file

TEXT = describe_formats()


def test_every_grammar_of_whole_lines_has_its_section() -> None:
    heads = {line.split(" ")[0] for line in TEXT.splitlines() if line and not line.startswith(" ")}
    parts = {"fragments", "objects", "prefix"}
    assert heads == {path.stem for path in grammar_folder().glob("*.lark") if load_file(path.stem).line_rules} - parts


@pytest.mark.parametrize("era", ERAS)
def test_every_era_is_named_with_its_node_versions(era: str) -> None:
    found = node_range(era)
    assert found is not None
    assert f"  Node {found[0]}: {found[1]}\n" in TEXT


def test_the_eras_follow_each_other_from_the_newest_to_the_oldest() -> None:
    lines = [line for line in TEXT.partition("gc_nvp")[0].splitlines() if line.startswith("  Node ")]
    assert lines[0].startswith("  Node 25-26: ") and lines[-1].startswith("  Node 0.8-0.10: ")
    assert len(lines) == 10


@pytest.mark.parametrize("flag", ["gc_trace (--trace-gc)", "gc_nvp (--trace-gc-nvp)", "gc_verbose (--trace-gc-verbose)"])
def test_a_section_says_which_flag_prints_its_lines(flag: str) -> None:
    assert flag in TEXT.splitlines()


@pytest.mark.parametrize("name", LINE_GRAMMARS)
def test_each_example_is_a_sample_of_its_grammar(name: str) -> None:
    section = TEXT[TEXT.index(f"\n{name}") if f"\n{name}" in TEXT else 0 :].lstrip("\n").partition("\n\n")[0]
    samples = tuple(sample.strip() for sample in compile_grammar(name).file.samples)
    examples = [line.strip().partition("... (")[0] for line in section.splitlines() if line.startswith("      ")]
    assert examples
    assert all(any(sample.startswith(example) for sample in samples) for example in examples)


def test_no_line_is_much_longer_than_the_width() -> None:
    assert max(map(len, TEXT.splitlines())) <= WIDTH + len("... (99,999 characters)")
