"""The log formats that gclog reads: the grammars, in the order in which they are tried, and how their records begin."""

from __future__ import annotations

import dataclasses
import functools
import re
from dataclasses import dataclass

from gclog.grammar.compile import GAP, LineGrammar, LineRule, compile_grammar
from gclog.grammar.gate import Gate, gate_of, words_of
from gclog.model.crash_records import JsFrame, NativeFrame
from gclog.model.records import MemoryFigure, NamedValue, Record

__all__ = ["Formats", "load_formats"]

OTHER_GRAMMARS = (
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
)
"""All but the GC line itself, which is looked for first."""

FRAMES = (NativeFrame, JsFrame)
"""Lines of a stack are so plain that they are recognised only in the block of a crash."""

HEADS = ("entry_head", "memwatch_head", "cgroup_head")
"""Rules of lines that say nothing by themselves, but begin an object over several lines that does."""

PARTS = (NamedValue, MemoryFigure, Record)
"""Parts of lines that other rules read whole."""

ONLY_IN_JS_STACK = ("js_open",)
"""Rules of JavaScript frames that read frames of a native stack, too."""

NOT_WITHIN_A_RUN = r"(?!(?<=[ \t])[ \t]|(?<=[0-9])[0-9])"
"""A head that begins within a run of blanks or digits begins with the run, too; tried from each of them, a long run would cost its square."""


@dataclass(frozen=True, slots=True)
class Formats:
    """The compiled grammars.

    gate           opens to every line that could be read, except for the frames of a stack
    gc             the GC line
    others         all the rest, each grammar with its own gate
    frames         the lines of a stack
    js_frames      those of a JavaScript stack, also cut ones that elsewhere would be frames of a native stack
    openings       lines that say nothing by themselves, but begin an object over several lines
    heads          how a record begins within a line; the groups `gc`, `crash` and `isolate` say which kind
    frame_head     how a frame begins that was glued to the fatal message
    gc_body        how a GC line begins if its prefix is on the line before
    broken_prefix  a prefix without its closing bracket
    known_reason   the reasons for a collection that V8 is known to print
    global_package how the path of a package is known that is installed for all projects
    setting        one heap option; a line may have several
    """

    gate: Gate
    gc: LineGrammar
    others: tuple[tuple[Gate, LineGrammar], ...]
    frames: LineGrammar
    js_frames: LineGrammar
    openings: LineGrammar
    heads: re.Pattern[str]
    frame_head: re.Pattern[str]
    gc_body: re.Pattern[str]
    broken_prefix: re.Pattern[str]
    known_reason: re.Pattern[str]
    global_package: re.Pattern[str]
    setting: LineRule


@functools.cache
def load_formats() -> Formats:
    """All grammars of GC logs and crashes, compiled once per process."""
    gc = compile_grammar("gc_trace")
    fragments = {rule.name: rule for rule in compile_grammar("fragments").rules}
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
        fragments["crash_head"],
        fragments["gc_head"],
    ]
    heads = "|".join(f"(?P<{kind}>{fragments[f'{kind}_head'].source})" for kind in ("gc", "crash", "isolate"))
    broken_prefix = fragments["broken_prefix"].source.removeprefix(GAP)
    return Formats(
        gate=gate_of(words_of(rules), (fragments["isolate_head"].source.removeprefix(GAP).encode(),)),
        gc=gc,
        others=tuple((gate_of(words_of(grammar.rules)), grammar) for grammar in others),
        frames=LineGrammar(frames[0].file, tuple(rule for rule in frames if rule.name not in ONLY_IN_JS_STACK), {}),
        js_frames=LineGrammar(frames[0].file, tuple(rule for rule in frames if rule.record is JsFrame), {}),
        openings=LineGrammar(openings[0].file, tuple(openings), {}),
        heads=re.compile(f"{NOT_WITHIN_A_RUN}(?:{heads})"),
        broken_prefix=re.compile(f"{broken_prefix}$"),
        gc_body=re.compile(fragments["gc_body"].source),
        frame_head=re.compile(NOT_WITHIN_A_RUN + fragments["frame_head"].source),
        known_reason=re.compile(gc.terminals["_REASON"]),
        global_package=re.compile(compile_grammar("crash").terminals["_GLOBAL_PACKAGE"]),
        setting=setting,
    )
