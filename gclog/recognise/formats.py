"""The forms that gclog reads: the grammars, in the order in which they are tried, and what their records have in common."""

from __future__ import annotations

import dataclasses
import functools
import re
from dataclasses import dataclass

from gclog.grammar.compile import GAP, LineGrammar, LineRule, compile_grammar
from gclog.grammar.gate import Gate, gate_of, words_of
from gclog.model.records import JsFrame, MemoryFigure, NamedValue, NativeFrame, Record

__all__ = ["Forms", "load_forms"]

OTHER_GRAMMARS = ("gc_nvp", "gc_verbose", "v8_trace", "crash", "gc_profiler", "messages", "memory_usage", "perf_hooks")
"""All but the GC line itself, which is looked for first."""

FRAMES = (NativeFrame, JsFrame)
"""Lines of a stack are so plain that they are recognised only in the block of a crash."""

HEADS = ("entry_head", "memwatch_head")
"""Rules of lines that say nothing by themselves and begin an object over several lines that does."""

PARTS = (NamedValue, MemoryFigure, Record)
"""Parts of a line, which other rules read whole."""


@dataclass(frozen=True, slots=True)
class Forms:
    """The compiled grammars.

    gate        found in every line that could be read, but for the frames of a stack
    openings    lines that begin an object over several lines, and say nothing by themselves
    gc          the GC line; `others` the rest, each with its own gate; `frames` the lines of a stack
    heads       where a record begins within a line, and which kind: the groups `gc`, `crash` and `isolate`
    frame_head  where a frame begins that was glued to the fatal message
    setting     one heap option; a line may have several
    gc_body     where a GC line begins whose prefix stands on the line before
    broken_prefix  a prefix without its closing bracket
    """

    gate: Gate
    gc: LineGrammar
    others: tuple[tuple[Gate, LineGrammar], ...]
    frames: LineGrammar
    openings: LineGrammar
    heads: re.Pattern[str]
    frame_head: re.Pattern[str]
    gc_body: re.Pattern[str]
    broken_prefix: re.Pattern[str]
    known_reason: re.Pattern[str]
    setting: LineRule


@functools.cache
def load_forms() -> Forms:
    """All grammars of GC logs and crashes, compiled once a process."""
    gc = compile_grammar("gc_trace")
    pieces = {rule.name: rule for rule in compile_grammar("pieces").rules}
    others: list[LineGrammar] = []
    frames: list[LineRule] = []
    openings: list[LineRule] = []
    for name in OTHER_GRAMMARS:
        grammar = compile_grammar(name)
        frames += [rule for rule in grammar.rules if rule.record in FRAMES]
        openings += [rule for rule in grammar.rules if rule.name in HEADS]
        others.append(
            dataclasses.replace(grammar, rules=tuple(rule for rule in grammar.rules if rule.record not in (*FRAMES, *PARTS)))
        )
    (setting,) = (rule for grammar in others for rule in grammar.rules if rule.name == "setting")
    rules = [
        *gc.rules,
        *(rule for grammar in others for rule in grammar.rules),
        *openings,
        pieces["crash_head"],
        pieces["gc_head"],
    ]
    heads = "|".join(f"(?P<{kind}>{pieces[f'{kind}_head'].source})" for kind in ("gc", "crash", "isolate"))
    return Forms(
        gate=gate_of(words_of(rules), (pieces["isolate_head"].source.removeprefix(GAP).encode(),)),
        gc=gc,
        others=tuple((gate_of(words_of(grammar.rules)), grammar) for grammar in others),
        frames=LineGrammar(frames[0].file, tuple(frames), {}),
        openings=LineGrammar(openings[0].file, tuple(openings), {}),
        heads=re.compile(heads),
        broken_prefix=re.compile(pieces["broken_prefix"].source + "$"),
        gc_body=re.compile(pieces["gc_body"].source),
        frame_head=re.compile(pieces["frame_head"].source),
        known_reason=re.compile(gc.terminals["_REASON"]),
        setting=setting,
    )
