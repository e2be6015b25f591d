"""From what `node --prof-process --preprocess` wrote to the profile of the tick log that it read: the same, as far as node's tool kept it."""

from __future__ import annotations

from collections.abc import Sequence

from gclog.model.process import LineCounts
from gclog.model.profile import Profile
from gclog.profile.build import Run, finish
from gclog.profile.code_map import Code, Entry, Function, Native
from gclog.profile.notes import NoteBook
from gclog.profile.options import ProfileOptions
from gclog.recognise.documents.preprocessed import PreprocessedCode, PreprocessedLog

__all__ = ["build_preprocessed"]

MARKERS = {"Opt": "*", "Unopt": "~", "Sparkplug": "^", "Baseline": "^", "Maglev": "+", "Turboprop": "+", "NCI": "-"}
"""V8's mark of a tier in a tick log, by the name that its tool has for it (`Profile.getKindFromState`)."""

AT_ONCE = 1 << 16


def build_preprocessed(name: str, found: PreprocessedLog, options: ProfileOptions, source_notes: Sequence[str] = ()) -> Profile:
    """The profile in a document. `source_notes`: oddities of the file itself."""
    run, notes = Run(None, options, None), NoteBook()
    run.ended = not found.cut
    entries = _entries(found)
    run.note_compiled(entry for entry in entries if isinstance(entry, Code))
    begins = [0, *found.ends[:-1]]
    for at in range(0, len(found.ends), AT_ONCE):
        part = slice(at, at + AT_ONCE)
        stacks = (
            tuple(entries[call] if call >= 0 else None for call in found.calls[begin:end]) or (None,)
            for begin, end in zip(begins[part], found.ends[part], strict=True)
        )
        run.take_stacks(found.at_us[part], [str(state).encode() for state in found.state[part]], stacks)
    if found.cut:
        notes.say("truncated-last-line", "the file ends before the document does: the copy is not whole")
    for text in source_notes:
        notes.say("source", text)
    lines = LineCounts(found.lines, found.lines, 0, 0, 0)
    return finish(name, run, notes, lines, (), form="preprocessed")


def _entries(found: PreprocessedLog) -> list[Entry]:
    functions = [Function(name) for name in found.functions]
    return [_entry(code, functions) for code in found.code]


def _entry(code: PreprocessedCode, functions: Sequence[Function]) -> Entry:
    match code.type:
        case "SHARED_LIB":
            return Native(code.name, 0, 0, symbol=False, library=code.name)
        case "CPP":
            return Native(code.name, 0, 0, symbol=True)
        case "JS" if code.function is not None and code.function < len(functions):
            return Code("JS", code.name, 0, functions[code.function], MARKERS.get(code.kind, code.kind))
        case _:
            return Code(code.kind or code.type, code.name, 0, None, "")
