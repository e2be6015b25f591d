"""Compiled grammars are kept between runs; nothing depends on that."""

from __future__ import annotations

from pathlib import Path

import pytest

from gclog.grammar.compile import LineGrammar, compile_grammar
from gclog.grammar.kept import _state, kept_path
from gclog.grammar.load import grammar_folder, load_file

NAMES = sorted(path.stem for path in grammar_folder().glob("*.lark") if load_file(path.stem).line_rules)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def compile_anew(name: str) -> LineGrammar:
    return compile_grammar.__wrapped__(name)


def shape(grammar: LineGrammar) -> list[tuple[object, ...]]:
    return [(rule.name, rule.record, rule.source, rule.fields, rule.choices, rule.literals) for rule in grammar.rules]


@pytest.mark.parametrize("name", NAMES)
def test_a_kept_grammar_is_the_compiled_one(name: str) -> None:
    compiled = compile_anew(name)
    assert kept_path(compiled.file).exists()
    kept = compile_anew(name)
    assert (shape(kept), kept.terminals) == (shape(compiled), compiled.terminals)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"rules": []}', b'{"rules": [{}], "terminals": {}}', b"\xff\xfe"]
)
def test_a_kept_file_that_is_not_what_was_written_is_made_anew(content: bytes) -> None:
    compiled = compile_anew("messages")
    path = kept_path(compiled.file)
    path.write_bytes(content)
    assert shape(compile_anew(compiled.file.name)) == shape(compiled)
    assert path.read_bytes() != content


def test_a_cache_that_cannot_be_written_is_done_without(own_cache: Path) -> None:
    (own_cache / "gclog").write_text("a file where the folder should be", encoding="utf-8")
    assert shape(compile_anew("messages"))


def test_another_text_of_a_grammar_has_another_place(tmp_path: Path) -> None:
    _state.cache_clear()
    for path in grammar_folder().glob("*.lark"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    same = kept_path(load_file("messages", tmp_path))
    assert same == kept_path(load_file("messages"))
    _state.cache_clear()
    with (tmp_path / "prefix.lark").open("a") as file:
        file.write("\n// more\n")
    assert kept_path(load_file("messages", tmp_path)) != same
